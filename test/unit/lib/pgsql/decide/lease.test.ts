import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { LockAnswer } from '../../../../../lib/distlock/answer.ts';
import type { Held } from '../../../../../lib/distlock/arbiter.ts';
import { decideMonitor } from '../../../../../lib/pgsql/decide/monitor.ts';
import { decidePromote } from '../../../../../lib/pgsql/decide/promote.ts';
import { decideDemote, decideStop } from '../../../../../lib/pgsql/decide/stop.ts';
import type { LockFacts } from '../../../../../lib/pgsql/lock/facts.ts';
import type { LockMemory } from '../../../../../lib/pgsql/lock/memory.ts';
import { EMPTY_MEMORY, serializeMemory } from '../../../../../lib/pgsql/memory.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aConfig,
  aLockView,
  aPrimary,
  aSender,
  aSnapshot,
  codeOf,
  HELD,
  kindsOf,
  LOCK,
  lockFacts,
  lsn,
  published,
  RECORDED,
  rulesOf,
  running,
  SILENT,
  SYSTEM,
  silent,
  stepOf,
  stopped,
} from '../builders.ts';

const config = aConfig({ nodeList: ['node1', 'node2'], lock: LOCK });
const answered = (answer: LockAnswer<Held>, parts: Partial<LockFacts> = {}): LockFacts =>
  lockFacts({ question: { kind: 'renewed', answer }, ...parts });
const GUARDED = { quitAtMs: 1_004_000, objection: undefined };
const held = (parts: Partial<Held> = {}): LockFacts =>
  answered({ ok: true, value: { acquired: HELD, aloneOwner: '', database: SYSTEM, ...parts } });
const waitingFor = (parts: Partial<Snapshot> = {}): Partial<Snapshot> => ({
  cluster: known(aLockView()),
  server: running(
    aPrimary({ senders: [aSender('node2', { syncState: 'sync', replyTime: '2026-11-21 20:00:03' })] }),
  ),
  ...parts,
});
/** Of the wall clock's, in what lockFacts() has. */
const WALL_AHEAD_MS = lockFacts({}).wallMs - lockFacts({}).answeredAtMs;
const monitor = (parts: Partial<Snapshot>) => decideMonitor(aSnapshot(waitingFor(parts)), config);
const remembering = (lock: LockMemory) => ({ ...EMPTY_MEMORY, lock });
/** node2 has told that it does not reach the arbiter, and has replied since the last monitor. */
const withWord = (parts: Partial<Snapshot> = {}, word = `silent|${RECORDED}|2026-11-22T01:00:00Z`) =>
  monitor({
    cluster: known(aLockView({ nodes: { node2: { arbiter: word } } })),
    lock: answered(SILENT, { guard: GUARDED }),
    memory: remembering({
      reply: { stamp: '2026-11-21 20:00:00', lookedMs: 997_000 },
    }),
    ...parts,
  });

t.test('without a lock nothing is added', async (t) => {
  const without = decideMonitor(aSnapshot(waitingFor()), aConfig({ nodeList: ['node1', 'node2'] }));
  t.same(without.steps, []);
  t.same(without.memory.lock, undefined);
});

t.test('the arbiter has renewed it: the deadline counts from before the question', async (t) => {
  const decision = monitor({ lock: held() });
  t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
  t.match(stepOf(decision, 'guard'), { sentAtMs: 1_000_000 });
  t.equal(kindsOf(decision)[0], 'guard', 'before anything that may fail');
  t.equal(published(decision)['node1 pgsql-arbiter'], 'reached');
});

t.test('so it is, whatever the cluster and the server say', async (t) => {
  for (const parts of [{ cluster: unknown('cibadmin timed out') }, { server: silent('too-many-clients') }]) {
    const decision = monitor({ lock: held(), ...parts });
    t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
    t.equal(kindsOf(decision)[0], 'guard');
  }
});

t.test('another one has the lock, or has gone on alone', async (t) => {
  const owner = { owner: 'node2', renewedAt: 'B', ageMs: 1, leaseMs: 9000 };
  const taken = monitor({ lock: held({ acquired: { taken: false, before: owner } }) });
  t.same(rulesOf(taken), ['lock.lost']);
  t.same(kindsOf(taken), ['stop']);
  t.equal(codeOf(taken), OcfExit.FAILED_PROMOTED);
  const alone = monitor({
    lock: held({ aloneOwner: 'node2' }),
    server: running(aPrimary({ senders: [aSender('node2', { state: 'catchup' })] })),
  });
  t.same(rulesOf(alone), ['lock.alone']);
  t.same(kindsOf(alone), ['stop']);
});

