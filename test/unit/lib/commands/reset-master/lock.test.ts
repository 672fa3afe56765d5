import t from 'tap';
import type { ArbiterSnapshot } from '../../../../../lib/commands/arbiter/observe-arbiter.ts';
import { decideReset } from '../../../../../lib/commands/reset-master/decide.ts';
import { resetExecutor } from '../../../../../lib/commands/reset-master/execute.ts';
import { situationOf } from '../../../../../lib/commands/status/situation.ts';
import type { LockFailure } from '../../../../../lib/distlock/answer.ts';
import { judgeConfirmation } from '../../../../../lib/pgsql/confirm.ts';
import { arbiter, lockState, SILENT, WITH_LOCK } from '../arbiter/builders.ts';
import { OFFLINE, type SnapshotParts, SYNC, snapshot } from '../status/builders.ts';

/** node1 was cut off, has gone on alone, and is lost; node2 has never heard of it. */
const LOST: SnapshotParts = {
  nodes: { node1: { ...OFFLINE, dataStatus: 'LATEST' }, node2: SYNC },
  parameters: WITH_LOCK,
  self: 'node2',
};
const OVER = { ageMs: 20_000 };
const ALONE = { state: lockState('node1', OVER), alone: lockState('node1', { ageMs: 3_600_000 }) };

const decide = (asked: ArbiterSnapshot, wanted: string | undefined = 'node2', parts = LOST) =>
  decideReset({ situation: situationOf(snapshot(parts)), held: new Map(), arbiter: asked }, wanted);

const warningsOf = (verdict: ReturnType<typeof decide>): string =>
  verdict.kind === 'plan' ? verdict.plan.warnings.join('\n') : '';

t.test('the row #alone of a lost primary is given to the node that goes on, with consent', async (t) => {
  const verdict = decide(arbiter(ALONE));
  t.match(verdict, {
    kind: 'plan',
    mayLose: true,
    plan: {
      steps: [
        { kind: 'name-alone', node: 'node2', ifRenewedAt: 'stamp of node1' },
        { kind: 'record', node: 'node2' },
        { kind: 'await-primary' },
      ],
    },
  });
  t.match(
    warningsOf(verdict),
    /node1 went on without a standby 60 min ago, by the arbiter: .* is on no other node/,
  );
  t.notMatch(warningsOf(verdict), /holds every acknowledged write/, 'its mark is from before');
  const { describe } = resetExecutor(situationOf(snapshot(LOST)));
  t.match(
    describe({ kind: 'name-alone', node: 'node2', ifRenewedAt: '' }),
    /give node2 the row distlock:pgsql_cls1#alone of the arbiter, so that no other node is promoted/,
  );
  t.notMatch(describe({ kind: 'record', node: 'node2' }), /majority/);
});

t.test('where the primary waited for it until its end, nothing is lost', async (t) => {
  t.match(decide(arbiter({ state: lockState('node1', OVER) })), { kind: 'plan', mayLose: false });
});

t.test('a reset that was cut short is carried on', async (t) => {
  const named = { ...LOST, replInfo: 'node2|0|0000000000000000' };
  t.match(decide(arbiter(ALONE), 'node2', named), {
    mayLose: true,
    plan: { steps: [{ kind: 'name-alone' }, { kind: 'await-primary' }] },
  });
  const told = arbiter({ ...ALONE, alone: lockState('node2') });
  const verdict = decide(told);
  t.same(verdict.kind === 'plan' ? verdict.plan.steps.map(({ kind }) => kind) : [], [
    'record',
    'await-primary',
  ]);
});

t.test('the lost primary may be out of the cluster already', async (t) => {
  const left = { ...LOST, nodes: { node2: SYNC } };
  t.match(decide(arbiter(ALONE), 'node2', left), { plan: { steps: [{ kind: 'name-alone' }, {}, {}] } });
});

t.test('with rep_mode=async the row says nothing', async (t) => {
  const verdict = decide(arbiter(ALONE), 'node2', {
    ...LOST,
    parameters: { ...WITH_LOCK, rep_mode: 'async' },
  });
  t.same(verdict.kind === 'plan' ? verdict.plan.steps.map(({ kind }) => kind) : [], [
    'record',
    'await-primary',
  ]);
});

