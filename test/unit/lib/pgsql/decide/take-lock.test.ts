import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { LockState } from '../../../../../lib/distlock/answer.ts';
import type { Seen } from '../../../../../lib/distlock/arbiter.ts';
import { decideMonitor } from '../../../../../lib/pgsql/decide/monitor.ts';
import { decidePromote } from '../../../../../lib/pgsql/decide/promote.ts';
import { decideStart } from '../../../../../lib/pgsql/decide/start.ts';
import type { LockFacts } from '../../../../../lib/pgsql/lock/facts.ts';
import type { LockMemory } from '../../../../../lib/pgsql/lock/memory.ts';
import { EMPTY_MEMORY, type Memory } from '../../../../../lib/pgsql/memory.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import { known } from '../../../../../lib/system/fact.ts';
import {
  aConfig,
  aDisk,
  aLockView,
  aReceiver,
  aSnapshot,
  aStandby,
  codeOf,
  HELD,
  kindsOf,
  LOCK,
  lockFacts,
  published,
  RECORDED,
  rulesOf,
  running,
  SILENT,
  SYSTEM,
  stepOf,
  stopped,
  withoutPrimary,
} from '../builders.ts';

const config = aConfig({ nodeList: ['node1', 'node2'], lock: LOCK });
const state: LockState = { owner: 'node1', renewedAt: 'A', ageMs: 1, leaseMs: 9000 };
const FREE = { ...state, owner: '' };
const looked = (seen: Partial<Seen> = {}): LockFacts =>
  lockFacts({
    question: {
      kind: 'looked',
      answer: { ok: true, value: { state, aloneOwner: '', database: SYSTEM, ...seen } },
    },
  });
const noAnswer = lockFacts({ question: { kind: 'looked', answer: SILENT } });
const renewed = (aloneOwner = ''): LockFacts =>
  lockFacts({
    question: {
      kind: 'renewed',
      answer: { ok: true, value: { acquired: HELD, aloneOwner, database: SYSTEM } },
    },
  });
const remembering = (lock: LockMemory, parts: Partial<Memory> = {}) => ({ ...EMPTY_MEMORY, ...parts, lock });
const lost = aLockView({
  nodes: {
    node1: { online: false, dataStatus: 'LATEST' },
    node2: { status: 'HS:alone', score: '100', dataStatus: 'STREAMING|SYNC' },
  },
});
const lostStandby = (parts: Partial<Snapshot>): Snapshot =>
  aSnapshot({
    self: 'node2',
    cluster: known(lost),
    server: running(aStandby()),
    disk: aDisk({ standbySignal: true }),
    ...parts,
  });
const promote = (parts: Partial<Snapshot>) => decidePromote(lostStandby(parts), config);
const silentFor = (ms: number): LockMemory => ({
  look: { owner: 'node1', renewedAt: 'A', atMs: 1_000_000 - ms },
});

t.test('the lock comes before anything is changed', async (t) => {
  const waits = promote({ lock: looked(), memory: remembering(silentFor(5000)) });
  t.equal(codeOf(waits), 'again');
  t.same(rulesOf(waits), ['lock.held']);
  t.same(waits.steps, []);
  const takes = promote({ lock: looked(), memory: remembering(silentFor(9001)) });
  t.same(takes.steps, [{ kind: 'takeLock', ifRenewedAt: 'A' }]);
  t.equal(takes.memory.holdsLock, true);
  t.same(kindsOf(promote({ lock: looked({ state: FREE }) })), ['takeLock'], 'nobody has it');
});