t.test(
  'a standby that streams from here was alone in another time, and holds nothing of its own',
  async (t) => {
    const decision = monitor({ lock: held({ aloneOwner: 'node2' }) });
    t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
    t.match(stepOf(decision, 'inheritAlone'), { from: 'node2' });
    t.ok(kindsOf(decision).includes('guard'));
  },
);

t.test(
  "the primary makes the lock its database's, and ends for nothing that another cluster does",
  async (t) => {
    const names = monitor({ lock: held({ database: '' }) });
    t.same(stepOf(names, 'nameDatabase'), { kind: 'nameDatabase', systemIdentifier: SYSTEM });
    t.equal(kindsOf(names).at(-1), 'nameDatabase', 'the guard comes first');
    const anothers = monitor({ lock: held({ database: '7300' }) });
    t.equal(codeOf(anothers), OcfExit.RUNNING_PROMOTED);
    t.ok(rulesOf(anothers).includes('lock.database'));
    t.same(kindsOf(anothers), kindsOf(monitor({ lock: held() })));
    const row = kindsOf(monitor({ lock: held({ database: '7300', aloneOwner: 'node2' }) }));
    t.notOk(row.includes('inheritAlone') || row.includes('endAlone'), "the row may be the other cluster's");
  },
);

t.test('while this node has the row, a mark proves nothing until it is proven anew', async (t) => {
  const lock = held({ aloneOwner: 'node1' });
  const old = monitor({ lock });
  t.equal(rulesOf(old)[0], 'sync.unmark-stray', 'it may be of before the row was taken');
  t.same(stepOf(old, 'record'), { kind: 'record', dataStatus: { node2: 'STREAMING|POTENTIAL' } });
  t.notOk(kindsOf(old).includes('endAlone'));

  const unmarked = known(
    aLockView({ nodes: { node2: { dataStatus: 'STREAMING|POTENTIAL', score: '-INFINITY' } } }),
  );
  const proof = { ...EMPTY_MEMORY, waitingSince: { nodes: 'node2', position: lsn('0/4FFFFFF') } };
  const marks = monitor({ lock, cluster: unmarked, memory: proof });
  t.match(stepOf(marks, 'record'), { dataStatus: { node2: 'STREAMING|SYNC' } });
  const kinds = kindsOf(marks);
  t.equal(kinds[kinds.indexOf('record') + 1], 'endAlone', 'right after the mark, before what may fail');
  t.ok(kinds.lastIndexOf('publish') > kinds.indexOf('endAlone'), 'the score is one of these');
  const unasked = monitor({ lock: lockFacts({}), cluster: unmarked, memory: proof });
  t.notOk(kindsOf(unasked).includes('record'), 'nobody is marked while the arbiter cannot be told');

  const again = monitor({ lock, memory: proof });
  t.notOk(rulesOf(again).includes('sync.unmark-stray'), 'should the arbiter not have been told');
  t.ok(kindsOf(again).includes('endAlone'));
});

t.test('a silent arbiter, and what the standby says of it', async (t) => {
  const extended = withWord();
  t.equal(codeOf(extended), OcfExit.RUNNING_PROMOTED);
  t.ok(rulesOf(extended).includes('lock.arbiter-down'));
  t.match(stepOf(extended, 'guard'), { sentAtMs: 1_000_000 });
  t.match(extended.memory.lock, {
    reply: { stamp: '2026-11-21 20:00:03', sinceMs: 997_000, lookedMs: 1_000_000 },
  });

  const reply = { stamp: '2026-11-21 20:00:03', sinceMs: 990_000, lookedMs: 999_000 };
  const older = withWord({ memory: remembering({ reply }) });
  t.match(stepOf(older, 'guard'), { sentAtMs: 999_000 }, 'a lease after the last moment that is proven');

  const cases: readonly (readonly [string, ReturnType<typeof withWord>])[] = [
    ['node2 reaches it', withWord({}, 'reached')],
    ['of another promotion', withWord({}, 'silent|node2|2|0000000005000000|2026-11-22T01:00:00Z')],
    ['never heard twice', withWord({ memory: EMPTY_MEMORY })],
    [
      'heard too long ago',
      withWord({
        memory: remembering({ reply: { stamp: '2026-11-21 20:00:03', sinceMs: 980_000, lookedMs: 999_000 } }),
      }),
    ],
    [
      'not a member',
      withWord({
        cluster: known(
          aLockView({
            nodes: { node2: { online: false, arbiter: `silent|${RECORDED}|2026-11-22T01:00:00Z` } },
          }),
        ),
      }),
    ],
    ['the cluster is not known', withWord({ cluster: unknown('cibadmin timed out') })],
  ];
  for (const [name, decision] of cases) {
    t.equal(rulesOf(decision)[0], 'lock.not-renewed', name);
    t.equal(codeOf(decision), 'again', 'it goes on asking until the guard ends PostgreSQL');
    t.notOk(kindsOf(decision).includes('guard'));
  }
});

