import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { ReadTask } from '../../../lab/client/protocol.ts';
import { startReader } from '../../../lab/client/reader.ts';
import { longestRun } from '../../../lab/client/report.ts';

const task: ReadTask = {
  host: '',
  port: 0,
  user: '',
  password: '',
  database: '',
  connectTimeoutMs: 50,
  pauseMs: 1,
  gapThresholdMs: 1000,
  patienceMs: 200,
};

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await sleep(1);
};

t.test('answers are counted by server, and turns are seen', async (t) => {
  let turn = 0;
  const reader = startReader(task, async () => `node${2 + (turn++ % 2)}`);
  await until(() => reader.progress.reads >= 10);
  const report = await reader.stop();
  t.equal(
    report.reads,
    Object.values(report.servers).reduce((sum, count) => sum + count, 0),
  );
  t.same(Object.keys(report.servers), ['node2', 'node3']);
  t.match(report, { errors: 0, longestRun: 1, gapsMs: [] });
});

t.test('a service that is away is an error of each attempt, and reading goes on', async (t) => {
  let up = false;
  const reader = startReader(task, async () => {
    if (!up) throw new Error('refused');
    return 'node2';
  });
  await until(() => reader.progress.errors >= 2);
  up = true;
  await until(() => reader.progress.reads >= 1);
  const report = await reader.stop();
  t.ok(report.errors >= 2);
  t.same(Object.keys(report.errorKinds), ['refused']);
});

t.test('a service that never comes back does not hold up the end for ever', async (t) => {
  const reader = startReader(task, async () => {
    throw new Error('refused');
  });
  t.match(await reader.stop(), { reads: 0, servers: {}, longestRun: 0 });
});

t.test('the longest run of equal neighbours', async (t) => {
  t.equal(longestRun([]), 0);
  t.equal(longestRun(['a', 'b', 'a']), 1);
  t.equal(longestRun(['a', 'b', 'b', 'b', 'a', 'a']), 3);
});
