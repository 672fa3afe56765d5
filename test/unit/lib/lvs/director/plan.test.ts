import fc from 'fast-check';
import t from 'tap';
import { wishedServices } from '../../../../../lib/lvs/director/decide/wished.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import { aConfig, plan, type Scene, summary } from './builders.ts';

const expect = (
  name: string,
  scene: Scene,
  parts: Parameters<typeof aConfig>[0],
  wanted: readonly string[],
): void => {
  t.test(name, async (t) => t.same(summary(plan(scene, parts).servers), wanted));
};

const DOWN = { node1: 'PRI', node2: 'HS:sync', node3: undefined };
const GONE = { node1: undefined, node2: 'PRI', node3: 'HS:async' };
const ALONE = { node1: 'PRI', node2: 'HS:alone', node3: 'HS:alone' };
/** Longer than drain_timeout. */
const LONG_ALONE = { alone: { '192.168.0.232': 940_000, '192.168.0.233': 940_000 } };
const WELL = { state: 'well' } as const;
const ILL = { state: 'ill', why: 'no answer' } as const;

expect('the standbys serve', {}, {}, ['node2 serving 1', 'node3 serving 1']);
expect('the value must match as a whole', { nodes: { node2: 'HS:sync2', node3: 'xHS:async' } }, {}, []);
expect('a node that is lost is removed at once', { nodes: DOWN, table: { node2: 1, node3: 1 } }, {}, [
  'node2 serving 1',
  'node3 removed 0',
]);
expect(
  'one that has given up the address is removed at once: nothing would reach it',
  { realservers: ['node2'], table: { node2: 1, node3: 1 }, active: { node3: 4 } },
  {},
  ['node2 serving 1', 'node3 removed 0'],
);
expect(
  'with NAT, what it has lives on',
  { nodes: GONE, realservers: ['node3'], table: { node2: 1 } },
  {
    forward: 'masq',
  },
  ['node2 draining 0', 'node3 serving 1'],
);
expect(
  'a server that stops is removed at once',
  { nodes: { node2: 'HS:sync', node3: 'STOP' }, table: { node3: 1 } },
  {},
  ['node2 serving 1', 'node3 removed 0'],
);

t.test('lists', async () => {
  expect(
    'weights are absolute, 0 is 0, and the others have the default',
    {},
    {
      list: [
        { host: 'node2', weight: 0 },
        { host: 'node3', weight: 7 },
      ],
    },
    ['node2 quiet 0', 'node3 serving 7'],
  );
  expect('a node under its address is the same node', {}, { list: [{ host: '192.168.0.233', weight: 5 }] }, [
    'node2 serving 1',
    'node3 serving 5',
  ]);
  expect(
    'a name and an address that are one are listed once',
    { printed: known(['node2', '192.168.0.232']) },
    {
      getScript: ['get'],
    },
    ['node2 serving 1'],
  );
  expect(
    'whitelisting by weights: the fourth server is listed and gets nothing',
    { printed: known(['node2', 'node3', '192.168.0.234']), table: { node2: 1 } },
    {
      getScript: ['get'],
      defaultWeight: 0,
      list: ['node1', 'node2', 'node3'].map((host) => ({ host, weight: 1 })),
    },
    ['192.168.0.234 quiet 0', 'node2 serving 1', 'node3 serving 1'],
  );
  expect(
    'whitelisting by a check of each: the primary fails it',
    { health: { node1: ILL, node2: WELL, node3: WELL, '192.168.0.234': WELL } },
    {
      dependentResource: '',
      checkScript: ['check'],
      list: ['node1', 'node2', 'node3', '192.168.0.234'].map((host) => ({ host, weight: undefined })),
    },
    ['192.168.0.234 serving 1', 'node2 serving 1', 'node3 serving 1'],
  );
  expect(
    'the fourth server is not listed any more: its postmaster was killed',
    { printed: known(['node2', 'node3']), table: { node2: 1, node3: 1, '192.168.0.234': 1 } },
    { getScript: ['get'] },
    ['192.168.0.234 removed 0', 'node2 serving 1', 'node3 serving 1'],
  );
  expect(
    'a host outside the cluster is checked at its port',
    { health: { '10.0.0.9': WELL, '10.0.0.8': ILL } },
    {
      dependentResource: '',
      list: [
        { host: '10.0.0.9', weight: 2 },
        { host: '10.0.0.8', weight: 2 },
      ],
    },
    ['10.0.0.9 serving 2'],
  );
  expect(
    'who does not resolve is left out alone',
    { printed: known(['node2', 'nowhere']), names: { nowhere: undefined } },
    { getScript: ['get'] },
    ['node2 serving 1'],
  );
  expect('no list at all: every node of the partition', {}, { dependentResource: '' }, [
    'node2 serving 1',
    'node3 serving 1',
  ]);
});