t.test('distlock_lockservice_deadcheck_nodelist is heeded, and asked once in a monitor', async (t) => {
  const listed = (kind: 'reached' | 'silent') => [{ node: 'node3', answer: { kind } }];
  const asked = (kind: 'reached' | 'silent') =>
    withWord({ lock: answered(SILENT, { guard: GUARDED, listed: listed(kind) }) });
  t.ok(kindsOf(asked('silent')).includes('guard'));
  const kept = asked('reached');
  t.equal(rulesOf(kept)[0], 'lock.not-renewed');
  t.notOk(kindsOf(kept).includes('guard'));
  t.same(kept.memory.listed, listed('reached'), 'for the next look of this operation');
  t.notMatch(serializeMemory(kept.memory), /node3/, 'and for no other one');
});

t.test('before PostgreSQL 12 a sender that streams has been heard within wal_sender_timeout', async (t) => {
  const old = (walSenderTimeoutMs: number, lock: Partial<LockFacts> = {}, state = 'streaming') => {
    const primary = aPrimary({ senders: [aSender('node2', { syncState: 'sync', state })] });
    const version = { major: 11, number: 110022 };
    const settings = { ...primary.settings, walSenderTimeoutMs };
    return withWord({
      server: running({ ...primary, version, settings }),
      lock: answered(SILENT, { guard: GUARDED, ...lock }),
      memory: remembering({ reply: { stamp: '', lookedMs: 997_000, aheadMs: WALL_AHEAD_MS } }),
    });
  };
  const goesOn = old(5000);
  t.ok(rulesOf(goesOn).includes('lock.arbiter-down'));
  t.match(stepOf(goesOn, 'guard'), { sentAtMs: 1_000_000 });
  t.match(goesOn.memory.lock, { reply: { sinceMs: 994_000, lookedMs: 1_000_000 } });
  const setForward = old(5000, { wallMs: 1_000_020 + WALL_AHEAD_MS + 3_600_000 });
  t.match(setForward.memory.lock, { reply: { sinceMs: 994_000, aheadMs: WALL_AHEAD_MS + 3_600_000 } });
  for (const [name, decision] of [
    ['the default of PostgreSQL, longer than the lease', old(60_000)],
    ['no timeout', old(0)],
    ['its clock was set back', old(5000, { wallMs: 1_000_020 + WALL_AHEAD_MS - 60_000 })],
    ['it catches up', old(5000, {}, 'catchup')],
  ] as const)
    t.equal(rulesOf(decision)[0], 'lock.not-renewed', name);
});

t.test('nothing is guarded yet: enable_distlock was just set, and there is no lock to be had', async (t) => {
  const unguarded = { guard: { quitAtMs: undefined, objection: undefined } };
  const owner = { owner: 'db7', renewedAt: 'B', ageMs: 1, leaseMs: 9000 };
  const cases = [
    ['lock.not-renewed', answered(SILENT, unguarded)],
    ['lock.stranger', { ...held({ acquired: { taken: false, before: owner } }), ...unguarded }],
  ] as const;
  for (const [rule, lock] of cases) {
    const decision = monitor({ lock });
    t.equal(rulesOf(decision)[0], rule);
    t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED, 'it is reported, and nothing is ended');
    t.notOk(kindsOf(decision).includes('guard'));
  }
  const guarded = monitor({
    lock: { ...held({ acquired: { taken: false, before: owner } }), guard: GUARDED },
  });
  t.equal(codeOf(guarded), 'again', 'the guard will end it');
});

t.test('a promotion that nothing guards ends with its lease, and is none', async (t) => {
  const promote = (guard: LockFacts['guard']) =>
    decidePromote(
      aSnapshot(
        waitingFor({
          lock: answered(SILENT, { guard }),
          memory: { ...EMPTY_MEMORY, holdsLock: true, started: true },
        }),
      ),
      config,
    );
  const unguarded = promote({ quitAtMs: undefined, objection: undefined });
  t.equal(rulesOf(unguarded)[0], 'lock.not-renewed');
  t.same(kindsOf(unguarded), ['stop']);
  t.not(codeOf(unguarded), OcfExit.SUCCESS);
  t.equal(codeOf(promote(GUARDED)), OcfExit.SUCCESS, 'its monitor asks again, and the guard ends it');
});

