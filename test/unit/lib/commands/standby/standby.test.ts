import t from 'tap';
import type { Verdict } from '../../../../../lib/commands/plan.ts';
import { scopeOf } from '../../../../../lib/commands/run-state/scope.ts';
import {
  decideStandby,
  decideUnstandby,
  type StandbyStep,
} from '../../../../../lib/commands/standby/decide.ts';
import { backOutcome, leftOutcome } from '../../../../../lib/commands/standby/outcome.ts';
import { type RunStateParts, runState } from '../run-state/builders.ts';
import { ASYNC, HEALTHY, OFFLINE, PRIMARY, STOPPED, SYNC } from '../status/builders.ts';

const kinds = (verdict: Verdict<StandbyStep>): readonly string[] =>
  verdict.kind === 'plan' ? verdict.plan.steps.map(({ kind }) => kind) : [verdict.kind];

const IN_STANDBY = { permanent: { standby: 'on' } };

t.test('the primary: the successor is named', async (t) => {
  const verdict = decideStandby(runState(), 'node1', false);
  t.same(kinds(verdict), ['set', 'wait-until-left']);
  t.match(verdict, {
    plan: {
      warnings: [/node1 is the primary: .* go on on node2/],
      steps: [{ on: true }, { primaryToo: true }],
    },
  });
});

t.test('the primary, and nobody may take over', async (t) => {
  const nodes = { node1: PRIMARY, node2: OFFLINE, node3: ASYNC };
  t.match(decideStandby(runState({ nodes }), 'node1', false), {
    kind: 'refused',
    code: 10,
    sentence: /node2: offline; node3: STREAMING\|ASYNC, score -INFINITY.*--force/,
  });
  const forced = decideStandby(runState({ nodes }), 'node1', true);
  t.match(forced, {
    plan: { warnings: [/no writes until node1 is back/], steps: [{}, { primaryToo: false }] },
  });
});

t.test('a successor in standby mode is none', async (t) => {
  const nodes = { ...HEALTHY, node2: { ...SYNC, ...IN_STANDBY } };
  t.match(decideStandby(runState({ nodes }), 'node1', false), { kind: 'refused', code: 10 });
});

t.test('a successor that does not reach the arbiter is none', async (t) => {
  const silent = { 'pgsql-arbiter': 'silent|node1|1|0A|2026-11-22T01:00:00Z' };
  const nodes = { node1: PRIMARY, node2: { ...SYNC, transient: silent } };
  const verdict = decideStandby(runState({ nodes, parameters: { enable_distlock: 'true' } }), 'node1', false);
  t.match(verdict, { kind: 'refused', code: 10, sentence: /node2: .* does not reach the arbiter/ });
});

t.test('the synchronous standby', async (t) => {
  t.match(decideStandby(runState(), 'node2', false), { plan: { warnings: [/node3 takes its place/] } });
  const alone = { node1: PRIMARY, node2: SYNC };
  t.match(decideStandby(runState({ nodes: alone }), 'node2', false), {
    plan: { warnings: [/only standby: nobody may take over/] },
  });
  t.match(decideStandby(runState({ nodes: alone, parameters: { sync_degrade: 'never' } }), 'node2', false), {
    plan: { warnings: [/commits wait until it is back/] },
  });
  t.match(decideStandby(runState(), 'node3', false), { plan: { warnings: [] } });
});

t.test('what cannot be done', async (t) => {
  for (const decide of [
    (s: ReturnType<typeof runState>, n: string) => decideStandby(s, n, false),
    decideUnstandby,
  ]) {
    t.match(decide(runState(), 'node9'), {
      code: 100,
      sentence: /no node node9; the cluster has node1, node2/,
    });
    t.match(decide(runState({ quorum: false }), 'node2'), { code: 102 });
    t.match(decide(runState({ options: { 'maintenance-mode': 'true' } }), 'node2'), {
      code: 10,
      sentence: /cls_unmaintenance first/,
    });
  }
});

t.test('run again, and nothing to do', async (t) => {
  const leaving = { ...HEALTHY, node2: { ...SYNC, ...IN_STANDBY } };
  t.same(kinds(decideStandby(runState({ nodes: leaving }), 'node2', false)), ['wait-until-left']);
  const left = { ...HEALTHY, node2: { ...STOPPED, ...IN_STANDBY } };
  t.same(kinds(decideStandby(runState({ nodes: left }), 'node2', false)), ['nothing-to-do']);
  t.same(kinds(decideUnstandby(runState({ nodes: left }), 'node2')), ['set', 'wait-until-back']);
  t.same(kinds(decideUnstandby(runState({ nodes: { ...HEALTHY, node2: STOPPED } }), 'node2')), [
    'wait-until-back',
  ]);
  t.same(kinds(decideUnstandby(runState(), 'node2')), ['nothing-to-do']);
});

t.test('back, where nothing can be waited for', async (t) => {
  const away = { ...HEALTHY, node2: { ...OFFLINE, ...IN_STANDBY } };
  t.same(kinds(decideUnstandby(runState({ nodes: away }), 'node2')), ['set']);
  const off = runState({
    nodes: { node1: { ...STOPPED, ...IN_STANDBY }, node2: STOPPED },
    targetRole: 'Stopped',
    vip: 'stopped',
  });
  t.match(decideUnstandby(off, 'node1'), { plan: { warnings: [/cls_start/], steps: [{ kind: 'set' }] } });
});

const left = (parts: RunStateParts, node = 'node1') => {
  const { situation, tree } = runState(parts);
  return leftOutcome(situation, scopeOf(tree, 'pgsql', undefined), node, true);
};

t.test('left: nothing runs there, another is the primary and has the VIP', async (t) => {
  t.match(left({}), { kind: 'waiting', what: 'pgsql and vip-master not yet gone from node1' });
  const moved = { node1: STOPPED, node2: PRIMARY, node3: ASYNC };
  t.match(left({ nodes: { ...moved, node2: SYNC }, vip: 'stopped' }), { what: 'no other primary yet' });
  t.match(left({ nodes: moved, vip: 'stopped' }), { what: 'vip-master not yet running elsewhere' });
  t.match(left({ nodes: { ...HEALTHY, node3: STOPPED } }, 'node3'), {
    kind: 'reached',
    sentence: 'node3 is in standby mode and runs nothing; node1 is the primary',
  });
  t.match(left({ instance: { blocked: true } }), { kind: 'settled', code: 1 });
});

t.test('back: it streams, or is given up', async (t) => {
  const back = (parts: RunStateParts, node = 'node2') => backOutcome(runState(parts).situation, node);
  t.match(back({}), { kind: 'reached', sentence: 'node2 runs again (STREAMING|SYNC)' });
  t.match(back({}, 'node1'), { kind: 'reached', sentence: 'node1 is the primary' });
  t.match(back({ nodes: { ...HEALTHY, node2: STOPPED } }), {
    kind: 'waiting',
    what: 'node2 not yet running',
  });
  t.match(back({ nodes: { ...HEALTHY, node2: { ...SYNC, role: 'promoted' } } }), {
    kind: 'waiting',
    what: /sorts out/,
  });
  t.match(back({ instance: { failed: true } }), { kind: 'waiting', what: /sorts out/ });
  const failCounts = [{ resource: 'pgsql', node: 'node2', failCount: 1_000_000, migrationThreshold: 3 }];
  t.match(back({ nodes: { ...HEALTHY, node2: STOPPED }, mon: { failCounts } }), { kind: 'settled', code: 2 });
});
