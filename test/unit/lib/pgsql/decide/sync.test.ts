import t from 'tap';
import { dataStatusOf, type Standby } from '../../../../../lib/pgsql/decide/standby-view.ts';
import { planSync } from '../../../../../lib/pgsql/decide/sync.ts';
import type { SyncInput, SyncPlan } from '../../../../../lib/pgsql/decide/sync-plan.ts';
import { EMPTY_MEMORY, type Memory } from '../../../../../lib/pgsql/memory.ts';
import type { Sender } from '../../../../../lib/postgres/server-state.ts';
import type { SyncNames } from '../../../../../lib/postgres/sync-names.ts';
import { aSender, deepFreeze, kindsOf, lsn, rulesOf, stepOf } from '../builders.ts';

const standby = (name: string, parts: Partial<Standby> = {}): Standby => ({
  name,
  inCluster: true,
  online: true,
  leaving: false,
  departs: false,
  sender: aSender(name),
  namesakes: [],
  refusesAgent: false,
  isSuccessor: false,
  dataStatus: 'STREAMING|ASYNC',
  ...parts,
});

const gone = (name: string, parts: Partial<Standby> = {}): Standby =>
  standby(name, { sender: undefined, dataStatus: 'DISCONNECT', ...parts });

const marked = (name: string, parts: Partial<Standby> = {}): Standby =>
  standby(name, { dataStatus: 'STREAMING|SYNC', sender: aSender(name, { syncState: 'sync' }), ...parts });

const outsider = (name: string, parts: Partial<Standby> = {}): Standby =>
  standby(name, { inCluster: false, dataStatus: undefined, ...parts });

const all = (...nodes: string[]): SyncNames => (nodes.length > 0 ? { kind: 'all', nodes } : { kind: 'none' });

const plan = (parts: Partial<SyncInput> & Pick<SyncInput, 'standbys'>): SyncPlan =>
  planSync(
    deepFreeze({
      degrade: 'allow',
      waiting: all(),
      walInsert: lsn('0/5000000'),
      walFlush: lsn('0/5000000'),
      checkpointerSettled: true,
      settings: (syncNames) => ({ syncNames }),
      pid: 4711,
      serverAgeMs: 3_600_000,
      uptimeMs: 1_000_000,
      memory: EMPTY_MEMORY,
      ...parts,
    }),
  );

const namesSet = (result: SyncPlan): SyncNames => stepOf(result, 'configure').settings.syncNames;

const since = (nodes: string, position: string): Memory => ({
  ...EMPTY_MEMORY,
  waitingSince: { nodes, position: lsn(position) },
});

t.test('one that refuses its agent', async (t) => {
  const refusing = marked('b', { refusesAgent: true });
  const far = aSender('c', { flushLsn: lsn('0/3000000') });
  const kept = plan({ standbys: [refusing, standby('c', { sender: far })], waiting: all('b') });
  t.same(rulesOf(kept), ['sync.steady'], 'is kept while commits would wait long for another one');
  const near = plan({ standbys: [refusing, standby('c')], waiting: all('b') });
  t.same(namesSet(near), all('b', 'c'));
  const replaced = plan({ standbys: [refusing, marked('c', { sender: far })], waiting: all('b', 'c') });
  t.same(namesSet(replaced), all('c'), 'is not taken back for a while in which the other one is behind');
});

t.test('the steady state', async (t) => {
  const result = plan({ standbys: [marked('b'), standby('c')], waiting: all('b') });
  t.same(rulesOf(result), ['sync.steady']);
  t.same(result.steps, []);
  t.same(result.marked, ['b']);
  t.equal(result.again, undefined);
});

t.test('make: a standby is waited for first', async (t) => {
  const result = plan({ standbys: [standby('b'), standby('c')] });
  t.same(rulesOf(result), ['sync.wait-for']);
  t.same(kindsOf(result), ['configure', 'reload']);
  t.same(namesSet(result), all('b'));
  t.same(result.marked, [], 'not marked before it is waited for');
  t.same(result.waitedFor, ['b']);
});

