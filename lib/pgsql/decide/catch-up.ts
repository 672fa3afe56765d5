import type { Memory } from '../memory.ts';
import { isStreaming, type Standby } from './standby-view.ts';

/** A standby that catches up this long or less is taken for a short interruption of the synchronous standby. */
const GRACE_MS = 5_000;

/** A connection that streams is in step once it has stood this long: one that ends at once may stream for a moment as well. */
const IN_STEP_SECONDS = 2;

interface Look {
  readonly standbys: readonly Standby[];
  /** of the server, since it was started */
  readonly serverAgeMs: number;
  readonly uptimeMs: number;
}

/**
 * Since when a standby catches up: by its first connection since it was last in step. One that cannot store what it is sent (a full
 * disk) connects anew twice a second, and by the age of each connection commits would wait for it for ever. What was before the server
 * was started is another interruption.
 */
export const withCatchUps = (memory: Memory, { standbys, serverAgeMs, uptimeMs }: Look): Memory => {
  const { catchUps = {}, ...rest } = memory;
  const startedMs = uptimeMs - serverAgeMs;
  const before = Object.fromEntries(Object.entries(catchUps).filter(([, since]) => since >= startedMs));
  const now = Object.fromEntries(
    standbys.flatMap((standby): (readonly [string, number])[] => {
      if (isInStep(standby)) return [];
      const since = before[standby.name] ?? (catchesUp(standby) ? connectedMs(standby, uptimeMs) : undefined);
      return since === undefined ? [] : [[standby.name, since]];
    }),
  );
  return Object.keys(now).length === 0 ? rest : { ...rest, catchUps: now };
};

/** @param memory with what this look has seen */
export const catchesUpInTime = (standby: Standby, memory: Memory, uptimeMs: number): boolean =>
  catchesUp(standby) &&
  uptimeMs - (memory.catchUps?.[standby.name] ?? connectedMs(standby, uptimeMs)) <= GRACE_MS;

const catchesUp = ({ sender }: Standby): boolean => sender?.state === 'catchup';

const isInStep = (standby: Standby): boolean =>
  isStreaming(standby) && (standby.sender?.backendAgeSeconds ?? 0) >= IN_STEP_SECONDS;

const connectedMs = ({ sender }: Standby, uptimeMs: number): number =>
  uptimeMs - (sender?.backendAgeSeconds ?? 0) * 1000;
