import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { ClientTask } from '../../../lab/client/protocol.ts';
import type { Connect } from '../../../lab/client/service.ts';
import { startWriter, type Writer } from '../../../lab/client/writer.ts';

const task: ClientTask = {
  id: 'x',
  host: '',
  port: 0,
  user: '',
  password: '',
  database: '',
  connectTimeoutMs: 50,
  writeTimeoutMs: 50,
  pauseMs: 1,
  gapThresholdMs: 100,
  verifyTimeoutMs: 300,
};

/** A database that a test can take away, and that forgets what it is told to. */
const fakeDatabase = () => {
  const rows = new Set<number>();
  const state = { up: true, connections: 0 };
  const connect: Connect = async () => {
    if (!state.up) throw new Error('refused');
    state.connections += 1;
    return {
      write: async (attempt) => {
        if (!state.up) throw new Error('broken off');
        rows.add(attempt);
      },
      stored: async () => new Set(rows),
      close: () => undefined,
    };
  };
  return { rows, state, connect };
};

const acknowledged = async (writer: Writer, count: number): Promise<void> => {
  while (writer.progress.acked < count) await sleep(1);
};

t.test('every acknowledged row is found again', async (t) => {
  const { rows, connect } = fakeDatabase();
  const writer = startWriter(task, connect);
  await acknowledged(writer, 5);
  const report = await writer.stop();
  t.match(report, { acked: rows.size, lost: 0, errors: 0, inDoubt: 0 });
});

t.test('a row that is gone is counted and named', async (t) => {
  const { rows, connect } = fakeDatabase();
  const writer = startWriter(task, connect);
  await acknowledged(writer, 5);
  rows.delete(3);
  t.match(await writer.stop(), { lost: 1, lostAttempts: [3] });
});

t.test('an outage is a gap, its attempts are errors, and the writer connects again', async (t) => {
  const { state, connect } = fakeDatabase();
  const writer = startWriter(task, connect);
  await acknowledged(writer, 5);
  state.up = false;
  await sleep(150);
  state.up = true;
  await acknowledged(writer, writer.progress.acked + 5);
  const report = await writer.stop();
  t.equal(report.gapsMs.length, 1);
  t.ok(report.longestGapMs >= 140);
  t.ok(report.errors >= 2);
  t.equal(report.errorKinds['broken off'], 1);
  t.equal(report.lost, 0);
});

t.test('a write that succeeded without an answer is in doubt', async (t) => {
  const { rows, connect } = fakeDatabase();
  let answered = 0;
  const forgetful: Connect = async (given) => {
    const connection = await connect(given);
    return {
      ...connection,
      write: async (attempt) => {
        await connection.write(attempt);
        answered += 1;
        if (answered === 3) throw new Error('no answer');
      },
    };
  };
  const writer = startWriter(task, forgetful);
  await acknowledged(writer, 5);
  const report = await writer.stop();
  t.match(report, { acked: rows.size - 1, lost: 0, inDoubt: 1, errors: 1 });
});

t.test('a service that does not come back is a failure, not a report without losses', async (t) => {
  const { state, connect } = fakeDatabase();
  const writer = startWriter(task, connect);
  await acknowledged(writer, 5);
  state.up = false;
  await t.rejects(writer.stop(), /no write was acknowledged within 300 ms/);
});
