import type { StandbyState } from '../../postgres/server-state.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Decision } from './decision.ts';

/** Tells how far this standby is behind, for a balancer of reads (ocf:pha:lvsdr); by a monitor, and only when it changed. */
export const tellLag = (decision: Decision, snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const { server, isProbe } = snapshot;
  if (!config.publishLag || isProbe || server.state !== 'running') return decision;
  if (!server.answer.ok || !server.answer.value.inRecovery) return decision;
  const lag = lagOf(server.answer.value, decision.memory);
  if (lag === undefined || lag === snapshot.memory.lag) return decision;
  return {
    ...decision,
    steps: [...decision.steps, { kind: 'tellLag', lag }],
    memory: { ...decision.memory, lag },
  };
};

/**
 * Bytes and seconds, such as `16777216 12`. The age of the last transaction grows without harm while the primary is idle:
 * it counts only where there is something left to replay.
 */
const lagOf = (
  { receiver, replayLsn, lastReplayAgeSeconds }: StandbyState,
  { primaryEnd }: Memory,
): string | undefined => {
  const end = receiver?.latestEndLsn ?? primaryEnd;
  if (end === undefined || replayLsn === undefined) return undefined;
  const bytes = end > replayLsn ? end - replayLsn : 0n;
  const seconds = bytes === 0n ? 0 : Math.max(0, Math.floor(lastReplayAgeSeconds ?? 0));
  return `${bytes} ${seconds}`;
};
