/** A writer through the write VIP, seen from the harness. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from '../backend.ts';
import { LabError } from '../failure.ts';
import type { LabOptions } from '../options.ts';
import { port } from '../postgres/installation.ts';
import type { Passwords } from '../postgres/settings.ts';
import { writeVip } from '../topology.ts';
import { startProcess } from './process.ts';
import type { ClientMessage, ClientTask } from './protocol.ts';
import type { ClientReport } from './report.ts';

export type ClientOptions = Partial<Omit<ClientTask, 'id' | 'user' | 'password' | 'database'>>;

export interface Client {
  /** Writes acknowledged and refused so far; at most 50 ms old. */
  progress(): { readonly acked: number; readonly errors: number; readonly lastError: string };
  /** Returns when so many more writes have been acknowledged. @throws LabError if that takes longer. */
  waitForWrites(count: number, deadlineMs: number): Promise<void>;
  /** Waits until the service is back, and proves that each acknowledged row is there. @throws LabError if it cannot. */
  stop(): Promise<ClientReport>;
  /** After `stop`, also one that failed: when each acknowledgement came, by the wall clock of this machine. */
  acknowledgedAtMs(): readonly number[];
}

export interface ClientPlace {
  readonly backend: Backend;
  readonly options: LabOptions;
  readonly passwords: Passwords;
}

const defaults = {
  host: writeVip,
  port,
  connectTimeoutMs: 300,
  writeTimeoutMs: 1000,
  pauseMs: 10,
  gapThresholdMs: 200,
  verifyTimeoutMs: 60_000,
};

/** Returns when the first write has been acknowledged. @throws LabError if that takes more than 30 s. */
export const startClient = async (place: ClientPlace, options: ClientOptions = {}): Promise<Client> => {
  const task: ClientTask = {
    ...defaults,
    ...options,
    id: randomUUID(),
    user: 'app',
    password: place.passwords.app,
    database: 'app',
  };

  let progress = { acked: 0, errors: 0, lastError: '' };
  let outcome: Extract<ClientMessage, { kind: 'report' | 'failure' }> | undefined;
  const worker = await startProcess<ClientMessage>(place.backend, 'worker.ts', task, (message) => {
    if (message.kind === 'progress') progress = message;
    else outcome = message;
  });

  const waitForWrites = async (count: number, deadlineMs: number): Promise<void> => {
    const target = progress.acked + count;
    const deadline = performance.now() + deadlineMs;
    while (progress.acked < target) {
      if (worker.hasEnded()) throw new LabError(`The client's process ended: ${await worker.finish()}`);
      if (performance.now() > deadline) {
        throw new LabError(
          `The client had ${count - target + progress.acked} of ${count} writes acknowledged within ${deadlineMs} ms; its last error: ${progress.lastError || 'none'}.`,
        );
      }
      await sleep(20);
    }
  };

  const client: Client = {
    progress: () => progress,
    waitForWrites,
    stop: async () => {
      const stderr = await worker.finish();
      if (outcome === undefined) throw new LabError(`The client's process ended without a report: ${stderr}`);
      if (outcome.kind === 'failure')
        throw new LabError(`The client could not prove its rows: ${outcome.message}.`);
      return outcome.report;
    },
    acknowledgedAtMs: () => outcome?.acknowledgedAtMs ?? [],
  };
  try {
    await client.waitForWrites(1, 30_000);
  } catch (error) {
    worker.kill();
    throw error;
  }
  return client;
};
