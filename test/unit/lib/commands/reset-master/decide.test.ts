import t from 'tap';
import { decideReset } from '../../../../../lib/commands/reset-master/decide.ts';
import { positionsHeld } from '../../../../../lib/commands/reset-master/observe.ts';
import { situationOf } from '../../../../../lib/commands/status/situation.ts';
import {
  ASYNC,
  HEALTHY,
  type NodeParts,
  OFFLINE,
  PRIMARY,
  type SnapshotParts,
  STOPPED,
  SYNC,
  snapshot,
} from '../status/builders.ts';

const RECORD = 'node1|1|00000000050001B0';
/** The primary is lost for good, and two standbys are left of which none may take over. */
const LOST: SnapshotParts = {
  nodes: { node1: { ...OFFLINE, dataStatus: 'LATEST' }, node2: ASYNC, node3: ASYNC },
};
const NOTES = {
  node2: `-@${RECORD} 2 0000000005000000 0000000005100000`,
  node3: `node3@${RECORD} 2 0000000004000000 -`,
};

const decide = (parts: SnapshotParts, wanted?: string, notes: Readonly<Record<string, string>> = NOTES) => {
  const situation = situationOf(snapshot(parts));
  return decideReset({ situation, held: positionsHeld(situation, new Map(Object.entries(notes))) }, wanted);
};

const REFUSALS: readonly (readonly [string, SnapshotParts, string | undefined, number, RegExp])[] = [
  ['a primary runs', {}, undefined, 10, /node1 is the primary and runs.*cls_online_switch/],
  ['another primary runs', {}, 'node2', 10, /cls_online_switch node2/],
  ['no quorum', { ...LOST, quorum: false }, 'node2', 102, /without quorum/],
  ['an unknown node', LOST, 'node9', 100, /no node node9/],
  ['an offline node', LOST, 'node1', 10, /node1 is offline/],
  ['another holds more', LOST, 'node3', 10, /node2 holds more \(timeline 2, 0\/5000000\) than node3/],
  ['not replicated', { ...LOST, parameters: { rep_mode: 'none' } }, 'node2', 10, /rep_mode=none/],
];

for (const [name, parts, wanted, code, sentence] of REFUSALS) {
  t.test(`refused: ${name}`, async (t) => {
    const verdict = decide(parts, wanted);
    t.match(verdict, { kind: 'refused', code });
    t.match(verdict.kind === 'refused' ? verdict.sentence : '', sentence);
  });
}

t.test('what may be lost is said before, with the figures', async (t) => {
  const verdict = decide(LOST, 'node2');
  t.match(verdict, {
    kind: 'plan',
    mayLose: true,
    plan: {
      steps: [
        { kind: 'record', node: 'node2' },
        { kind: 'await-primary', node: 'node2' },
      ],
    },
  });
  const warnings = verdict.kind === 'plan' ? verdict.plan.warnings.join('\n') : '';
  t.match(warnings, /node1 was the primary and is offline: writes that it has acknowledged may be lost/);
  t.match(warnings, /node2 holds timeline 2, 0\/5000000, node3 holds timeline 2, 0\/4000000/);
  t.match(warnings, /at least 1\.0 MB of the lost primary are missing on node2/);
});

t.test('nothing can be lost where the node has everything', async (t) => {
  t.match(decide({ nodes: { ...LOST.nodes, node2: SYNC } }, 'node2'), { kind: 'plan', mayLose: false });
});

t.test(
  'timelines that are used are told from what the nodes hold, where the record cannot be read',
  async (t) => {
    const notes = { node2: '-@node1 4 0000000005000000 -' };
    const verdict = decide({ ...LOST, replInfo: 'node1' }, 'node2', notes);
    t.match(verdict, { kind: 'plan', mayLose: true, plan: { steps: [{ node: 'node2', newest: 4 }, {}] } });
    t.match(verdict.kind === 'plan' ? verdict.plan.warnings.join() : '', /timelines up to 5 count as used/);
    const blind = decide({ ...LOST, replInfo: 'node1' }, 'node2', {});
    t.match(blind.kind === 'plan' ? blind.plan.warnings.join() : '', /no node says what it holds/);
  },
);

t.test('without a node the record is emptied', async (t) => {
  t.match(decide(LOST), {
    kind: 'plan',
    mayLose: true,
    plan: { steps: [{ kind: 'record', node: undefined }, {}] },
  });
  t.match(decide({ ...LOST, replInfo: undefined }), { kind: 'nothing-to-do' });
});

