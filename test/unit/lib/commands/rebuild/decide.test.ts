import t from 'tap';
import { decideRebuild } from '../../../../../lib/commands/rebuild/decide.ts';
import type { RebuildOptions, RebuildSnapshot } from '../../../../../lib/commands/rebuild/snapshot.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import { aControlFile, aDisk, aPrimaryHistory, deepFreeze, lsn } from '../../pgsql/builders.ts';
import { aNodeData, aSource } from '../node-data/builders.ts';
import { HEALTHY, OFFLINE, PRIMARY, type SnapshotParts, STOPPED, SYNC } from '../status/builders.ts';

const GIB = 1024 ** 3;
const ROOM = { path: '/pgsql/data', neededBytes: 10 * GIB, freeBytes: 20 * GIB, oldBytes: 0 };

const rebuild = (
  parts: Partial<RebuildSnapshot> = {},
  options: Partial<RebuildOptions> = {},
  cluster: SnapshotParts = {},
) =>
  decideRebuild(
    deepFreeze({
      ...aNodeData({ disk: aDisk() }, cluster),
      beyondFork: undefined,
      origin: { node: 'node2', host: '192.0.2.10', facts: known(aSource()) },
      rooms: [ROOM],
      layout: { walDirectory: undefined, tablespaces: [] },
      isMountPoint: false,
      hasFresh: false,
      isSwitched: false,
      ...parts,
    }),
    { from: undefined, inPlace: false, keepOld: false, force: false, ...options },
  );

const stepsOf = (verdict: ReturnType<typeof rebuild>): readonly string[] =>
  verdict.kind === 'plan' ? verdict.plan.steps.map(({ kind }) => kind) : [verdict.sentence];

const marked = (
  kind: 'rewinding' | 'copying' | 'switching',
  directory: 'present' | 'missing' = 'present',
) => ({
  disk: aDisk({ directory, incomplete: { kind, path: '/m' } }),
});

const BESIDE = ['copy', 'switch', 'start', 'wait', 'remove-old'];

t.test('beside the old data, or in their place', async (t) => {
  t.same(stepsOf(rebuild()), BESIDE);
  t.same(stepsOf(rebuild({}, { keepOld: true })), ['copy', 'switch', 'start', 'wait']);
  const inPlace = rebuild({ isMountPoint: true }, { inPlace: true });
  t.same(stepsOf(inPlace), ['replace', 'start', 'wait']);
  t.match(inPlace, { plan: { warnings: [/are removed before the copy begins/] } });
});

t.test('what an earlier run has left', async (t) => {
  const end = ['switch', 'start', 'wait', 'remove-old'];
  t.same(stepsOf(rebuild({ hasFresh: true, ...marked('switching') })), end, 'a copy on its way is used');
  const old = rebuild({ hasFresh: true });
  t.same(stepsOf(old), BESIDE, 'one that only lies there may be of any age');
  t.match(old, { plan: { warnings: [/may be old: it is removed/] } });
  t.same(stepsOf(rebuild({ hasFresh: true, ...marked('rewinding') })), BESIDE);
  t.same(stepsOf(rebuild({ hasFresh: true, ...marked('switching', 'missing') })), end, 'between two renames');
  t.same(
    stepsOf(rebuild({ isSwitched: true, ...marked('switching') })),
    end,
    'all is in place, only the mark is still there',
  );
  t.same(stepsOf(rebuild(marked('switching'))), BESIDE, 'the copy is gone, and the old data are in place');
  t.same(stepsOf(rebuild(marked('switching', 'missing'))), BESIDE, 'there is neither copy nor data');
  t.same(stepsOf(rebuild(marked('rewinding'))), BESIDE);
  t.same(stepsOf(rebuild(marked('copying'))), ['replace', 'start', 'wait'], 'nothing is left to lie beside');
  t.same(
    stepsOf(rebuild({ hasFresh: true, ...marked('switching'), rooms: [{ ...ROOM, freeBytes: 0 }] })),
    end,
    'it needs no room any more',
  );
});

t.test('a slot that has lost its log would never be served again', async (t) => {
  const source = known(aSource({ slotLost: true }));
  const verdict = rebuild({ source }, {}, { parameters: { replication_slot_name: 'pha' } });
  t.match(verdict, {
    plan: { steps: [{}, {}, { kind: 'drop-slot', slot: 'pha_node1' }, { kind: 'start' }] },
  });
});

t.test('where Pacemaker may not start it, the old data are kept', async (t) => {
  const nodes = { node1: { ...STOPPED, permanent: { standby: 'on' } }, node2: PRIMARY, node3: SYNC };
  t.same(stepsOf(rebuild({}, {}, { nodes })), ['copy', 'switch', 'start']);
});