t.test('a name that two servers use is not counted on', async (t) => {
  const namesakes = ['10.0.0.2', '10.0.0.9'];
  const fresh = plan({ standbys: [standby('b', { namesakes }), standby('c')] });
  t.same(namesSet(fresh), all('c'), 'not chosen');
  const beside = plan({ standbys: [marked('b', { namesakes }), standby('c')], waiting: all('b') });
  t.same(namesSet(beside), all('b', 'c'), 'replaced when it was chosen before');
  const alone = plan({ standbys: [marked('b', { namesakes })], waiting: all('b') });
  t.same(kindsOf(alone), ['record', 'confirm', 'configure', 'reload'], 'unmarked first, then released');
  t.match(alone.reasons[0]?.because, /10\.0\.0\.2 and 10\.0\.0\.9 under one application_name/);
});

t.test('waiting begins at what is flushed: a record that nobody commits may stay in memory', async (t) => {
  const b = standby('b', { sender: aSender('b', { syncState: 'sync' }) });
  const result = plan({ standbys: [b], waiting: all('b'), walInsert: lsn('0/5000100') });
  t.equal(result.memory.waitingSince?.position, lsn('0/5000000'));
});

t.test('make: the new one beside the old one, which is kept', async (t) => {
  const result = plan({ standbys: [marked('b', { leaving: true }), standby('c')], waiting: all('b') });
  t.same(rulesOf(result), ['sync.wait-for']);
  t.match(result.reasons[0]?.because, /c streams .* beside b/);
  t.same(namesSet(result), all('b', 'c'));
  t.same(result.marked, ['b']);
});

t.test('a node is marked only when it flushed past where the waiting began', async (t) => {
  const waits = aSender('b', { syncState: 'sync', flushLsn: lsn('0/4FFFFF0') });
  const look = (parts: Partial<SyncInput>) =>
    plan({ standbys: [standby('b', { sender: waits })], waiting: all('b'), ...parts });

  t.test('not while its WAL sender has not taken the names over', async (t) => {
    const result = plan({ standbys: [standby('b')], waiting: all('b'), memory: since('b', '0/1') });
    t.same(rulesOf(result), ['sync.not-waiting-yet']);
    t.same(result.steps, []);
    t.equal(result.memory.waitingSince, undefined, 'an older proof is void');
  });
  t.test('not while the checkpointer has not taken the names over', async (t) => {
    t.same(rulesOf(look({ checkpointerSettled: false, memory: since('b', '0/1') })), [
      'sync.not-waiting-yet',
    ]);
  });
  t.test('the end of the log is noted', async (t) => {
    const result = look({});
    t.same(rulesOf(result), ['sync.waiting-began']);
    t.same(result.memory.waitingSince, { nodes: 'b', position: lsn('0/5000000') });
    t.same(result.steps, []);
  });
  t.test('and waited for', async (t) => {
    const result = look({ memory: since('b', '0/5000000') });
    t.same(rulesOf(result), ['sync.not-caught-up']);
    t.match(result.reasons[0]?.because, /has flushed 0\/4FFFFF0 and is not past 0\/5000000/);
    t.same(result.steps, []);
  });
  t.test('a position of other names proves nothing', async (t) => {
    t.same(rulesOf(look({ memory: since('a b', '0/4000000') })), ['sync.waiting-began']);
  });
  t.test('then it is marked', async (t) => {
    const result = look({ memory: since('b', '0/4FFFFF0') });
    t.same(rulesOf(result), ['sync.mark']);
    t.same(stepOf(result, 'record').dataStatus, { b: 'STREAMING|SYNC' });
    t.same(result.marked, ['b']);
  });
  t.test('a position that is not known is no proof', async (t) => {
    const { flushLsn: _, ...silent } = waits;
    t.same(
      rulesOf(
        plan({
          standbys: [standby('b', { sender: silent })],
          waiting: all('b'),
          memory: since('b', '0/1'),
        }),
      ),
      ['sync.not-caught-up'],
    );
  });
});

t.test('beside a marked one the checkpointer need not be asked: its flag is set since then', async (t) => {
  const result = plan({
    standbys: [marked('a', { leaving: true }), standby('b', { sender: aSender('b', { syncState: 'sync' }) })],
    waiting: all('a', 'b'),
    checkpointerSettled: false,
    memory: since('a b', '0/5000000'),
  });
  t.same(rulesOf(result), ['sync.mark']);
});

