/** The client's own process, started inside the clients' network namespace (see protocol.ts). */
import { createInterface } from 'node:readline';
import type { ClientMessage, ClientTask } from './protocol.ts';
import { connectDatabase } from './service.ts';
import { startWriter } from './writer.ts';

const progressEveryMs = 50;

const say = (message: ClientMessage): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const first = await lines.next();
// Without a task, the harness has died.
if (first.done) process.exit(1);
const task: ClientTask = JSON.parse(first.value);
const writer = startWriter(task, connectDatabase);
const timer = setInterval(() => say({ kind: 'progress', ...writer.progress }), progressEveryMs);

const order = await lines.next();
if (order.done) process.exit(1);
try {
  const report = await writer.stop();
  clearInterval(timer);
  say({ kind: 'progress', ...writer.progress });
  say({ kind: 'report', report, acknowledgedAtMs: writer.acknowledgedAtMs() });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  say({ kind: 'failure', message, acknowledgedAtMs: writer.acknowledgedAtMs() });
}
process.stdout.write('', () => process.exit(0));