t.test('a lock is of one database, whatever the names of the nodes are', async (t) => {
  const names = promote({ lock: looked({ state: FREE, database: '' }) });
  t.same(names.steps, [{ kind: 'nameDatabase', systemIdentifier: SYSTEM }], 'before it is taken');
  t.notOk(names.memory.holdsLock);
  const anothers = promote({ lock: looked({ state: { ...state, owner: 'node2' }, database: '7300' }) });
  t.equal(codeOf(anothers), OcfExit.GENERIC);
  t.same(rulesOf(anothers), ['lock.database']);
  t.match(
    anothers.reasons[0]?.because,
    /^not promoted: another cluster's lock .*unlock LOCK#database 7300\): this database is 72/,
  );
  t.same(kindsOf(anothers), ['publish'], 'the other cluster keeps what it has');
  t.equal(published(anothers)['node2 master-pgsql'], '-INFINITY');
  const old = promote({ lock: looked({ state: FREE, database: undefined }) });
  t.same(kindsOf(old), ['takeLock'], 'initialised before there was such a row');
});

t.test('the clock of the arbiter is not believed', async (t) => {
  const ages = { ageMs: 3_600_000, leaseMs: 9000 };
  t.same(rulesOf(promote({ lock: looked({ state: { ...state, ...ages } }) })), ['lock.held']);
  const other = remembering({ look: { owner: 'node1', renewedAt: 'Z', atMs: 1 } });
  t.same(rulesOf(promote({ lock: looked(), memory: other })), ['lock.held'], 'it was renewed since');
});

t.test('with the lock: the guard, the record, and then the promotion', async (t) => {
  const decision = promote({ lock: renewed(), memory: { ...EMPTY_MEMORY, holdsLock: true } });
  t.same(kindsOf(decision), [
    'configure',
    'reload',
    'guard',
    'record',
    'promote',
    'publish',
    'awaitPromoted',
  ]);
  t.match(
    stepOf(decision, 'record'),
    { promotion: 'tentative', dataStatus: { node1: 'DISCONNECT' } },
    'it outranks nothing before it has come to its end: the old primary may get a lease again',
  );
  t.match(stepOf(decision, 'guard'), { sentAtMs: 1_000_000, isAwaited: true });
  t.match(
    stepOf(decision, 'configure'),
    { settings: { syncNames: { kind: 'any', nodes: ['node1'] } } },
    'and commits wait until the arbiter knows that they wait for nobody',
  );
});

t.test(
  'the recorded primary starts again while the arbiter has it that commits go on without a standby',
  async (t) => {
    const restart = (aloneOwner: string) =>
      decidePromote(
        aSnapshot({
          cluster: known(aLockView()),
          server: stopped(),
          lock: renewed(aloneOwner),
          memory: { ...EMPTY_MEMORY, holdsLock: true, started: false },
        }),
        config,
      );
    const marked = restart('');
    t.match(stepOf(marked, 'configure'), { settings: { syncNames: { kind: 'all', nodes: ['node2'] } } });
    t.same(kindsOf(marked), ['configure', 'renewLock', 'start', 'guard']);
    const alone = restart('node1');
    t.same(kindsOf(alone), ['record', 'goAlone', 'configure', 'renewLock', 'start', 'guard']);
    t.match(stepOf(alone, 'record'), { dataStatus: { node2: 'DISCONNECT' } }, 'the mark is of an older CIB');
    t.match(stepOf(alone, 'configure'), { settings: { syncNames: { kind: 'none' } } });
  },
);

t.test('more than two nodes', async (t) => {
  const cluster = known(withoutPrimary());
  const three = decidePromote(lostStandby({ lock: renewed(), cluster }), aConfig({ lock: LOCK }));
  t.same(rulesOf(three), ['lock.not-two']);
  t.match(
    three.reasons[0]?.because,
    /enable_distlock is for two nodes, and pgsql has 3 \(node1, node2, node3\)/,
  );
});

t.test('somebody else has commits of its own', async (t) => {
  const before = promote({ lock: looked({ state: FREE, aloneOwner: 'node1' }) });
  t.same(rulesOf(before), ['lock.alone']);
  t.equal(codeOf(before), OcfExit.GENERIC);
  t.equal(published(before)['node2 master-pgsql'], '-INFINITY');
  const after = promote({ lock: renewed('node1'), memory: { ...EMPTY_MEMORY, holdsLock: true } });
  t.same(kindsOf(after), ['giveBack', 'publish']);
  const own = promote({ lock: renewed('node2'), memory: { ...EMPTY_MEMORY, holdsLock: true } });
  t.ok(kindsOf(own).includes('promote'));
});