t.test('one that is lost goes before the new one is waited for', async (t) => {
  for (const lost of [{ sender: undefined }, { online: false }]) {
    const result = plan({ standbys: [marked('b', lost), standby('c')], waiting: all('b') });
    t.same(rulesOf(result), ['sync.release']);
    t.same(kindsOf(result), ['record', 'confirm', 'configure', 'reload']);
    t.same(namesSet(result), all('c'), 'never both: c, connected twice, would stand for b');
    t.same(result.marked, []);
    t.match(result.again, /wait for c/, 'and c is marked next');
  }
  const midway = plan({
    standbys: [marked('b', { sender: undefined }), standby('c')],
    waiting: all('b', 'c'),
  });
  t.same(namesSet(midway), all('c'), 'also when it is lost while both are waited for');
});

t.test('break: the old one is recorded, that is confirmed, and only then it is released', async (t) => {
  const result = plan({
    standbys: [gone('a', { dataStatus: 'STREAMING|SYNC' }), marked('b')],
    waiting: all('a', 'b'),
  });
  t.same(rulesOf(result), ['sync.release']);
  t.same(kindsOf(result), ['record', 'confirm', 'configure', 'reload']);
  t.same(stepOf(result, 'record').dataStatus, { a: 'DISCONNECT' });
  t.same(stepOf(result, 'confirm').notSync, ['a']);
  t.same(stepOf(result, 'confirm').dataStatus, { a: 'DISCONNECT' });
  t.same(namesSet(result), all('b'));
  t.same(result.marked, ['b']);
});

t.test('break: what was recorded before a crash is confirmed again', async (t) => {
  const result = plan({ standbys: [gone('a'), marked('b')], waiting: all('a', 'b') });
  t.same(kindsOf(result), ['record', 'confirm', 'configure', 'reload']);
});

t.test('degrade: the last one is recorded and confirmed before commits go on alone', async (t) => {
  const result = plan({
    standbys: [gone('b', { dataStatus: 'STREAMING|SYNC' }), gone('c')],
    waiting: all('b'),
  });
  t.same(rulesOf(result), ['sync.degrade']);
  t.same(kindsOf(result), ['record', 'confirm', 'configure', 'reload']);
  t.same(namesSet(result), all());
  t.same(result.marked, []);
});

t.test('degrade: never', async (t) => {
  const lost = [gone('b', { dataStatus: 'STREAMING|SYNC' })];
  t.test('commits go on waiting for the lost one', async (t) => {
    const result = plan({ degrade: 'never', standbys: lost, waiting: all('b') });
    t.same(rulesOf(result), ['sync.hold']);
    t.same(result.steps, []);
    t.same(result.marked, ['b']);
  });
  t.test('a primary that waits for nobody waits for any', async (t) => {
    const result = plan({
      degrade: 'never',
      standbys: [gone('b'), gone('c'), outsider('x', { sender: undefined })],
    });
    t.same(rulesOf(result), ['sync.wait-for-any']);
    t.same(namesSet(result), { kind: 'any', nodes: ['b', 'c'] });
  });
  t.test('also where all standbys are outside the cluster', async (t) => {
    const result = plan({ degrade: 'never', standbys: [outsider('x', { sender: undefined })] });
    t.same(namesSet(result), { kind: 'any', nodes: ['x'] });
  });
  t.test('a replacement is taken all the same', async (t) => {
    const result = plan({ degrade: 'never', standbys: [...lost, standby('c')], waiting: all('b') });
    t.same(kindsOf(result), ['record', 'confirm', 'configure', 'reload']);
    t.same(namesSet(result), all('c'));
  });
});

t.test('a mark without waiting goes at once', async (t) => {
  for (const waiting of [
    all(),
    all('c'),
    { kind: 'any', nodes: ['b', 'c'] } as const,
    { kind: 'other', text: '*' } as const,
  ]) {
    const result = plan({ standbys: [marked('b'), marked('c', { dataStatus: 'STREAMING|ASYNC' })], waiting });
    t.same(rulesOf(result), ['sync.unmark-stray'], `with ${JSON.stringify(waiting)}`);
    t.same(kindsOf(result), ['record']);
    t.notOk(Object.values(stepOf(result, 'record').dataStatus).includes('STREAMING|SYNC'));
    t.same(result.marked, []);
  }
});