t.test('a list is believed no more than what is known', async (t) => {
  const script = { getScript: ['get'] };
  const printed = known(['node2', 'node3', '192.168.0.234']);
  const all = { node2: 1, node3: 1, '192.168.0.234': 1 };
  const outside = '192.168.0.234 serving 1';
  const closed = { printed, realservers: ['node2'], table: all };
  expect('a node that does not accept the address is listed', closed, script, [
    outside,
    'node2 serving 1',
    'node3 removed 0',
  ]);
  t.match(plan({ ...closed, table: {} }, script).omitted, [{ host: 'node3', rule: 'server.unreachable' }]);
  expect(
    'not even when it has passed its check',
    { ...closed, health: { node2: WELL, node3: WELL } },
    script,
    [outside, 'node2 serving 1', 'node3 removed 0'],
  );
  expect('with NAT, it need not accept it', closed, { ...script, forward: 'masq' }, [
    outside,
    'node2 serving 1',
    'node3 serving 1',
  ]);
  expect('the director itself accepts it', { ...closed, self: 'node3' }, script, [
    outside,
    'node2 serving 1',
    'node3 serving 1',
  ]);
  expect('without a resource, nothing is known of that', closed, { ...script, dependentResource: '' }, [
    outside,
    'node2 serving 1',
    'node3 serving 1',
  ]);
  expect('nor of one that the cluster does not have', closed, { ...script, dependentResource: 'none' }, [
    outside,
    'node2 serving 1',
    'node3 serving 1',
  ]);
  expect('nor when the cluster does not answer', { ...closed, cluster: unknown('no answer') }, script, [
    outside,
    'node2 serving 1',
    'node3 serving 1',
  ]);
  const stopped = { printed, nodes: { node2: 'HS:sync', node3: 'STOP' }, table: all };
  expect('a server that was stopped is listed', stopped, script, [
    outside,
    'node2 serving 1',
    'node3 removed 0',
  ]);
  expect('a check that has passed knows better', { ...stopped, health: { node3: WELL } }, script, [
    outside,
    'node2 serving 1',
    'node3 serving 1',
  ]);
  expect('the script fails, and one was stopped', { ...stopped, printed: unknown('exit code 1') }, script, [
    '192.168.0.234 kept 1',
    'node2 kept 1',
    'node3 removed 0',
  ]);
  expect(
    'the script fails, and one has given up the address',
    { ...closed, printed: unknown('exit code 1') },
    script,
    ['192.168.0.234 kept 1', 'node2 kept 1', 'node3 removed 0'],
  );
});

t.test('what is not known changes nothing', async () => {
  expect(
    'the cluster does not answer',
    { cluster: unknown('no answer'), table: { node2: 1, node3: 3 } },
    {},
    ['192.168.0.232 kept 1', '192.168.0.233 kept 3'],
  );
  expect(
    'the script fails: those who are there stay, but not one that the cluster has lost',
    { printed: unknown('exit code 1'), nodes: DOWN, table: { node2: 1, node3: 1, '10.0.0.9': 1 } },
    { getScript: ['get'] },
    ['10.0.0.9 kept 1', 'node2 kept 1', 'node3 removed 0'],
  );
  expect(
    'the script fails on a new director: the cluster knows some',
    { printed: unknown('exit code 1') },
    { getScript: ['get'] },
    ['node2 serving 1', 'node3 serving 1'],
  );
  expect(
    'a check that cannot be run takes nobody away and brings nobody in',
    {
      health: { node2: { state: 'unknown', why: 'no such program' }, node3: { state: 'unknown', why: 'x' } },
      table: { node2: 1 },
    },
    { checkScript: ['check'] },
    ['node2 kept 1'],
  );
});

