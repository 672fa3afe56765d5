import t from 'tap';
import { decideCleanup } from '../../../../../lib/commands/cleanup/decide.ts';
import { cleanupOutcome } from '../../../../../lib/commands/cleanup/execute.ts';
import { doubtsAbout, rememberedFailures } from '../../../../../lib/commands/cleanup/failures.ts';
import { scopeOf } from '../../../../../lib/commands/run-state/scope.ts';
import type { MonFailure } from '../../../../../lib/pacemaker/crm-mon.ts';
import { runState } from '../run-state/builders.ts';
import { HEALTHY, STOPPED } from '../status/builders.ts';

const failure = (node: string, exitReason = '', resource = 'pgsql'): MonFailure => ({
  resource,
  node,
  task: 'start',
  exitCode: 1,
  exitStatus: 'error',
  exitReason,
  when: 'then',
});
const DIVERGED = 'diverged from node1, run cls_repair_by_pg_rewind here: timeline 1 left at 0/1';
const NODE3_DOWN = { ...HEALTHY, node3: STOPPED };
const ALL = { node: undefined, force: false };
const withFailures = (...failures: readonly MonFailure[]) =>
  runState({ nodes: NODE3_DOWN, mon: { failures } });

t.test('nothing failed, or not there', async (t) => {
  t.match(decideCleanup(runState(), ALL), { kind: 'nothing-to-do' });
  t.match(decideCleanup(withFailures(failure('node3')), { ...ALL, node: 'node2' }), {
    kind: 'nothing-to-do',
    sentence: /on node2 is recorded/,
  });
  t.match(decideCleanup(runState(), { ...ALL, node: 'node9' }), { code: 100 });
  t.match(decideCleanup(runState({ quorum: false }), ALL), { code: 102 });
});

t.test('what failed is forgotten, each once', async (t) => {
  const state = runState({
    mon: {
      failures: [failure('node1'), failure('node1', '', 'vip-master'), failure('node1', '', 'other')],
      failCounts: [{ resource: 'pgsql', node: 'node1', failCount: 2, migrationThreshold: 3 }],
    },
  });
  t.match(decideCleanup(state, ALL), {
    plan: {
      steps: [
        { kind: 'clean', resource: 'pgsql', node: 'node1' },
        { kind: 'clean', resource: 'vip-master', node: 'node1' },
        { kind: 'wait', startsAgain: true },
      ],
    },
  });
});

t.test('a node that must be repaired first is left alone', async (t) => {
  t.match(decideCleanup(withFailures(failure('node3', DIVERGED)), ALL), {
    kind: 'refused',
    code: 10,
    sentence: /node3 has diverged.*=> on node3: cls_repair_by_pg_rewind/,
  });
  t.match(decideCleanup(withFailures(failure('node3', DIVERGED), failure('node1')), ALL), {
    plan: { warnings: [/^not cleaned up: node3 has diverged/], steps: [{ node: 'node1' }, { kind: 'wait' }] },
  });
  t.match(decideCleanup(withFailures(failure('node3', DIVERGED)), { ...ALL, force: true }), {
    plan: { warnings: [/^node3 has diverged/], steps: [{ node: 'node3' }, { kind: 'wait' }] },
  });
});

t.test('an instance that Pacemaker shows as running after its start failed, does not run', async (t) => {
  const mon = { failures: [failure('node3', DIVERGED)] };
  t.match(decideCleanup(runState({ mon, instance: { failed: true } }), ALL), { kind: 'refused', code: 10 });
});

t.test('doubts about data that are about to be used again', async (t) => {
  const doubts = (dataStatus: string, node1: 'promoted' | 'stopped') =>
    doubtsAbout(
      runState({
        nodes: { node1: { ...HEALTHY.node1, role: node1 }, node3: { ...STOPPED, dataStatus } },
      }).situation,
      'node3',
    );
  t.match(doubts('LATEST', 'promoted'), [/node3 was primary before node1/]);
  t.match(doubts('DISCONNECT', 'stopped'), [/may lack acknowledged writes/]);
  t.same(doubts('DISCONNECT', 'promoted'), []);
  t.same(doubts('STREAMING|SYNC', 'stopped'), []);
});

t.test('waited for: the old failure is gone, then the cluster is well', async (t) => {
  const before = withFailures(failure('node3'));
  const scope = scopeOf(before.tree, 'pgsql', undefined);
  const step = {
    kind: 'wait',
    cleaned: rememberedFailures(before.situation, scope, undefined),
    scope,
    startsAgain: true,
  } as const;
  t.match(cleanupOutcome(before.situation, step), { kind: 'waiting', what: /still recorded/ });
  t.match(cleanupOutcome(runState().situation, step), { kind: 'reached' });
  t.match(cleanupOutcome(runState({ nodes: NODE3_DOWN }).situation, step), {
    kind: 'waiting',
    what: /node3/,
  });
  t.match(cleanupOutcome(runState({ nodes: NODE3_DOWN }).situation, { ...step, startsAgain: false }), {
    kind: 'reached',
  });
});
