import t from 'tap';
import { type Outcome, startOutcome, stopOutcome } from '../../../../../lib/commands/run-state/outcome.ts';
import { scopeOf } from '../../../../../lib/commands/run-state/scope.ts';
import { ASYNC, OFFLINE, PRIMARY, STOPPED, SYNC } from '../status/builders.ts';
import { type RunStateParts, runState } from './builders.ts';

function outcomes(parts: RunStateParts): { readonly start: Outcome; readonly stop: Outcome } {
  const { situation, tree, localServer } = runState(parts);
  const scope = scopeOf(tree, 'pgsql', undefined);
  return { start: startOutcome(situation, scope), stop: stopOutcome(situation, scope, localServer) };
}

const start = (parts: RunStateParts): Outcome => outcomes(parts).start;
const stop = (parts: RunStateParts): Outcome => outcomes(parts).stop;

const givenUp = (node: string) => ({
  failures: [
    {
      resource: 'pgsql',
      node,
      task: 'start',
      exitCode: 1,
      exitStatus: 'error',
      exitReason: 'diverged from node1: run cls_repair_by_pg_rewind here',
      when: '',
    },
  ],
  failCounts: [{ resource: 'pgsql', node, failCount: 1_000_000, migrationThreshold: 3 }],
});

t.test('started: everybody streams, and the VIP is there', async (t) => {
  t.same(start({}), {
    kind: 'reached',
    sentence: 'msPostgresql runs: node1 is the primary, node2 and node3 stream from it',
  });
  t.same(start({ vip: 'stopped' }), { kind: 'waiting', what: 'vip-master not yet running' });
});

t.test('on the way', async (t) => {
  const none = { node1: STOPPED, node2: STOPPED, node3: STOPPED };
  t.match(start({ nodes: none }), { kind: 'waiting', what: /^no primary yet, node1 not yet running/ });
  t.same(start({ nodes: { node1: { ...PRIMARY, role: 'unpromoted' }, node2: SYNC, node3: ASYNC } }), {
    kind: 'waiting',
    what: 'no primary yet',
  });
  const connecting = { ...ASYNC, dataStatus: 'DISCONNECT', status: 'HS:alone' };
  t.same(start({ nodes: { node1: PRIMARY, node2: SYNC, node3: connecting } }), {
    kind: 'waiting',
    what: 'node1 is the primary, node3 not yet streaming (HS:alone, DISCONNECT)',
  });
});

t.test('the primary has yet to choose its synchronous standby', async (t) => {
  t.same(start({ nodes: { node1: PRIMARY, node2: ASYNC, node3: ASYNC } }), {
    kind: 'waiting',
    what: 'no standby is synchronous yet',
  });
});

t.test('a standby that Pacemaker has given up, or that is away, is not waited for', async (t) => {
  const failed = start({ nodes: { node1: PRIMARY, node2: SYNC, node3: STOPPED }, mon: givenUp('node3') });
  t.match(failed, { kind: 'settled', code: 2, sentence: /node3 has diverged.* => on node3: cls_repair/ });
  t.match(start({ nodes: { node1: PRIMARY, node2: SYNC, node3: OFFLINE } }), {
    kind: 'settled',
    code: 2,
    sentence: /node3 is offline/,
  });
});

t.test('whatever is not well is listed, also when nothing is at stake', async (t) => {
  const settledWith = (node3: RunStateParts['nodes']) =>
    start({ nodes: { node1: PRIMARY, node2: SYNC, ...node3 } });
  t.match(settledWith({ node3: { ...STOPPED, permanent: { standby: 'on' } } }), {
    kind: 'settled',
    code: 2,
    sentence: /not all is well\n {2}.*node3/,
  });
  t.match(
    settledWith({ node3: { ...ASYNC, permanent: { maintenance: 'true' }, dataStatus: 'CATCHUP|ASYNC' } }),
    {
      kind: 'settled',
      code: 2,
      sentence: /not all is well\n(.*\n)* {2}node3 catches up/,
    },
  );
  t.match(settledWith({ node3: { ...ASYNC, permanent: { maintenance: 'true' }, dataStatus: 'ODD' } }), {
    kind: 'settled',
    code: 2,
    sentence: /not all is well\n {2}.*node3/,
  });
});

t.test('nobody is left who could become the primary', async (t) => {
  const outcome = start({
    nodes: { node1: STOPPED, node2: OFFLINE, node3: OFFLINE },
    mon: givenUp('node1'),
  });
  t.match(outcome, { kind: 'settled', code: 10, sentence: /^msPostgresql has no primary\n {2}/ });
});

const STOPPED_NODES = { node1: STOPPED, node2: STOPPED, node3: STOPPED };

t.test('stopped: everything, and PostgreSQL itself', async (t) => {
  t.same(stop({ nodes: STOPPED_NODES, vip: 'stopped' }), {
    kind: 'reached',
    sentence: 'msPostgresql and vip-master stopped on all nodes',
  });
  t.same(stop({ nodes: STOPPED_NODES }), { kind: 'waiting', what: 'vip-master runs on node1' });
  t.match(stop({ nodes: STOPPED_NODES, vip: 'stopped', localServer: 42 }), {
    kind: 'waiting',
    what: /process 42/,
  });
  t.match(stop({}), { kind: 'waiting', what: /^pgsql runs on node1, pgsql runs on node2/ });
});

t.test('a stop that failed', async (t) => {
  t.match(stop({ instance: { blocked: true } }), {
    kind: 'settled',
    code: 1,
    sentence: /pgsql runs on node1.* without fencing[\s\S]*cls_cleanup/,
  });
});