t.test('it is tried for distlock_timeout_seconds', async (t) => {
  for (const lock of [looked(), noAnswer]) {
    const soon = promote({ lock, memory: { ...EMPTY_MEMORY, lockSoughtMs: 990_000 } });
    t.equal(codeOf(soon), 'again');
    const late = promote({ lock, memory: { ...EMPTY_MEMORY, lockSoughtMs: 988_000 } });
    t.equal(codeOf(late), OcfExit.GENERIC);
    t.equal(published(late)['node2 master-pgsql'], '-INFINITY', 'its own monitors raise it again');
  }
});

t.test('a word that was given binds for two leases, and the receiver is kept off', async (t) => {
  const word = aLockView({
    nodes: {
      node1: { online: false, dataStatus: 'LATEST' },
      node2: {
        score: '100',
        dataStatus: 'STREAMING|SYNC',
        arbiter: `silent|${RECORDED}|2026-11-22T01:10:00Z`,
      },
    },
  });
  const first = promote({
    cluster: known(word),
    lock: looked({ state: FREE }),
    server: running(aStandby({ receiver: aReceiver() })),
  });
  t.same(kindsOf(first), ['publish', 'endReceiver']);
  t.equal(published(first)['node2 pgsql-arbiter'], undefined);
  t.equal(first.memory.lock?.wordAtMs, 1_000_020);
  const at = (ms: number) =>
    promote({ lock: looked({ state: FREE }), memory: remembering({ wordAtMs: 1_000_000 - ms }) });
  t.same(rulesOf(at(17_900)), ['lock.held']);
  t.same(rulesOf(at(18_000)), ['lock.take']);
  const back = promote({
    lock: looked({ state: FREE }),
    server: running(aStandby({ receiver: aReceiver() })),
    memory: remembering({ wordAtMs: 990_000 }),
  });
  t.equal(back.memory.lock?.wordAtMs, 1_000_020, 'a receiver that came back counts anew');
  t.same(kindsOf(back), ['endReceiver']);

  const sought = { ...remembering({ wordAtMs: 990_000 }), lockSoughtMs: 900_000 };
  const bound = promote({ lock: looked({ state: FREE }), memory: sought });
  t.equal(codeOf(bound), 'again', 'that wait has an end, and the time to try begins after it');
  t.equal(bound.memory.lockSoughtMs, 1_000_000);
  const streams = promote({
    lock: looked({ state: FREE }),
    server: running(aStandby({ receiver: aReceiver() })),
    memory: sought,
  });
  t.equal(codeOf(streams), OcfExit.GENERIC, 'not where the receiver comes back again and again');
});

t.test('on its monitors a standby tells what it hears', async (t) => {
  const follows = (parts: Partial<Snapshot>) =>
    decideMonitor(
      lostStandby({
        cluster: known(aLockView()),
        server: running(aStandby({ receiver: aReceiver() })),
        ...parts,
      }),
      config,
    );
  const hears = follows({ lock: looked() });
  t.equal(published(hears)['node2 pgsql-arbiter'], 'reached');
  t.same(hears.memory.lock, { look: { owner: 'node1', renewedAt: 'A', atMs: 1_000_020 } });
  t.same(
    follows({ lock: looked(), memory: hears.memory }).memory.lock,
    hears.memory.lock,
    'the first look stays',
  );
  const hearsNothing = follows({ lock: noAnswer });
  t.equal(published(hearsNothing)['node2 pgsql-arbiter'], `silent|${RECORDED}|2026-11-22T01:10:00Z`);
  t.equal(hearsNothing.memory.lock?.wordAtMs, 1_000_020);
  const again = follows({
    lock: looked(),
    cluster: known(aLockView({ nodes: { node2: { arbiter: `silent|${RECORDED}|2026-11-22T01:10:00Z` } } })),
  });
  t.equal(again.memory.lock?.wordAtMs, 1_000_020, 'until now the primary could count on it');
});

