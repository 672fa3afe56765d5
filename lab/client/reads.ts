/** A reader through the read VIP, seen from the harness. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../failure.ts';
import { port } from '../postgres/installation.ts';
import { readVip } from '../topology.ts';
import type { ClientPlace } from './client.ts';
import { startProcess } from './process.ts';
import type { ReadMessage, ReadTask } from './protocol.ts';
import type { ReaderProgress } from './reader.ts';
import type { ReadReport } from './report.ts';

export type ReadOptions = Partial<Omit<ReadTask, 'user' | 'password' | 'database'>>;

export interface ReadClient {
  /** So far; at most 50 ms old. */
  progress(): Readonly<ReaderProgress>;
  /** Returns when so many more connections have been answered. @throws LabError if that takes longer. */
  waitForReads(count: number, deadlineMs: number): Promise<void>;
  stop(): Promise<ReadReport>;
}

const defaults = {
  host: readVip,
  port,
  // A director that is a guest takes its time for its first packets.
  connectTimeoutMs: 1000,
  pauseMs: 10,
  gapThresholdMs: 200,
  patienceMs: 10_000,
};

/** Does not wait for the first read: there may be nobody to answer. */
export const startReads = async (place: ClientPlace, options: ReadOptions = {}): Promise<ReadClient> => {
  const task: ReadTask = {
    ...defaults,
    ...options,
    user: 'app',
    password: place.passwords.app,
    database: 'app',
  };
  let progress: Readonly<ReaderProgress> = { reads: 0, errors: 0, lastError: '', servers: {} };
  let report: ReadReport | undefined;
  const worker = await startProcess<ReadMessage>(place.backend, 'reader-worker.ts', task, (message) => {
    if (message.kind === 'progress') progress = message;
    else report = message.report;
  });
  return {
    progress: () => progress,
    waitForReads: async (count, deadlineMs) => {
      const target = progress.reads + count;
      const deadline = performance.now() + deadlineMs;
      while (progress.reads < target) {
        if (worker.hasEnded()) throw new LabError(`The reader's process ended: ${await worker.finish()}`);
        if (performance.now() > deadline) {
          throw new LabError(
            `The reader had ${count - target + progress.reads} of ${count} connections answered within ${deadlineMs} ms; its last error: ${progress.lastError || 'none'}.`,
          );
        }
        await sleep(20);
      }
    },
    stop: async () => {
      const stderr = await worker.finish();
      if (report === undefined) throw new LabError(`The reader's process ended without a report: ${stderr}`);
      return report;
    },
  };
};
