import t from 'tap';
import type { Verdict } from '../../../../../lib/commands/plan.ts';
import { decideStart, decideStop, type RunStateStep } from '../../../../../lib/commands/run-state/decide.ts';
import { ASYNC, OFFLINE, PRIMARY, STOPPED, SYNC } from '../status/builders.ts';
import { runState } from './builders.ts';

const kinds = (verdict: Verdict<RunStateStep>): readonly string[] =>
  verdict.kind === 'plan' ? verdict.plan.steps.map(({ kind }) => kind) : [verdict.kind];

const STOPPED_NODES = { node1: STOPPED, node2: STOPPED, node3: STOPPED };

t.test('one change, and a wait', async (t) => {
  t.same(kinds(decideStop(runState())), ['set-target-role', 'wait-until-stopped']);
  const off = runState({ nodes: STOPPED_NODES, vip: 'stopped', targetRole: 'Stopped' });
  t.same(kinds(decideStart(off)), ['set-target-role', 'wait-until-started']);
});

t.test('run again after it was killed: only the wait is left', async (t) => {
  t.same(kinds(decideStop(runState({ targetRole: 'Stopped' }))), ['wait-until-stopped']);
  t.same(kinds(decideStart(runState({ nodes: STOPPED_NODES, vip: 'stopped' }))), ['wait-until-started']);
});

t.test('nothing to do', async (t) => {
  t.match(decideStart(runState()), { kind: 'nothing-to-do', sentence: /node1 is the primary/ });
  const off = { nodes: STOPPED_NODES, vip: 'stopped', targetRole: 'Stopped' } as const;
  t.match(decideStop(runState(off)), { kind: 'nothing-to-do', sentence: /stopped on all nodes/ });
});

t.test('what Pacemaker would not do is refused, with what helps', async (t) => {
  for (const decide of [decideStart, decideStop]) {
    t.match(decide(runState({ quorum: false })), { kind: 'refused', code: 102, sentence: /without quorum/ });
    t.match(decide(runState({ options: { 'maintenance-mode': 'true' } })), {
      kind: 'refused',
      code: 10,
      sentence: /cls_unmaintenance first/,
    });
    t.match(decide(runState({ instance: { managed: false } })), {
      kind: 'refused',
      code: 10,
      sentence: /pcs resource manage pgsql/,
    });
  }
});

t.test('a node in maintenance keeps what it runs', async (t) => {
  const nodes = { node1: { ...PRIMARY, permanent: { maintenance: 'true' } } };
  const parts = { nodes, instance: { managed: false } };
  t.match(decideStop(runState(parts)), {
    kind: 'refused',
    code: 10,
    sentence: /cls_unmaintenance_node node1/,
  });
  t.match(decideStart(runState({ ...parts, vip: 'stopped' })), {
    kind: 'plan',
    plan: { warnings: [/node1 is in maintenance mode/] },
  });
});

t.test('nodes that are away are said, and are no reason to refuse', async (t) => {
  const nodes = { node1: PRIMARY, node2: { ...SYNC, permanent: { standby: 'on' } }, node3: OFFLINE };
  t.match(decideStart(runState({ nodes })), {
    plan: { warnings: [/node3 is offline/, /node2 is in standby mode/] },
  });
  t.match(decideStop(runState({ nodes })), { plan: { warnings: [/node3 is offline/] } });
});

t.test('nobody may run it', async (t) => {
  const nodes = { node1: OFFLINE, node2: { ...STOPPED, permanent: { standby: 'on' } } };
  t.match(decideStart(runState({ nodes })), {
    code: 10,
    sentence: /node1 is offline and node2 is in standby/,
  });
});

t.test('two primaries: nothing is started, and everything may be stopped', async (t) => {
  const nodes = { node1: PRIMARY, node2: PRIMARY, node3: ASYNC };
  t.match(decideStart(runState({ nodes })), { kind: 'refused', code: 102 });
  t.match(decideStop(runState({ nodes })), { kind: 'plan' });
});

t.test('RESOURCE_LIST', async (t) => {
  t.match(decideStop(runState({ resourceList: ['pgsql', 'lvsdr'] })), {
    plan: {
      purpose: /^msPostgresql will be stopped/,
      warnings: [/names lvsdr, which the cluster does not have/],
    },
  });
  t.match(decideStop(runState({ resourceList: ['another'] })), { plan: { purpose: /and vip-master/ } });
  t.match(decideStop(runState({ resourceList: ['msPostgres', 'vip-master'] })), {
    plan: {
      purpose: /^msPostgresql and vip-master will be stopped/,
      warnings: [
        'config.ini: RESOURCE_LIST names msPostgres, which the cluster does not have',
        /^config\.ini: RESOURCE_LIST does not name the database \(msPostgresql\), so it is not used: cls_start and cls_stop take/,
      ],
    },
  });
  t.match(decideStop(runState()), { plan: { warnings: [] } }, 'there need not be one');
});