t.test('a check that does not end in time', async (t) => {
  const checked = { checkScript: ['check'] };
  const LATE = { state: 'late', why: 'check: not finished in time' } as const;
  const table = { node2: 1, node3: 1 };
  const late = { table, health: { node2: WELL, node3: LATE } };
  const times = (node3: number) => ({ memory: { late: { '192.168.0.233': node3 } } });
  expect('while others are well, it gets nothing new, and what it has lives on', late, checked, [
    'node2 serving 1',
    'node3 kept 0',
  ]);
  expect(
    'it answers again',
    { ...late, table: { node2: 1, node3: 0 }, health: { node2: WELL, node3: WELL } },
    checked,
    ['node2 serving 1', 'node3 serving 1'],
  );
  expect('three times in a row, it is lost', { ...late, ...times(2) }, checked, [
    'node2 serving 1',
    'node3 removed 0',
  ]);
  expect('a look between two monitors does not count', { ...late, ...times(2), isRegular: false }, checked, [
    'node2 serving 1',
    'node3 kept 0',
  ]);
  const allLate = { table, health: { node2: LATE, node3: LATE } };
  expect('a director that has too much to do cuts nobody off', allLate, checked, [
    'node2 kept 1',
    'node3 kept 1',
  ]);
  expect('and the one that was spared serves again', { ...allLate, table: { node3: 0 } }, checked, [
    'node3 kept 1',
  ]);
  expect(
    'the sorry server spares them, too',
    { ...allLate, self: 'node1' },
    { ...checked, sorryServer: 'primary' },
    ['node1 sorry 1', 'node2 kept 0', 'node3 kept 0'],
  );
  expect(
    'but not one of which it is not known that it serves',
    allLate,
    { ...checked, sorryServer: '10.0.0.9' },
    ['node2 kept 1', 'node3 kept 1'],
  );
  expect('a newcomer has to answer', { ...late, table: { node2: 1 } }, checked, ['node2 serving 1']);
  expect(
    'one that is not listed any more drains',
    { ...late, realservers: ['node2', 'node3'], printed: known(['node2']) },
    { ...checked, getScript: ['get'] },
    ['node2 serving 1', 'node3 draining 0'],
  );
  t.same(plan(late, checked).memory.late, { '192.168.0.233': 1 });
  t.same(plan({ ...late, ...times(1), isRegular: false }, checked).memory.late, { '192.168.0.233': 1 });
  t.same(
    plan({ table, health: { node2: WELL, node3: WELL }, ...times(2) }, checked).memory.late,
    {},
    'in a row',
  );
  t.match(plan({ ...late, ...times(2) }, checked).servers, [
    {},
    { why: /not finished in time, 3 times in a row$/ },
  ]);
});

t.test('drain', async () => {
  const leaving = { nodes: { node2: 'HS:sync', node3: 'HS:alone' }, table: { node2: 1, node3: 1 } };
  const quiet = { ...leaving, table: { node2: 1, node3: 0 } };
  const since = (ms: number) => ({ draining: { '192.168.0.233': 1_000_000 - ms } });
  expect('first the weight goes to 0', leaving, {}, ['node2 serving 1', 'node3 draining 0']);
  expect('as long as it has connections', { ...quiet, memory: since(59_000), active: { node3: 2 } }, {}, [
    'node2 serving 1',
    'node3 draining 0',
  ]);
  expect('until they have ended', { ...quiet, memory: since(5_000), active: { node3: 0 } }, {}, [
    'node2 serving 1',
    'node3 removed 0',
  ]);
  expect(
    'one that is just being made is not counted yet',
    { ...quiet, memory: since(1_900), active: { node3: 0 } },
    {},
    ['node2 serving 1', 'node3 draining 0'],
  );
  expect('and not for ever', { ...quiet, memory: since(60_000), active: { node3: 2 } }, {}, [
    'node2 serving 1',
    'node3 removed 0',
  ]);
  expect('with 0 it is removed at once', leaving, { drainTimeoutMs: 0 }, [
    'node2 serving 1',
    'node3 removed 0',
  ]);
  expect(
    'it dies meanwhile',
    { nodes: DOWN, table: { node3: 0 }, memory: since(1), active: { node3: 2 } },
    {},
    ['node2 serving 1', 'node3 removed 0'],
  );
  expect('it comes back', { table: { node3: 0 }, memory: since(9), active: { node3: 2 } }, {}, [
    'node2 serving 1',
    'node3 serving 1',
  ]);
  t.same(plan(leaving).memory.draining, { '192.168.0.233': 1_000_000 });
  t.same(plan({ ...quiet, memory: since(5), active: { node3: 1 } }).memory.draining, since(5).draining);
});