t.test('who is chosen', async (t) => {
  const first = (standbys: readonly Standby[], parts: Partial<SyncInput> = {}) =>
    namesSet(plan({ standbys, ...parts }));
  const behind = (name: string, flushLsn: string) =>
    standby(name, { sender: aSender(name, { flushLsn: lsn(flushLsn) }) });
  const walInsert = lsn('0/9000000');

  t.test('the first of node_list that is near the primary', async (t) => {
    t.same(
      first([behind('b', '0/1000000'), behind('c', '0/8FFFFFF'), behind('d', '0/9000000')], { walInsert }),
      all('c'),
    );
  });
  t.test('else the nearest', async (t) => {
    t.same(first([behind('b', '0/1000000'), behind('c', '0/2000000')], { walInsert }), all('c'));
  });
  t.test('nobody who catches up, is about to stop, or is offline', async (t) => {
    t.same(
      first([
        standby('a', { sender: aSender('a', { state: 'catchup' }) }),
        standby('b', { leaving: true }),
        standby('c', { online: false }),
        standby('d'),
      ]),
      all('d'),
    );
  });
  t.test('one outside the cluster only where there is no other', async (t) => {
    t.same(first([standby('b'), outsider('x')]), all('b'));
    t.same(first([gone('b'), outsider('x')]), all('x'));
  });
  t.test(
    'none that departs is chosen anew; one that is waited for stays until it is being stopped',
    async (t) => {
      const departing = { departs: true };
      t.same(rulesOf(plan({ standbys: [standby('b', departing)] })), ['sync.alone']);
      t.same(first([standby('b', departing), standby('c')]), all('c'));
      t.same(rulesOf(plan({ standbys: [marked('b', departing)], waiting: all('b') })), ['sync.steady']);
    },
  );
  t.test('a standby that is being stopped is replaced before', async (t) => {
    const result = plan({ standbys: [marked('b', { leaving: true }), standby('c')], waiting: all('b') });
    t.same(namesSet(result), all('b', 'c'));
  });
  t.test('the marked one stays through a short interruption', async (t) => {
    const catchup = (backendAgeSeconds: number) =>
      marked('b', { sender: aSender('b', { state: 'catchup', syncState: 'potential', backendAgeSeconds }) });
    t.same(rulesOf(plan({ standbys: [catchup(5), standby('c')], waiting: all('b') })), ['sync.steady']);
    t.same(rulesOf(plan({ standbys: [catchup(6), standby('c')], waiting: all('b') })), ['sync.release']);
  });
  t.test('one that connects again and again has the time of one interruption', async (t) => {
    const look = (memory: Memory, atMs: number, sender: Partial<Sender> | undefined) =>
      plan({
        standbys: [
          marked('b', { sender: sender && aSender('b', { syncState: 'potential', ...sender }) }),
          standby('c'),
        ],
        waiting: all('b'),
        memory,
        uptimeMs: 1_000_000 + atMs,
      });
    const anew = { state: 'catchup', backendAgeSeconds: 0.4 };
    const first = look(EMPTY_MEMORY, 0, anew);
    t.same(first.memory.catchUps, { b: 999_600 }, 'as long as the first connection has stood');
    const flash = look(first.memory, 3_000, { state: 'streaming', backendAgeSeconds: 0.1 });
    t.same(flash.memory.catchUps, { b: 999_600 }, 'a moment of streaming is none in step');
    t.same(rulesOf(look(flash.memory, 4_600, anew)), ['sync.steady']);
    t.same(rulesOf(look(flash.memory, 4_601, anew)), ['sync.release']);
    const back = look(flash.memory, 6_000, { state: 'streaming', backendAgeSeconds: 2 });
    t.equal(back.memory.catchUps, undefined, 'it is in step again');
    t.same(rulesOf(look(back.memory, 60_000, { state: 'catchup', backendAgeSeconds: 5 })), ['sync.steady']);
  });
  t.test('while it is away, the time of its interruption goes on', async (t) => {
    const memory = { ...EMPTY_MEMORY, catchUps: { b: 997_000 } };
    const away = plan({ standbys: [gone('b'), standby('c')], memory });
    t.same(away.memory.catchUps, { b: 997_000 });
    t.equal(
      plan({ standbys: [standby('c')], memory }).memory.catchUps,
      undefined,
      'unless it is none any more',
    );
    const restarted = plan({ standbys: [gone('b'), standby('c')], memory, serverAgeMs: 2_999 });
    t.equal(restarted.memory.catchUps, undefined, 'or the primary itself was started since');
  });
});

