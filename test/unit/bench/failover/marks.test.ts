import t from 'tap';
import { marksOf } from '../../../../bench/failover/marks.ts';

const at = (time: string): number => Date.parse(`Nov 22 2026 ${time}`);
const line = (time: string, node: string, text: string): string =>
  `Nov 22 ${time} ${node} pacemaker-controld  [59] (some_function) \tnotice: ${text}`;

t.test('the steps of a takeover, in their order, from the logs of all nodes', async (t) => {
  const lines = [
    line('13:43:25.600', 'node1', 'Requesting local execution of promote operation for pgsql on node1 | x'),
    line('13:43:47.520', 'node2', 'Requesting local execution of promote operation for pgsql on node2 | x'),
    line('13:43:47.896', 'node2', 'Result of promote operation for pgsql on node2: ok | CIB update 65'),
    line('13:43:48.000', 'node2', 'Result of monitor operation for pgsql on node2: promoted | CIB update 68'),
    line('13:43:48.400', 'node2', 'Result of start operation for vip-master on node2: ok | CIB update 69'),
    line('13:43:47.200', 'node1', 'Result of monitor operation for pgsql on node1: not running | x'),
    line('13:43:47.340', 'node1', 'Result of monitor operation for pgsql on node1: Cancelled | x'),
    line('13:43:47.350', 'node1', 'Requesting local execution of demote operation for pgsql on node1 | x'),
    'not a line of the log',
  ];
  t.same(marksOf(lines, 'node1', at('13:43:45.200')), [
    { kind: 'noticed', atMs: 2000 },
    { kind: 'demote', atMs: 2150 },
    { kind: 'promote', atMs: 2320 },
    { kind: 'promoted', atMs: 2696 },
    { kind: 'vip', atMs: 3200 },
  ]);
});

t.test('only the loss of the primary is a lost node, the first time that somebody says so', async (t) => {
  const lines = [
    line('13:43:46.900', 'node3', 'Node node2 state is now lost | nodeid=2'),
    line('13:43:47.100', 'node3', 'Node node1 state is now lost | nodeid=1'),
    line('13:43:47.000', 'node2', 'Node node1 state is now lost | nodeid=1'),
  ];
  t.same(marksOf(lines, 'node1', at('13:43:46.000')), [{ kind: 'node-lost', atMs: 1000 }]);
});

t.test('a failure that was reported counts as one that was found', async (t) => {
  const lines = [line('13:43:46.100', 'node1', 'Result of asyncmon operation for pgsql on node1: error | x')];
  t.same(marksOf(lines, 'node1', at('13:43:46.000')), [{ kind: 'noticed', atMs: 100 }]);
});
