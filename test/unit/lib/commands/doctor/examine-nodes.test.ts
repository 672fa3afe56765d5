import t from 'tap';
import { FORMAT } from '../../../../../lib/commands/doctor/assignment.ts';
import {
  clockDifference,
  examineNodes,
  parseAnswer,
} from '../../../../../lib/commands/doctor/examine-nodes.ts';
import { deadlineIn } from '../../../../../lib/system/clock.ts';
import type { RunResult } from '../../../../../lib/system/process.ts';

t.test('the difference of two clocks, and how certain it is', async (t) => {
  const rows = [
    { sent: 1000, began: 1100, ended: 1500, received: 1600, ahead: 0, error: 100 },
    { sent: 1000, began: 61_100, ended: 61_500, received: 1600, ahead: 60_000, error: 100 },
    { sent: 1000, began: 900, ended: 1300, received: 2000, ahead: -400, error: 300 },
  ];
  for (const { sent, began, ended, received, ahead, error } of rows)
    t.strictSame(clockDifference(sent, { beganMs: began, endedMs: ended }, received), {
      aheadMs: ahead,
      errorMs: error,
    });
});

t.test('a machine outside the cluster is not examined', async (t) => {
  const assignment: Parameters<typeof examineNodes>[1] = {
    format: FORMAT,
    nodes: [],
    vips: [],
    agents: [],
    fenceAgents: [],
    balancing: [],
    ocfRoot: '/none',
    database: null,
  };
  const asker = { self: 'admin1', isNode: false };
  t.equal((await examineNodes(asker, assignment, [], deadlineIn(1000), () => {})).size, 0);
});

const RESULT: RunResult = {
  command: 'ssh',
  exitCode: 0,
  signal: undefined,
  timedOut: false,
  stdout: '',
  stderr: '',
  notFound: false,
};

t.test('why a node was not examined', async (t) => {
  const rows: readonly [Partial<RunResult>, RegExp][] = [
    [
      { exitCode: 255, stderr: 'node2: Permission denied (publickey).' },
      /^ssh: exit code 255: node2: Permission/,
    ],
    [{ exitCode: 127, stderr: 'env: cls_doctor: No such file' }, /not installed there; \.\/install\.sh/],
    [{ exitCode: 100 }, /another version/],
    [{ stdout: 'Welcome!' }, /not understood/],
    [{ stdout: 'pha-facts:{"format":1}' }, /another version/],
    [{ stdout: 'pha-facts:null' }, /another version/],
    [{ stdout: 'pha-facts:{"for' }, /not understood/],
    [{ exitCode: undefined, timedOut: true }, /not finished in time/],
    [{ exitCode: undefined, notFound: true }, /no such program/],
  ];
  for (const [result, wanted] of rows) {
    const answer = parseAnswer({ ...RESULT, ...result });
    t.match(answer.known ? 'known' : answer.reason, wanted);
  }
  const answer = `Welcome!\npha-facts:${JSON.stringify({ format: FORMAT })}\n`;
  t.equal(parseAnswer({ ...RESULT, stdout: answer }).known, true, 'whatever a login prints');
});