t.test('room', async (t) => {
  const short = [{ ...ROOM, freeBytes: 5 * GIB }];
  t.match(rebuild({ rooms: short }), {
    code: 10,
    sentence:
      'a new copy needs about 10.3 GB, and where /pgsql/data lies 5.0 GB are free; --in-place removes the old data first',
  });
  t.match(rebuild({ rooms: short }, { inPlace: true }), { code: 10, sentence: /make room first/ });
  t.match(rebuild({ rooms: [{ ...ROOM, freeBytes: 5 * GIB, oldBytes: 8 * GIB }] }, { inPlace: true }), {
    kind: 'plan',
  });
  t.match(rebuild({ rooms: undefined }), { plan: { warnings: [/the room for it was not checked/] } });
});

t.test('what the old data alone hold is said before they are removed', async (t) => {
  const { disk } = aNodeData();
  const diverged = { disk, beyondFork: { end: lsn('0/4002000'), transactions: 3 } };
  const way = /^node1 is 8.0 kB past the fork: timeline 1 was left at 0\/4000000/;
  const warned = (verdict: ReturnType<typeof rebuild>) =>
    verdict.kind === 'plan' ? verdict.plan.warnings : [verdict.sentence];
  t.match(warned(rebuild(diverged)), [way]);
  t.match(warned(rebuild(diverged)), [/; 3 transactions committed there will be lost$/]);
  t.match(warned(rebuild(diverged, { keepOld: true })), [
    /there will only be in \/pgsql\/data\.repair\/old$/,
  ]);
  t.match(warned(rebuild(diverged, { inPlace: true, keepOld: true })), [
    /will be lost$/,
    /are removed before/,
  ]);
  t.match(warned(rebuild({ disk })), [
    /at least 4.0 kB past the fork.* \(how many .* pg_waldump cannot tell\)/,
  ]);

  const primaryHistory = known(aPrimaryHistory({ systemIdentifier: '7001' }));
  const control = aControlFile();
  t.same(warned(rebuild({ primaryHistory })), [
    `the database of node1 is no copy of the primary's (system identifier ${control.systemIdentifier}, there 7001): all that is in it will be lost`,
  ]);

  const unseen = /^whether the data of node1 hold writes that node2 does not have cannot be seen \((.+)\)/;
  const whyUnseen = (parts: Partial<RebuildSnapshot>, cluster: SnapshotParts = {}) =>
    warned(rebuild(parts, {}, cluster)).map((warning) => unseen.exec(warning)?.[1]);
  t.same(whyUnseen({ disk: aDisk({ control: unknown('pg_controldata: broken') }) }), [
    'pg_controldata: broken',
  ]);
  t.same(whyUnseen({ primaryHistory: unknown('no route') }), ['no route']);
  t.match(whyUnseen({}, { replInfo: 'node2|7|0000000004000000' }), [
    /is not the primary .* recorded: node2\|7/,
  ]);

  t.same(warned(rebuild({ disk: aDisk({ directory: 'missing' }) })), [], 'there is nothing to lose');
  t.match(warned(rebuild(marked('rewinding'))), [/half rewound/], 'said when that began');
  const switched = { ...diverged, disk: { ...disk, incomplete: { kind: 'switching', path: '/m' } } } as const;
  t.match(warned(rebuild({ ...switched, hasFresh: true })), [way, /by an earlier run/]);
  t.match(warned(rebuild({ ...switched, isSwitched: true })), [/by an earlier run/], 'the copy is in place');
  t.match(warned(rebuild({ ...diverged, isSwitched: true })), [way], 'old data that an earlier run has kept');
});

t.test('refusals', async (t) => {
  const running = { server: { state: 'running', role: 'standby', receives: true } } as const;
  t.match(rebuild({}, {}, { nodes: HEALTHY }), { code: 10, sentence: /^node1 is the primary/ });
  t.match(rebuild(running), { code: 10, sentence: /^node1 is healthy.*--force/ });
  t.match(rebuild(running, { force: true }), {
    plan: { warnings: ['node1 streams and is healthy', /will be stopped/] },
  });
  t.match(rebuild({ isMountPoint: true }), { code: 10, sentence: /mount point.*--in-place/ });
  t.match(rebuild({}, { from: 'node9' }), { code: 100, sentence: /the cluster has node1, node2, node3/ });
  t.match(rebuild({}, { from: 'node1' }), { code: 100, sentence: /this node itself/ });
  t.match(rebuild({}, { from: 'node3' }, { nodes: { node1: STOPPED, node2: PRIMARY, node3: OFFLINE } }), {
    code: 10,
    sentence: /node3: that node is offline/,
  });
  t.match(rebuild({}, { from: 'node3' }, { nodes: { node1: STOPPED, node2: PRIMARY, node3: STOPPED } }), {
    code: 10,
    sentence: /does not stream itself \(data status DISCONNECT\)/,
  });
  const origin = { node: 'node3', host: 'node3', facts: unknown('no route') };
  t.match(rebuild({ origin }, { from: 'node3' }), {
    code: 1,
    sentence: /must be able to log in to node3.*no route/,
  });
});
