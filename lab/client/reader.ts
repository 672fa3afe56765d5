/** Opens one connection after the other, whatever happens to the service, and counts which server answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadTask } from './protocol.ts';
import { gapStatistics, kindOf, longestRun, type ReadReport } from './report.ts';

/** Opens a connection, asks for the server's own name, and closes it. */
export type Ask = (task: ReadTask) => Promise<string>;

export interface ReaderProgress {
  reads: number;
  errors: number;
  lastError: string;
  /** Reads by server. */
  servers: Record<string, number>;
}

export interface Reader {
  readonly progress: Readonly<ReaderProgress>;
  /** Ends after the first answer that follows, so that a gap that is still open is measured; or without one, in time. */
  stop(): Promise<ReadReport>;
}

const retryPauseMs = 20;

export const startReader = (task: ReadTask, ask: Ask): Reader => {
  const progress: ReaderProgress = { reads: 0, errors: 0, lastError: '', servers: {} };
  const answeredAtMs: number[] = [];
  const answers: string[] = [];
  const errorKinds: Record<string, number> = {};
  let stopAfter: number | undefined;

  const readOnce = async (): Promise<void> => {
    const server = await ask(task);
    answeredAtMs.push(performance.now());
    answers.push(server);
    progress.reads += 1;
    progress.servers = { ...progress.servers, [server]: (progress.servers[server] ?? 0) + 1 };
  };

  const isDone = (): boolean =>
    stopAfter !== undefined &&
    ((answeredAtMs.at(-1) ?? 0) >= stopAfter || performance.now() > stopAfter + task.patienceMs);

  const readAll = async (): Promise<void> => {
    while (!isDone()) {
      try {
        await readOnce();
        if (task.pauseMs > 0) await sleep(task.pauseMs);
      } catch (error) {
        progress.errors += 1;
        progress.lastError = kindOf(error);
        errorKinds[progress.lastError] = (errorKinds[progress.lastError] ?? 0) + 1;
        await sleep(retryPauseMs);
      }
    }
  };

  const running = readAll();
  return {
    progress,
    stop: async () => {
      stopAfter = performance.now();
      await running;
      return {
        servers: progress.servers,
        ...gapStatistics(answeredAtMs, task.gapThresholdMs),
        errors: progress.errors,
        reads: progress.reads,
        longestRun: longestRun(answers),
        errorKinds,
      };
    },
  };
};