const failing = (kind: LockFailure['kind'], sentence: string): ArbiterSnapshot => ({
  ...SILENT,
  answer: { ok: false, failure: { kind, sentence } },
});

const REFUSALS: readonly (readonly [string, ArbiterSnapshot, string | undefined, number, RegExp])[] = [
  [
    'its owner may be alive',
    arbiter({ ...ALONE, state: lockState('node1') }),
    'node2',
    10,
    /node1 has the lock, and renewed it 2\.1 s ago, so it may run as the primary where node2 does not see it: .* try again in 6\.9 s/,
  ],
  [
    'another cluster has the lock',
    arbiter({ ...ALONE, state: lockState('db7') }),
    'node2',
    10,
    /^db7 has the lock distlock:pgsql_cls1, and is no node of this cluster: .*leave db7 as it is/,
  ],
  [
    "another cluster's primary went on alone",
    arbiter({ state: lockState('db7', OVER), alone: lockState('db7', OVER) }),
    'node2',
    10,
    /^db7 has the row distlock:pgsql_cls1#alone, .*unlock distlock:pgsql_cls1#alone db7$/,
  ],
  [
    'the arbiter is down',
    SILENT,
    'node2',
    10,
    /without the lock nobody is promoted: .*no answer in time; bring the arbiter back\. .*take it out of the cluster .*enable_distlock=false/,
  ],
  [
    'no row',
    arbiter({ alone: undefined }),
    'node2',
    10,
    /no row distlock:pgsql_cls1#alone: make it with "distlock CONNINFO init distlock:pgsql_cls1"; but first bring node1 back/,
  ],
  [
    'an arbiter that was made anew',
    failing('not-initialised', 'make it with "distlock CONNINFO init distlock:pgsql_cls1"'),
    'node2',
    10,
    /init distlock:pgsql_cls1"; but first bring node1 back, the last primary: .* would be lost$/,
  ],
];

for (const [name, asked, wanted, code, sentence] of REFUSALS) {
  t.test(`refused: ${name}`, async (t) => {
    const verdict = decide(asked, wanted);
    t.match(verdict, { kind: 'refused', code });
    t.match(verdict.kind === 'refused' ? verdict.sentence : '', sentence);
  });
}

t.test('the node must be named, and no quorum is needed besides the arbiter', async (t) => {
  const situation = situationOf(snapshot({ ...LOST, quorum: false }));
  const about = { situation, held: new Map(), arbiter: arbiter(ALONE) };
  t.match(decideReset(about, undefined), { kind: 'refused', code: 100, sentence: /name it/ });
  t.match(decideReset(about, 'node2'), { kind: 'plan' });
});

t.test(
  'arbiter and primary are lost: with that node out of the cluster, and without the lock, one is a majority',
  async (t) => {
    const left = situationOf(snapshot({ nodes: { node2: SYNC }, self: 'node2' }));
    const verdict = decideReset({ situation: left, held: new Map() }, 'node2');
    t.match(verdict, { plan: { steps: [{ kind: 'record' }, { kind: 'await-primary' }] } });
    t.match(judgeConfirmation(left.view.nodes.size, ['node2'], []), { ok: true });
    t.match(judgeConfirmation(2, ['node2'], ['node1']), { ok: false }, 'and with it none');
  },
);

t.test('a survivor that was rebooted has no quorum: to start the database is not enough', async (t) => {
  const rebooted = {
    ...LOST,
    nodes: { node1: OFFLINE, node2: { role: 'stopped', dataStatus: 'STREAMING|SYNC' } as const },
    quorum: false,
  };
  const verdict = decide(arbiter(ALONE), 'node2', rebooted);
  t.match(
    warningsOf(verdict),
    /msPostgresql runs nowhere: it takes effect when node2 has quorum, .*bring node1 back, .*pcs quorum unblock/,
  );
  t.notMatch(warningsOf(verdict), /cls_start/);
  t.match(
    warningsOf(decide(arbiter(ALONE), 'node2', { ...rebooted, quorum: true })),
    /takes effect when it is started \(cls_start\)/,
  );
});