t.test('a long lease: the next monitor comes in time', async (t) => {
  const guarded = (leftMs: number) =>
    monitor({ lock: answered(SILENT, { guard: { quitAtMs: 1_000_020 + leftMs, objection: undefined } }) });
  t.equal(codeOf(guarded(15_001)), OcfExit.RUNNING_PROMOTED);
  t.equal(rulesOf(guarded(15_001))[0], 'lock.not-renewed');
  t.equal(codeOf(guarded(14_999)), 'again');
});

t.test('no renewal, and the guard is gone, too', async (t) => {
  const guard = { quitAtMs: 1_004_000, objection: 'the guard does not run' };
  const replaced = monitor({ lock: answered(SILENT, { guard }) });
  t.match(
    stepOf(replaced, 'guard'),
    { isReplaced: true, sentAtMs: 1_004_000 - 7210 },
    'with its old deadline',
  );
  const over = monitor({ lock: answered(SILENT, { guard: { quitAtMs: 1_000_010, objection: undefined } }) });
  t.same(kindsOf(over), ['stop'], 'and the deadline has come');
  t.equal(codeOf(over), OcfExit.FAILED_PROMOTED);
});

t.test('a guard that cannot be relied upon: replaced, and then no primary without it', async (t) => {
  const lock = { ...held(), guard: { quitAtMs: 1_004_000, objection: 'the guard does not run' } };
  const first = monitor({ lock });
  t.match(stepOf(first, 'guard'), { isReplaced: true });
  t.ok(rulesOf(first).includes('lock.guard-replaced'));
  const second = monitor({ lock, memory: first.memory });
  t.same(rulesOf(second), ['lock.no-guard']);
  t.same(kindsOf(second), ['stop']);
  const well = monitor({ lock: held(), memory: first.memory });
  t.equal(well.memory.lock?.guardDoubt, undefined);
});

t.test('a promotion gets its rank with LATEST, whatever operation gets to see its end', async (t) => {
  const promoted = known(aLockView({ nodes: { node1: { dataStatus: 'DISCONNECT' } } }));
  for (const repMode of ['sync', 'async'] as const) {
    const snapshot = aSnapshot(waitingFor({ cluster: promoted, lock: held() }));
    const decision = decideMonitor(snapshot, { ...config, repMode });
    t.match(stepOf(decision, 'record'), { dataStatus: { node1: 'LATEST' }, promotion: 'finished' }, repMode);
  }
  const without = decideMonitor(
    aSnapshot(waitingFor({ cluster: promoted })),
    aConfig({ nodeList: ['node1', 'node2'] }),
  );
  t.equal(stepOf(without, 'record').promotion, undefined, 'without a lock a majority has confirmed it first');
});

t.test('the row beside the lock follows what commits wait for', async (t) => {
  const alone = running(aPrimary({ senders: [], names: { kind: 'none' } }));
  const nobody = known(aLockView({ nodes: { node2: { dataStatus: 'DISCONNECT', score: '-INFINITY' } } }));
  const anew = monitor({ server: alone, cluster: nobody, lock: held() });
  t.ok(kindsOf(anew).includes('goAlone'), 'an arbiter that was made anew is told again');
  t.notOk(
    kindsOf(monitor({ server: alone, cluster: nobody, lock: held({ aloneOwner: 'node1' }) })).includes(
      'goAlone',
    ),
  );
  t.notOk(kindsOf(monitor({ lock: held() })).includes('endAlone'));

  const lost = monitor({ server: running(aPrimary({ senders: [] })), lock: held() });
  t.ok(kindsOf(lost).includes('confirm'), 'commits are about to wait for nobody');
  t.notOk(kindsOf(lost).includes('goAlone'), 'which takes the row');
});

t.test('the lock is given back only after PostgreSQL is gone', async (t) => {
  const lock = lockFacts({ guard: { quitAtMs: 1_004_000, objection: undefined } });
  const cases = [
    [decideStop(aSnapshot(waitingFor({ lock })), config), ['stop', 'giveBack']],
    [decideStop(aSnapshot(waitingFor({ lock, server: stopped() })), config), ['giveBack', 'publish']],
    [decideDemote(aSnapshot(waitingFor({ lock })), config), ['stop', 'giveBack']],
    [decideStop(aSnapshot(waitingFor({ lock: lockFacts({}) })), config), ['stop']],
  ] as const;
  for (const [decision, kinds] of cases) t.same(kindsOf(decision), kinds);
  const killed = decideStop(aSnapshot(waitingFor({ lock, server: stopped(77) })), config);
  t.same(kindsOf(killed), ['stop', 'giveBack'], 'with what is left of it');
});