t.test('the sorry server', async (t) => {
  const sorry = { sorryServer: 'primary' };
  expect('nobody is left, and the director is the primary', { nodes: ALONE, self: 'node1' }, sorry, [
    'node1 sorry 1',
  ]);
  expect(
    'the primary does not accept the address',
    { nodes: ALONE, self: 'node2', memory: LONG_ALONE },
    sorry,
    [],
  );
  t.match(plan({ nodes: ALONE, self: 'node2' }, sorry).sorryRefusal, /lvsdr-realsvr is not active on node1/);
  expect('with NAT it need not', { nodes: ALONE }, { ...sorry, forward: 'masq' }, ['node1 sorry 1']);
  expect('enough are left', { self: 'node1' }, sorry, ['node2 serving 1', 'node3 serving 1']);
  expect('too few are left', { nodes: DOWN, self: 'node1' }, { ...sorry, leastServers: 2 }, [
    'node1 sorry 1',
    'node2 serving 1',
  ]);
  expect(
    'a standby is back: it leaves, and its connections live on',
    {
      self: 'node1',
      table: { node1: 1 },
      memory: { sorry: ['192.168.0.231'] },
      realservers: ['node1', 'node2'],
    },
    sorry,
    ['node1 draining 0', 'node2 serving 1'],
  );
  expect(
    'a host that nobody checks leaves in the same way',
    { table: { '10.0.0.9': 1 }, memory: { sorry: ['10.0.0.9'] } },
    {
      sorryServer: '10.0.0.9',
    },
    ['10.0.0.9 draining 0', 'node2 serving 1', 'node3 serving 1'],
  );
  const host = { sorryServer: '10.0.0.9' };
  expect('a host', { nodes: ALONE, sorryHealth: WELL }, host, ['10.0.0.9 sorry 1']);
  expect(
    'a host that refuses connections',
    { nodes: ALONE, sorryHealth: ILL, table: { '10.0.0.9': 1 } },
    host,
    ['10.0.0.9 removed 0', 'node2 serving 1', 'node3 serving 1'],
  );
  t.match(
    plan({ nodes: ALONE, sorryHealth: ILL }, host).sorryRefusal,
    '10.0.0.9 takes no connections (no answer)',
  );
  expect('of which nothing is known: standbys that run come first', { nodes: ALONE }, host, [
    'node2 serving 1',
    'node3 serving 1',
  ]);
  expect('but not for ever', { nodes: ALONE, memory: LONG_ALONE }, host, ['10.0.0.9 sorry 1']);
  expect(
    'it helps beside others though nothing is known of it',
    { nodes: DOWN },
    { ...host, leastServers: 2 },
    ['10.0.0.9 sorry 1', 'node2 serving 1'],
  );
  expect(
    'it is a real server already, with weight 0',
    { nodes: DOWN },
    {
      sorryServer: '192.168.0.232',
      list: [{ host: 'node2', weight: 0 }],
    },
    ['node2 sorry 1'],
  );
  expect(
    'it is a real server already, and drains',
    { nodes: ALONE, table: { node2: 0 }, sorryHealth: WELL },
    { sorryServer: 'node2' },
    ['node2 sorry 1'],
  );
  t.same(plan({ nodes: ALONE, self: 'node1' }, sorry).memory.sorry, ['192.168.0.231']);
});

