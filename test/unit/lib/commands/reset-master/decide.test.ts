import t from 'tap';
import { decideReset } from '../../../../../lib/commands/reset-master/decide.ts';
import { positionsHeld } from '../../../../../lib/commands/reset-master/observe.ts';
import { situationOf } from '../../../../../lib/commands/status/situation.ts';
import {
  ASYNC,
  HEALTHY,
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
    plan: { steps: [{ kind: 'record' }, { kind: 'clean-up', node: 'node2' }, { kind: 'await-primary' }] },
  });
});

t.test('a cluster that is stopped is told to start', async (t) => {
  const verdict = decide({ nodes: { node1: STOPPED, node2: STOPPED, node3: STOPPED } }, 'node2', {});
  t.match(verdict, { kind: 'plan', plan: { steps: [{ kind: 'record', node: 'node2' }] } });
  t.match(verdict.kind === 'plan' ? verdict.plan.warnings.join('\n') : '', /cls_start/);
});

t.test('what is so already', async (t) => {
  t.match(decide({}, 'node1'), { kind: 'nothing-to-do' });
  t.match(decide({ ...LOST, replInfo: 'node2|0|0000000000000000' }, 'node2'), { kind: 'nothing-to-do' });
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
