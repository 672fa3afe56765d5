import t from 'tap';
import { decideMaintenance, decideUnmaintenance } from '../../../../../lib/commands/maintenance/decide.ts';
import { whatNow } from '../../../../../lib/commands/maintenance/execute.ts';
import { foreseen } from '../../../../../lib/commands/maintenance/foreseen.ts';
import { nvpairOf } from '../../../../../lib/commands/maintenance/target.ts';
import { scopeOf } from '../../../../../lib/commands/run-state/scope.ts';
import type { PlannedAction } from '../../../../../lib/pacemaker/simulate.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import { runState } from '../run-state/builders.ts';
import { HEALTHY, STOPPED, SYNC } from '../status/builders.ts';

const ON = { options: { 'maintenance-mode': 'true' } };
const NODE2_ON = { nodes: { ...HEALTHY, node2: { ...SYNC, permanent: { maintenance: 'true' } } } };
const CLUSTER = { node: undefined };
const NODE2 = { node: 'node2' };
const QUIET = known({ actions: [], probes: [] });

t.test('the whole cluster, and a node', async (t) => {
  t.match(decideMaintenance(runState(), CLUSTER), {
    plan: { warnings: [/no failover/, /commits wait/], steps: [{ kind: 'set', on: true }, {}] },
  });
  t.match(decideMaintenance(runState(), NODE2), { plan: { warnings: [] } });
  const kept = { instance: { managed: false }, vip: 'stopped' } as const;
  t.match(decideMaintenance(runState({ ...ON, ...kept }), CLUSTER), { kind: 'nothing-to-do' });
  t.match(decideMaintenance(runState({ ...NODE2_ON, ...kept }), NODE2), { kind: 'nothing-to-do' });
  t.match(decideMaintenance(runState(), { node: 'node9' }), { code: 100 });
  t.match(decideMaintenance(runState({ quorum: false }), CLUSTER), { code: 102 });
});

t.test('a primary with a lock is not left alone', async (t) => {
  const parameters = {
    node_list: 'node1 node2',
    enable_distlock: 'true',
    distlock_conninfo: 'host=node9',
    distlock_lockname: 'distlock:pgsql_cls1',
  };
  const locked = { parameters };
  t.match(decideMaintenance(runState(locked), CLUSTER), {
    code: 10,
    sentence:
      /would end PostgreSQL on node1\. First: pcs resource update pgsql enable_distlock=false; and after/,
  });
  t.match(decideMaintenance(runState(locked), { node: 'node1' }), { code: 10 });
  t.match(decideMaintenance(runState(locked), NODE2), { kind: 'plan' });
  t.match(decideMaintenance(runState({ ...locked, ...ON }), CLUSTER), { kind: 'plan' }, 'it is so already');
});

t.test('out of it: Pacemaker looks before it acts', async (t) => {
  t.match(decideUnmaintenance(runState(ON), CLUSTER, QUIET, false), {
    plan: {
      purpose: /nothing but monitor/,
      steps: [{ kind: 'look-again' }, { kind: 'set', on: false }, { kind: 'wait-until-well' }],
    },
  });
});

t.test('run again after it was broken off, it waits for what it has not seen yet', async (t) => {
  t.match(decideMaintenance(runState(ON), CLUSTER), { plan: { steps: [{ kind: 'wait-until-unmanaged' }] } });
  t.match(decideUnmaintenance(runState(), CLUSTER, QUIET, false), { kind: 'nothing-to-do' });
  const starting = runState({ nodes: { ...HEALTHY, node2: STOPPED } });
  t.match(decideUnmaintenance(starting, CLUSTER, QUIET, false), {
    plan: {
      purpose: /^the cluster is not in maintenance mode, but node1 is the primary, node2 not yet running/,
      steps: [{ kind: 'wait-until-well' }],
    },
  });
  const off = runState({ nodes: { ...HEALTHY, node2: STOPPED }, targetRole: 'Stopped' });
  t.match(decideUnmaintenance(off, CLUSTER, QUIET, false), { kind: 'nothing-to-do' });
});

t.test('what stays in maintenance mode is said, and not waited for', async (t) => {
  t.match(decideUnmaintenance(runState(NODE2_ON), CLUSTER, QUIET, false), {
    kind: 'nothing-to-do',
    sentence: 'the cluster is not in maintenance mode; node2 is: cls_unmaintenance node2',
  });
  const both = runState({ ...ON, ...NODE2_ON });
  t.match(decideUnmaintenance(both, NODE2, QUIET, false), {
    plan: { warnings: [/the whole cluster is in maintenance mode as well/] },
  });
  const verdict = decideUnmaintenance(both, CLUSTER, QUIET, false);
  t.equal(verdict.kind === 'plan' && verdict.plan.steps.length, 2);
});

t.test('a cluster that is switched off is not waited for', async (t) => {
  const verdict = decideUnmaintenance(runState({ ...ON, targetRole: 'Stopped' }), CLUSTER, QUIET, false);
  t.equal(verdict.kind === 'plan' && verdict.plan.steps.length, 2);
});

t.test('what is a surprise', async (t) => {
  const { situation, tree } = runState();
  const scope = scopeOf(tree, 'pgsql', undefined);
  const judge = (...actions: readonly PlannedAction[]) =>
    foreseen(known({ actions, probes: [] }), situation, scope).isDisruptive;
  const action = (action: string, node: string, resource = 'pgsql'): PlannedAction => ({
    action,
    resource,
    node,
  });
  t.notOk(judge());
  t.notOk(judge(action('start', 'node3'), action('promote', 'node1')), 'the recorded primary goes on');
  t.ok(judge(action('promote', 'node2')), 'another becomes the primary');
  t.ok(judge(action('demote', 'node1')));
  t.ok(judge(action('stop', 'node3')));
  t.ok(judge(action('migrate', 'node2', 'vip-master')));
  t.notOk(judge(action('stop', 'node1', 'something-else')), 'not of this database');
  t.ok(foreseen(unknown('no answer'), situation, scope).isDisruptive, 'not known is not harmless');
  t.equal(
    foreseen(known({ actions: [action('stop', 'node3')], probes: [] }), situation, scope).sentence,
    'it would stop pgsql on node3',
  );
});

t.test('where the mode stands', async (t) => {
  t.equal(nvpairOf(runState(ON).situation.view, CLUSTER), 'cib-bootstrap-options-maintenance-mode');
  t.equal(nvpairOf(runState(NODE2_ON).situation.view, NODE2), 'nodes-2-maintenance');
  t.equal(nvpairOf(runState().situation.view, NODE2), undefined);
});

t.test('what is said when it is refused or broken off', async (t) => {
  const scope = scopeOf(runState().tree, 'pgsql', undefined);
  const look = { kind: 'look-again', target: CLUSTER, scope, force: false } as const;
  t.equal(whatNow([], 'msPostgresql'), 'nothing was changed; maintenance mode is as it was');
  t.match(
    whatNow([look], 'msPostgresql'),
    /^maintenance mode is as it was.*told to look again at msPostgresql, and thereby forgets its fail counts/,
  );
  const off = whatNow([look, { kind: 'set', on: false, target: NODE2 }], 'msPostgresql');
  t.match(off, /^node2 is managed by Pacemaker.*cls_maintenance node2 stops it/);
});
