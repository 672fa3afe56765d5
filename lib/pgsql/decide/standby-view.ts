import type { Sender } from '../../postgres/server-state.ts';
import { DataStatus } from '../names.ts';

/** A standby as its primary sees it. */
export interface Standby {
  readonly name: string;
  /** a member of the cluster; one outside may be waited for, but can never take over */
  readonly inCluster: boolean;
  readonly online: boolean;
  /** about to be stopped, by what Pacemaker has announced */
  readonly leaving: boolean;
  readonly sender: Sender | undefined;
  /** `<rsc>-data-status` */
  readonly dataStatus: string | undefined;
}

export const isStreaming = (s: Standby): boolean => s.sender?.state === 'streaming';

/** What `<rsc>-data-status` says of a standby. Only a marked node is ever `STREAMING|SYNC`. */
export const dataStatusOf = (s: Standby, marked: readonly string[], waitedFor: readonly string[]): string => {
  if (marked.includes(s.name)) return DataStatus.sync;
  const { sender } = s;
  if (sender === undefined) return DataStatus.disconnect;
  if (sender.state !== 'streaming')
    return `${sender.state ?? 'unknown'}|${sender.syncState ?? 'async'}`.toUpperCase();
  if (waitedFor.includes(s.name) || sender.syncState === 'potential') return DataStatus.potential;
  return sender.syncState === 'quorum' ? DataStatus.quorum : DataStatus.async;
};

export const describeSender = (s: Standby): string => {
  if (s.sender === undefined) return 'not connected';
  if (s.leaving) return 'is being stopped';
  return s.sender.state === 'streaming' ? 'streaming' : `state ${s.sender.state ?? 'unknown'}`;
};