t.test('a sorry server that a check for standbys refuses drains all the same', async (t) => {
  const back = { self: 'node1', table: { node1: 1 }, memory: { sorry: ['192.168.0.231'] } };
  const health = { node1: ILL, node2: WELL, node3: WELL };
  const parts = { sorryServer: 'primary', checkScript: ['check'] };
  const left = ['node1 draining 0', 'node2 serving 1', 'node3 serving 1'];
  expect('the primary', { ...back, health }, parts, left);
  const { memory } = plan({ ...back, health }, parts);
  t.match(memory, { sorry: ['192.168.0.231'], draining: { '192.168.0.231': 1_000_000 } });
  expect(
    'and at the next look',
    { ...back, health, table: { node1: 0 }, active: { node1: 2 }, memory },
    parts,
    left,
  );
  t.same(
    plan({ ...back, health, table: { node1: 0 }, active: { node1: 0 }, memory, uptimeMs: 1_002_000 }, parts)
      .memory.sorry,
    [],
  );
  expect('but not one that has never been one', { ...back, health, memory: {} }, parts, [
    'node1 removed 0',
    'node2 serving 1',
    'node3 serving 1',
  ]);
  const host = {
    table: { '10.0.0.9': 1 },
    memory: { sorry: ['10.0.0.9'] },
    health: { ...health, '10.0.0.9': ILL },
  };
  const named = { sorryServer: '10.0.0.9', checkScript: ['check'] };
  expect('a host whose port answers', { ...host, sorryHealth: WELL }, named, [
    '10.0.0.9 draining 0',
    'node2 serving 1',
    'node3 serving 1',
  ]);
  expect('a host whose port does not', { ...host, sorryHealth: ILL }, named, [
    '10.0.0.9 removed 0',
    'node2 serving 1',
    'node3 serving 1',
  ]);
});

t.test('standbys without a primary', async (t) => {
  const switching = { node1: undefined, node2: 'PRI', node3: 'HS:alone' };
  const table = { node1: 1, node2: 1, node3: 1 };
  const parts = { nodes: switching, realservers: ['node2', 'node3'], table };
  expect('in a switch, nobody else serves', parts, {}, [
    'node1 removed 0',
    'node2 draining 0',
    'node3 serving 1',
  ]);
  expect('the sorry server comes first', parts, { sorryServer: 'primary' }, [
    'node1 removed 0',
    'node2 sorry 1',
    'node3 draining 0',
  ]);
  expect('a director that has just started', { ...parts, table: {} }, {}, ['node3 serving 1']);
  expect('not for ever', { ...parts, table: { node3: 1 }, memory: LONG_ALONE }, {}, ['node3 draining 0']);
  expect('nor again after that', { ...parts, table: {}, memory: LONG_ALONE }, {}, []);
  expect(
    'not where it should get nothing',
    { ...parts, table: { node3: 0 } },
    {
      list: [{ host: 'node3', weight: 0 }],
    },
    ['node3 draining 0'],
  );
  expect('all of them, when the primary is lost', { nodes: ALONE, table: { node2: 1, node3: 3 } }, {}, [
    'node2 serving 1',
    'node3 serving 1',
  ]);
  expect(
    'what a new primary lists when nobody has found it yet',
    { ...parts, table: { node3: 1 }, printed: known([]) },
    {},
    ['node3 serving 1'],
  );
  expect(
    'another takes over: its weight goes to 0 before it goes, though it has no connections',
    {
      nodes: { node1: 'HS:sync', node3: 'HS:alone' },
      table: { node3: 1 },
      memory: { draining: { '192.168.0.233': 990_000 } },
    },
    {},
    ['node1 serving 1', 'node3 draining 0'],
  );
  t.match(plan(parts).memory, {
    alone: { '192.168.0.233': 1_000_000 },
    draining: { '192.168.0.232': 1_000_000 },
  });
  const { draining } = plan({ ...parts, table: { node3: 1 }, memory: LONG_ALONE }).memory;
  t.same(draining, { '192.168.0.233': 1_000_000 }, 'what it has left is drained from then on');
  t.match(plan(parts).servers, [{ rule: 'server.stopgap', why: /HS:alone, and no other .* 60 s at most/ }]);
});