t.test('failures that would keep the node from being promoted are cleaned up', async (t) => {
  const failCounts = ['node2', 'node3'].map((node) => ({
    resource: 'pgsql',
    node,
    failCount: 3,
    migrationThreshold: 3,
  }));
  t.match(decide({ ...LOST, mon: { failCounts } }, 'node2'), {
    plan: { steps: [{ kind: 'clean-up', node: 'node2' }, { kind: 'record' }, { kind: 'await-primary' }] },
  });
});

t.test('a cluster that is stopped is told to start', async (t) => {
  const verdict = decide({ nodes: { node1: STOPPED, node2: STOPPED, node3: STOPPED } }, 'node2', {});
  t.match(verdict, { kind: 'plan', plan: { steps: [{ kind: 'record', node: 'node2' }] } });
  t.match(verdict.kind === 'plan' ? verdict.plan.warnings.join('\n') : '', /cls_start/);
});

t.test('what is so already', async (t) => {
  t.match(decide({}, 'node1'), { kind: 'nothing-to-do' });
});

const NAMED = 'node2|0|0000000000000000';

t.test('a reset that was cut short after its record is carried on', async (t) => {
  const failCounts = [{ resource: 'pgsql', node: 'node2', failCount: 3, migrationThreshold: 3 }];
  const verdict = decide({ ...LOST, replInfo: NAMED, mon: { failCounts } }, 'node2', {});
  t.match(verdict, { kind: 'plan' });
  t.not(verdict.mayLose, true, 'it was consented to before the record');
  t.same(verdict.kind === 'plan' ? verdict.plan.steps : [], [
    { kind: 'clean-up', node: 'node2' },
    { kind: 'await-primary', node: 'node2' },
  ]);
  const stopped = { node1: STOPPED, node2: STOPPED, node3: STOPPED };
  t.match(decide({ nodes: stopped, replInfo: NAMED }, 'node2', {}), {
    kind: 'nothing-to-do',
    sentence: /named already.*cls_start/,
  });
});

const warningsOf = (verdict: ReturnType<typeof decide>): string =>
  verdict.kind === 'plan' ? verdict.plan.warnings.join('\n') : '';

t.test('without a node it always takes consent', async (t) => {
  const marked = decide({ nodes: { ...LOST.nodes, node2: SYNC } });
  t.match(marked, { kind: 'plan', mayLose: true }, 'the mark of the newest is erased');
  t.match(warningsOf(marked), /node2 is STREAMING\|SYNC .*name it instead \(cls_reset_master node2\)/);
  t.match(decide({ ...LOST, replInfo: 'nonsense' }, undefined, {}), { kind: 'plan', mayLose: true });
});

t.test('a node that has everything and is not there is to be brought back instead', async (t) => {
  const withSync = (node2: NodeParts) => decide({ nodes: { ...LOST.nodes, node2 } }, 'node3', {});
  t.match(
    warningsOf(withSync({ ...OFFLINE, dataStatus: 'STREAMING|SYNC' })),
    /node2 is STREAMING\|SYNC and holds every acknowledged write, but is offline: .*pcs cluster start node2/,
  );
  t.match(
    warningsOf(withSync({ ...STOPPED, dataStatus: 'STREAMING|SYNC' })),
    /node2 .*, but does not run: .*cls_cleanup --node node2/,
  );
  t.notMatch(warningsOf(decide(LOST, 'node2')), /holds every acknowledged write/);
});

t.test('a node that never followed the lost primary takes consent only for what is lost', async (t) => {
  const onOne = `-@${RECORD} 1 00000000050001B0 -`;
  t.match(decide(LOST, 'node2', { node2: onOne }), { kind: 'plan', mayLose: true });
  t.match(decide({ nodes: { ...LOST.nodes, node2: SYNC } }, 'node2', { node2: onOne }), {
    kind: 'plan',
    mayLose: false,
  });
});

t.test('only what was published for this primary counts, of nodes that are there', async (t) => {
  const situation = situationOf(snapshot({ nodes: { ...HEALTHY, node1: { ...PRIMARY, online: false } } }));
  const held = positionsHeld(
    situation,
    new Map([
      ['node1', NOTES.node2],
      ['node2', 'node2@node3|1|0000000000000001 2 0000000005000000 -'],
      ['node3', NOTES.node3],
    ]),
  );
  t.same([...held.keys()], ['node3']);
});