t.test('a standby that flaps', async (t) => {
  const lost = (...times: number[]): Memory => ({ ...EMPTY_MEMORY, syncLosses: { b: times } });
  const back = (backendAgeSeconds: number, memory: Memory) =>
    plan({ standbys: [standby('b', { sender: aSender('b', { backendAgeSeconds }) })], memory });

  t.test('is not chosen again before it has streamed for a while, longer each time', async (t) => {
    t.same(rulesOf(back(9, lost(990_000))), ['sync.alone']);
    t.same(rulesOf(back(10, lost(990_000))), ['sync.wait-for']);
    t.same(rulesOf(back(19, lost(960_000, 990_000))), ['sync.alone']);
    t.same(rulesOf(back(20, lost(960_000, 990_000))), ['sync.wait-for']);
  });
  t.test('is forgiven what is long ago', async (t) => {
    t.same(rulesOf(back(1, lost(700_000))), ['sync.wait-for']);
  });
  t.test('is counted once, however often the release is tried', async (t) => {
    const release = (memory: Memory, uptimeMs: number) =>
      plan({ standbys: [gone('b')], waiting: all('b'), memory, uptimeMs }).memory;
    const after = [1_000_000, 1_003_000, 1_006_000, 1_009_000, 1_012_000].reduce(release, EMPTY_MEMORY);
    t.same(after.syncLosses.b, [1_012_000]);
    t.same(release(after, 1_100_000).syncLosses.b, [1_012_000, 1_100_000]);
  });
});

t.test('a primary that was just started gives its standbys time to return', async (t) => {
  const young = plan({
    standbys: [gone('b', { dataStatus: 'STREAMING|SYNC' })],
    waiting: all('b'),
    serverAgeMs: 4_999,
  });
  t.same(rulesOf(young), ['sync.await-return']);
  t.same(young.steps, []);
  t.same(young.marked, ['b']);
  t.same(
    rulesOf(
      plan({
        standbys: [gone('b', { dataStatus: 'STREAMING|SYNC' })],
        waiting: all('b'),
        serverAgeMs: 5_000,
      }),
    ),
    ['sync.degrade'],
  );
});

t.test('a standby outside the cluster', async (t) => {
  const waits = outsider('x', { sender: aSender('x', { syncState: 'sync' }) });
  t.test('is waited for and never marked', async (t) => {
    const result = plan({ standbys: [gone('b'), waits], waiting: all('x'), memory: since('x', '0/5000000') });
    t.same(rulesOf(result), ['sync.outside']);
    t.same(result.steps, []);
    t.same(result.marked, []);
  });
  t.test('lets the lost one be released', async (t) => {
    const result = plan({
      standbys: [gone('b', { dataStatus: 'STREAMING|SYNC' }), waits],
      waiting: all('b', 'x'),
      memory: since('b x', '0/5000000'),
    });
    t.same(kindsOf(result), ['record', 'confirm', 'configure', 'reload']);
    t.same(namesSet(result), all('x'));
    t.same(result.marked, []);
  });
  t.test(
    'that was removed from the parameters is released with a confirmation that it is not marked',
    async (t) => {
      const result = plan({ standbys: [marked('b')], waiting: all('b', 'old') });
      t.same(stepOf(result, 'confirm').notSync, ['old']);
      t.same(namesSet(result), all('b'));
    },
  );
});

t.test('what the data status says', async (t) => {
  const status = (parts: Partial<Standby>, waitedFor: string[] = []) =>
    dataStatusOf(standby('b', parts), [], waitedFor);
  t.equal(dataStatusOf(standby('b'), ['b'], ['b']), 'STREAMING|SYNC');
  t.equal(
    status({ sender: aSender('b', { syncState: 'sync' }) }, ['b']),
    'STREAMING|POTENTIAL',
    'waited for, not marked',
  );
  t.equal(
    status({ sender: aSender('b', { syncState: 'sync' }) }),
    'STREAMING|ASYNC',
    'only a mark says SYNC',
  );
  t.equal(status({ sender: aSender('b', { syncState: 'potential' }) }), 'STREAMING|POTENTIAL');
  t.equal(status({ sender: aSender('b', { syncState: 'quorum' }) }), 'STREAMING|QUORUM');
  t.equal(status({ sender: aSender('b', { state: 'catchup' }) }), 'CATCHUP|ASYNC');
  t.equal(status({ sender: undefined }), 'DISCONNECT');
  t.equal(status({ sender: { pid: 1, applicationName: 'b' } }), 'UNKNOWN|ASYNC');
});