t.test('lag', async (t) => {
  const limit = { maxLagBytes: 1000 };
  const lags = { node2: { bytes: 5000, seconds: 0 }, node3: { bytes: 0, seconds: 0 } };
  const before = (over: number, isLagging = false) => ({
    lag: { '192.168.0.232': { over, isLagging } },
  });
  expect('once is not enough', { lags, memory: before(1) }, limit, ['node2 serving 1', 'node3 serving 1']);
  expect('three times in a row', { lags, memory: before(2) }, limit, ['node2 lagging 0', 'node3 serving 1']);
  expect('a look between two monitors does not count', { lags, memory: before(2), isRegular: false }, limit, [
    'node2 serving 1',
    'node3 serving 1',
  ]);
  const at = (bytes: number) => ({ ...lags, node2: { bytes, seconds: 0 } });
  expect('less than the limit is not caught up', { lags: at(900), memory: before(3, true) }, limit, [
    'node2 lagging 0',
    'node3 serving 1',
  ]);
  expect('half of it is', { lags: at(500), memory: before(3, true) }, limit, [
    'node2 serving 1',
    'node3 serving 1',
  ]);
  expect(
    'never the last one: the one that is least behind',
    {
      lags: { node2: { bytes: 9000, seconds: 0 }, node3: { bytes: 8000, seconds: 0 } },
      memory: {
        lag: { '192.168.0.232': { over: 3, isLagging: true }, '192.168.0.233': { over: 3, isLagging: true } },
      },
    },
    limit,
    ['node2 lagging 0', 'node3 serving 1'],
  );
  expect('what is not known changes nothing', { lags: {}, memory: before(3, true) }, limit, [
    'node2 lagging 0',
    'node3 serving 1',
  ]);
  expect(
    'by time',
    { lags: { node2: { bytes: 1, seconds: 31 } }, memory: before(2) },
    { maxLagSeconds: 30 },
    ['node2 lagging 0', 'node3 serving 1'],
  );
  t.same(plan({ lags }, limit).memory.lag, { '192.168.0.232': { over: 1, isLagging: false } });
  t.same(plan({ lags: at(1000), memory: before(2) }, limit).memory.lag, {}, 'in a row');
});

t.test('slow start', async () => {
  const slow = { slowStartMs: 100_000, defaultWeight: 10 };
  expect('a newcomer begins with little', { table: { node3: 10 } }, slow, [
    'node2 starting 1',
    'node3 serving 10',
  ]);
  const joined = (ms: number) => ({ newcomers: { '192.168.0.232': 1_000_000 - ms } });
  expect('and gets more', { table: { node2: 1, node3: 10 }, memory: joined(45_000) }, slow, [
    'node2 starting 5',
    'node3 serving 10',
  ]);
  expect('until it has all', { table: { node2: 10, node3: 10 }, memory: joined(100_000) }, slow, [
    'node2 serving 10',
    'node3 serving 10',
  ]);
  expect('the first ones are no newcomers', {}, slow, ['node2 serving 10', 'node3 serving 10']);
});

const status = fc.constantFrom('PRI', 'HS:sync', 'HS:async', 'HS:alone', 'STOP', undefined);
const lag = fc.record({ bytes: fc.integer({ min: 0, max: 4000 }), seconds: fc.constant(0) });

t.test(
  'whatever happens: a fit server is never without connections, and a lost one never with',
  async (t) => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('node1', 'node2', 'node3', 'node4'), status),
        fc.dictionary(
          fc.constantFrom('node1', 'node2', 'node3', 'node4', '10.0.0.9'),
          fc.integer({ min: 0, max: 3 }),
        ),
        fc.dictionary(fc.constantFrom('node1', 'node2', 'node3', 'node4'), lag),
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 4, maxLength: 4 }),
        fc.constantFrom('gate' as const, 'masq' as const),
        (nodes, table, lags, over, forward) => {
          const memory = {
            lag: Object.fromEntries(
              over.map((n, i) => [`192.168.0.23${i + 1}`, { over: n, isLagging: n > 2 }]),
            ),
          };
          const config = { forward, maxLagBytes: 1000, slowStartMs: 60_000 };
          const scene = { nodes, table, lags, memory };
          const { servers } = plan(scene, config);
          const addresses = servers.map(({ machine }) => machine.address);
          t.equal(new Set(addresses).size, addresses.length, 'each machine once');
          const fit = Object.values(nodes).filter((each) => /^HS:(sync|async)$/.test(each ?? '')).length;
          const serving = servers.filter(({ weight }) => weight > 0);
          const alone = Object.values(nodes).filter((each) => each === 'HS:alone').length;
          t.equal(serving.length > 0, fit > 0 || alone > 0);
          for (const { machine } of serving)
            t.match(nodes[machine.host], fit > 0 ? /^HS:(sync|async)$/ : /^HS:alone$/);
          const [wished] = wishedServices({ servers }, aConfig(config));
          for (const server of wished?.servers ?? [])
            t.ok(
              Object.keys(nodes).some(
                (node) => nodes[node] !== undefined && `192.168.0.23${node.slice(4)}` === server.address,
              ),
            );
        },
      ),
    );
  },
);
