/** The reading client's own process, started inside the clients' network namespace (see protocol.ts). */
import { createInterface } from 'node:readline';
import type { ReadMessage, ReadTask } from './protocol.ts';
import { startReader } from './reader.ts';
import { askDatabase } from './service.ts';

const progressEveryMs = 50;

const say = (message: ReadMessage): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const first = await lines.next();
// Without a task, the harness has died.
if (first.done) process.exit(1);
const task: ReadTask = JSON.parse(first.value);
const reader = startReader(task, askDatabase);
const timer = setInterval(() => say({ kind: 'progress', ...reader.progress }), progressEveryMs);

const order = await lines.next();
if (order.done) process.exit(1);
const report = await reader.stop();
clearInterval(timer);
say({ kind: 'progress', ...reader.progress });
say({ kind: 'report', report });
process.stdout.write('', () => process.exit(0));
