import type { StandbyState } from '../../postgres/server-state.ts';
import type { ClusterFacts } from '../cluster-facts.ts';
import { openedTimeline } from '../repl-info.ts';
import type { Step } from '../steps.ts';
import { livePrimary } from './context.ts';
import { sendersNamed } from './standby-view.ts';

/**
 * A former primary that is started as a standby before the address of the primary has left this node connects to itself. Its data
 * are not harmed, since it is sent what it has. But it looks as if it followed somebody: it tells no election what it
 * holds, and when the address has gone the connection stays until wal_receiver_timeout, and the new primary is not found.
 * It is known by its name: only this node's receiver calls itself so. Both ends are ended, since one whose address has gone
 * does not hear of the other's end.
 *
 * @returns undefined where the receiver has another node's log
 */
export const endOwnStream = (server: StandbyState, self: string, facts: ClusterFacts): Step | undefined => {
  const { receiver } = server;
  const own = sendersNamed(server.senders, self);
  if (receiver === undefined || own.length === 0 || isFromPrimary(server, self, facts)) return undefined;
  return { kind: 'endConnections', pids: [receiver.pid, ...own.map(({ pid }) => pid)] };
};

/** What is left of such a connection must not cost the standby that of the next primary, which is on a later timeline. */
const isFromPrimary = ({ receiver }: StandbyState, self: string, facts: ClusterFacts): boolean => {
  const primary = livePrimary(facts);
  if (primary === undefined || primary === self) return false;
  const timeline = receiver?.receivedTimeline;
  return timeline === undefined || facts.replInfo === undefined || timeline >= openedTimeline(facts.replInfo);
};