t.test('nobody raises its own score for a promotion that would get no lock', async (t) => {
  const memory = (lock: LockMemory): Memory => ({
    ...remembering(lock),
    withoutPrimary: { count: 9, seen: 'node2 2 0/5000000' },
  });
  const scoreOf = (parts: Partial<Snapshot>) =>
    published(decideMonitor(lostStandby(parts), config))['node2 master-pgsql'];
  const cluster = known(
    aLockView({
      nodes: { node1: { online: false }, node2: { score: '-INFINITY', dataStatus: 'STREAMING|SYNC' } },
    }),
  );
  t.equal(scoreOf({ cluster, lock: looked(), memory: memory(silentFor(4000)) }), undefined);
  t.equal(scoreOf({ cluster, lock: noAnswer, memory: memory(silentFor(20_000)) }), undefined);
  t.equal(scoreOf({ cluster, lock: looked(), memory: memory(silentFor(9001)) }), '100');
});

t.test('the recorded primary that was ended by its guard', async (t) => {
  const own = (lock: LockFacts) =>
    decideStart(
      aSnapshot({
        cluster: known(aLockView()),
        server: stopped(),
        lock,
        disk: aDisk({ standbySignal: false }),
      }),
      config,
    );
  t.match(
    own(noAnswer).reasons[0]?.because,
    /recorded primary, and not promoted without the lock \([^)]*\): no answer$/,
  );
  t.same(
    published(own(noAnswer)),
    { 'node1 master-pgsql': '-INFINITY', 'node1 pgsql-status': 'STOP' },
    'nor must the other one take it for the primary any longer',
  );
  t.equal(published(own(looked({ state: FREE })))['node1 master-pgsql'], undefined);
});

t.test(
  'a refusal says once that it is one, and what helps within the 128 characters that are shown',
  async (t) => {
    const shownOf = ({ outcome, reasons }: ReturnType<typeof promote>): string =>
      ((outcome.kind === 'done' ? outcome.exitReason : undefined) ?? reasons[0].because).slice(0, 128);
    const late = { ...EMPTY_MEMORY, lockSoughtMs: 900_000 };
    const asked = lockFacts({ question: { kind: 'renewed', answer: SILENT } });
    for (const lock of [noAnswer, asked]) {
      const decision = promote({ lock, memory: { ...late, ...(lock === asked ? { holdsLock: true } : {}) } });
      t.same(rulesOf(decision), ['lock.no-answer']);
      t.match(
        shownOf(decision),
        /^not promoted without the lock \(arbiter gone .* enable_distlock=false\): /,
      );
    }
    const alone = promote({ lock: renewed('node1'), memory: { ...EMPTY_MEMORY, holdsLock: true } });
    t.match(shownOf(alone), /^not promoted \(cls_reset_master node2 forces it\): node1 has gone on/);
  },
);

t.test('what is in the way of an election is said once, too', async (t) => {
  const cluster = known(
    aLockView({
      nodes: {
        node1: { online: false, dataStatus: 'DISCONNECT' },
        node2: { status: 'HS:alone', dataStatus: 'STREAMING|SYNC' },
      },
    }),
  );
  const memory = { ...EMPTY_MEMORY, withoutPrimary: { count: 9, seen: 'node2 2 0/5000000' } };
  const obstacleOf = (lock: LockFacts): string | undefined =>
    decideMonitor(lostStandby({ cluster, lock, memory }), config).reasons.find(
      ({ rule }) => rule === 'election.not-yet',
    )?.because;
  t.match(obstacleOf(noAnswer), /^not promoted without the lock \(/);
  t.match(
    obstacleOf(looked({ aloneOwner: 'node1' })),
    /^not promoted \(cls_reset_master node2 forces it\): /,
  );
  t.match(obstacleOf(looked()), /^not promoted yet: node1 has the lock/);
});
