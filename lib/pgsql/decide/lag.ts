import type { StandbyState } from '../../postgres/server-state.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Decision } from './decision.ts';

/** Tells how far this standby is behind, for a balancer of reads (ocf:pha:lvsdr); by a monitor, and only when it changed. */
export const tellLag = (decision: Decision, snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const { server, isProbe } = snapshot;
  if (isProbe || server.state !== 'running') return decision;
  if (!server.answer.ok || !server.answer.value.inRecovery) return decision;
  if (!config.publishLag && snapshot.memory.lag === undefined) return decision;
  const lag = config.publishLag ? lagOf(server.answer.value, decision.memory) : NOT_JUDGED;
  if (lag === snapshot.memory.lag) return decision;
  return {
    ...decision,
    steps: [...decision.steps, { kind: 'tellLag', lag }],
    memory: { ...decision.memory, lag },
  };
};

/** Once publish_lag is off: with an empty value, a server that a balancer holds to be lagging would stay that for ever. */
const NOT_JUDGED = '0 0';

/** A balancer goes by what it knew. */
const UNKNOWN = '';

/**
 * Bytes and seconds, such as `16777216 12`. The age of the last transaction grows without harm while the primary is idle:
 * it counts only where there is something left to replay. A standby that receives nothing knows of what it lacks, and
 * never that it lacks nothing.
 */
const lagOf = (
  { receiver, replayLsn, lastReplayAgeSeconds }: StandbyState,
  { primaryEnd }: Memory,
): string => {
  const isReceiving = receiver?.status === 'streaming';
  const end = isReceiving ? (receiver.latestEndLsn ?? primaryEnd) : primaryEnd;
  if (end === undefined || replayLsn === undefined) return UNKNOWN;
  if (!isReceiving && end <= replayLsn) return UNKNOWN;
  const bytes = end > replayLsn ? end - replayLsn : 0n;
  const seconds = bytes === 0n ? 0 : Math.max(0, Math.floor(lastReplayAgeSeconds ?? 0));
  return `${bytes} ${seconds}`;
};
