/** Writes one row after the other, whatever happens to the service, and proves at the end that none is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientTask } from './protocol.ts';
import { type ClientReport, compareRows, gapStatistics, kindOf } from './report.ts';
import type { Connect, Connection } from './service.ts';

const retryPauseMs = 20;
const lostShown = 20;

export interface WriterProgress {
  acked: number;
  errors: number;
  lastError: string;
}

export interface Writer {
  readonly progress: Readonly<WriterProgress>;
  /** When each acknowledgement came, by the wall clock. */
  acknowledgedAtMs(): readonly number[];
  /** Returns when the service is back and every row is accounted for. @throws if it does not come back in time. */
  stop(): Promise<ClientReport>;
}

export const startWriter = (task: ClientTask, connect: Connect): Writer => {
  const acked = new Set<number>();
  const acknowledgedAtMs: number[] = [];
  const errorKinds = new Map<string, number>();
  const progress: WriterProgress = { acked: 0, errors: 0, lastError: '' };
  let connection: Connection | undefined;
  let attempt = 0;
  let stopAfter: number | undefined;

  const fail = (error: unknown): void => {
    connection?.close();
    connection = undefined;
    progress.errors += 1;
    progress.lastError = kindOf(error);
    errorKinds.set(progress.lastError, (errorKinds.get(progress.lastError) ?? 0) + 1);
  };

  const writeOnce = async (): Promise<void> => {
    // A new number for each attempt: the row of one that was broken off may be there, and is not ours to count.
    attempt += 1;
    connection ??= await connect(task);
    await connection.write(attempt);
    acknowledgedAtMs.push(performance.now());
    acked.add(attempt);
    progress.acked += 1;
  };

  /** Ends after the first acknowledgement that follows `stop`, so that a gap that is still open is measured. */
  const writeAll = async (): Promise<void> => {
    while (stopAfter === undefined || (acknowledgedAtMs.at(-1) ?? 0) < stopAfter) {
      if (stopAfter !== undefined && performance.now() > stopAfter + task.verifyTimeoutMs) {
        throw new Error(
          `no write was acknowledged within ${task.verifyTimeoutMs} ms after the end (last error: ${progress.lastError})`,
        );
      }
      try {
        await writeOnce();
        if (task.pauseMs > 0) await sleep(task.pauseMs);
      } catch (error) {
        fail(error);
        await sleep(retryPauseMs);
      }
    }
  };

  const readBack = async (): Promise<ReadonlySet<number>> => {
    const end = performance.now() + task.verifyTimeoutMs;
    for (;;) {
      const verifier = await connect({ ...task, writeTimeoutMs: task.verifyTimeoutMs }).catch(
        () => undefined,
      );
      try {
        if (verifier !== undefined) return await verifier.stored();
      } catch (error) {
        if (performance.now() > end) throw error;
      } finally {
        verifier?.close();
      }
      if (performance.now() > end)
        throw new Error(`the rows could not be read within ${task.verifyTimeoutMs} ms`);
      await sleep(retryPauseMs);
    }
  };

  const running = writeAll();
  // Whoever stops the writer is told; until then a failure must not end the process.
  running.catch(() => undefined);

  return {
    progress,
    acknowledgedAtMs: () => acknowledgedAtMs.map((at) => Math.round(performance.timeOrigin + at)),
    stop: async () => {
      stopAfter = performance.now();
      await running;
      connection?.close();
      const { lost, inDoubt } = compareRows(acked, await readBack());
      return {
        acked: acked.size,
        lost: lost.length,
        ...gapStatistics(acknowledgedAtMs, task.gapThresholdMs),
        errors: progress.errors,
        inDoubt,
        errorKinds: Object.fromEntries(errorKinds),
        lostAttempts: lost.slice(0, lostShown),
      };
    },
  };
};
