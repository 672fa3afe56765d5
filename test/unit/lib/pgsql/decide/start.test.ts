import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import { decideStart } from '../../../../../lib/pgsql/decide/start.ts';
import { EMPTY_MEMORY } from '../../../../../lib/pgsql/memory.ts';
import type { Disk, Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aControlFile,
  aDisk,
  aReceiver,
  aSnapshot,
  aStandby,
  type ClusterParts,
  codeOf,
  kindsOf,
  lsn,
  published,
  rulesOf,
  running,
  silent,
  stepOf,
  stopped,
} from '../builders.ts';

const start = (parts: Partial<Snapshot> = {}, config: Partial<PgsqlConfig> = {}) =>
  decideStart(aSnapshot({ self: 'node2', server: stopped(), ...parts }), aConfig(config));

/** A crashed primary of timeline 1, which was left at 0/4000000. */
const oldPrimary = (checkpoint: string, parts: Partial<Disk> = {}): Disk =>
  aDisk({
    control: known(
      aControlFile({ state: 'in production', checkpointTimeline: 1, checkpointLsn: lsn(checkpoint) }),
    ),
    ownHistory: known([]),
    recordAtFork: known(false),
    ...parts,
  });

t.test('a standby', async (t) => {
  const decision = start();
  t.same(rulesOf(decision), ['start.standby']);
  t.same(kindsOf(decision), ['publish', 'configure', 'start']);
  t.match(stepOf(decision, 'configure'), { standby: true, settings: { syncNames: { kind: 'none' } } });
  t.match(stepOf(decision, 'configure').settings.standby?.primaryConninfo, /application_name=node2/);
  t.same(published(decision), { 'node2 master-pgsql': '-INFINITY' }, 'no score of its last life');
  t.equal(codeOf(decision), 'again');
  t.equal(decision.memory.started, true);
});

t.test('the recorded primary needs no lock file to be removed, and keeps the first place', async (t) => {
  const decision = start({ self: 'node1', disk: oldPrimary('0/9000000', { recordAtFork: known(true) }) });
  t.same(rulesOf(decision), ['start.standby']);
  t.same(kindsOf(decision), ['configure', 'start']);
});

t.test('a recorded primary without room for WAL leaves its place to who has everything', async (t) => {
  const full = oldPrimary('0/9000000', {
    walRoom: known(15 * 1024 ** 2),
    spareSegment: known(false),
  });
  const decision = start({ self: 'node1', disk: full });
  t.same(published(decision), { 'node1 master-pgsql': '-INFINITY' });
  t.match(decision.reasons[0].because, /no room for WAL here \(15 MB free.*: node2 is to take over/);

  const keeps: readonly (readonly [string, Partial<Disk>, ClusterParts, Partial<PgsqlConfig>?])[] = [
    ['room', { walRoom: known(16 * 1024 ** 2) }, {}],
    ['nobody knows', { walRoom: unknown('not asked for') }, {}],
    ['a segment made ahead', { spareSegment: known(true) }, {}],
    ['not known whether one is', { spareSegment: unknown('the control file cannot be read') }, {}],
    [
      'large segments, and one made ahead',
      {
        control: known(aControlFile({ walSegmentBytes: 1024 ** 3 })),
        walRoom: known(900 * 1024 ** 2),
        spareSegment: known(true),
      },
      {},
    ],
    ['nobody is marked', {}, { nodes: { node2: { status: 'HS:async', dataStatus: 'STREAMING|ASYNC' } } }],
    ['the other does not run', {}, { nodes: { node2: { status: 'STOP', dataStatus: 'STREAMING|SYNC' } } }],
    ['the other is gone', {}, { nodes: { node2: { online: false, dataStatus: 'STREAMING|SYNC' } } }],
    ['others may lack writes', {}, {}, { repMode: 'async' }],
  ];
  for (const [name, disk, cluster, config] of keeps) {
    const kept = start(
      { self: 'node1', disk: { ...full, ...disk }, cluster: known(aClusterView(cluster)) },
      config,
    );
    t.same(kindsOf(kept), ['configure', 'start'], name);
  }

  const ended = start({ disk: full, memory: { ...EMPTY_MEMORY, started: true } });
  t.match(ended.outcome, { exitReason: /^no room for WAL here .*: PostgreSQL ended while it was starting/ });
});

t.test(
  'a node that has diverged does not start, says so, and with which command it is repaired',
  async (t) => {
    const decision = start({ disk: oldPrimary('0/4000100') });
    t.same(rulesOf(decision), ['join.diverged']);
    t.equal(codeOf(decision), OcfExit.GENERIC);
    t.match(decision.outcome, { exitReason: /^diverged from node1, run cls_repair_by_pg_rewind here/ });
    t.same(kindsOf(decision), ['publish']);
    t.match(published(decision), { 'node2 master-pgsql': '-INFINITY', 'node2 pgsql-status': 'STOP' });
  },
);

t.test('an old primary without a record beyond the fork joins', async (t) => {
  t.same(rulesOf(start({ disk: oldPrimary('0/3FFFF00') })), ['start.standby']);
});

t.test('a data directory that is none', async (t) => {
  const missing = start({ disk: aDisk({ directory: 'missing' }) });
  t.equal(codeOf(missing), OcfExit.INSTALLED);
  t.match(missing.outcome, {
    exitReason: /the data directory does not exist: create it with initdb or pg_basebackup/,
  });
  t.equal(codeOf(start({ disk: aDisk({ directory: 'not-a-database' }) })), OcfExit.INSTALLED);
});

t.test('leftovers of a crashed server are ended first', async (t) => {
  const decision = start({ server: stopped(101) });
  t.same(rulesOf(decision), ['start.leftovers']);
  t.equal(stepOf(decision, 'stop').first, 'immediate');
});

t.test('a server that ended while it was starting is not started over and over', async (t) => {
  const decision = start({ memory: { ...EMPTY_MEMORY, started: true } });
  t.same(rulesOf(decision), ['start.ended']);
  t.equal(codeOf(decision), OcfExit.GENERIC);
  t.match(decision.outcome, { exitReason: /its log says why$/ });
  const full = 'could not write to file "pg_wal/xlogtemp.4711": No space left on device';
  const said = start({ memory: { ...EMPTY_MEMORY, started: true }, lastWords: full });
  t.match(said.outcome, { exitReason: `PostgreSQL ended while it was starting: ${full}` });
  t.ok(`PostgreSQL ended while it was starting: ${full}`.length <= 128, 'Pacemaker shows all of it');
  const refused = start({ memory: { ...EMPTY_MEMORY, started: true, startFailure: 'no pg_ctl' } });
  t.match(refused.outcome, { exitReason: 'no pg_ctl' });
});

t.test('nothing is decided on a cluster that cannot be asked', async (t) => {
  const decision = start({ cluster: unknown('cibadmin timed out') });
  t.same(rulesOf(decision), ['start.cluster-unknown']);
  t.equal(codeOf(decision), 'again');
  t.same(decision.steps, []);
});

t.test('while it starts', async (t) => {
  const memory = { ...EMPTY_MEMORY, started: true };
  t.equal(codeOf(start({ server: silent('starting'), memory })), 'again');
  t.equal(codeOf(start({ server: silent('timeout'), memory })), 'again');
  t.equal(codeOf(start({ server: silent('auth', 'no pg_hba.conf entry'), memory })), OcfExit.GENERIC);
});

t.test('once it runs', async (t) => {
  const runs = (state: Parameters<typeof aStandby>[0], parts: Partial<Snapshot> = {}) =>
    start({ server: running(aStandby(state)), ...parts });
  t.test('it is a standby of the primary', async (t) => {
    const decision = runs({ receiver: aReceiver() });
    t.same(rulesOf(decision)[0], 'start.done');
    t.equal(codeOf(decision), OcfExit.SUCCESS);
    t.match(decision.reasons[0].because, /standby of node1/);
  });
  t.test('its history is judged once more, by what it has replayed', async (t) => {
    const disk = aDisk({ ownHistory: known([]), segments: known([]) });
    const diverged = runs({ timeline: 1, replayLsn: lsn('0/4000100') }, { disk });
    t.same(rulesOf(diverged), ['join.diverged']);
    t.same(kindsOf(diverged), ['stop', 'publish']);
    const partial = runs(
      { timeline: 1, replayLsn: lsn('0/3FFFFC0'), receiveLsn: lsn('0/4000100') },
      { disk },
    );
    t.same(rulesOf(partial)[0], 'start.done');
  });
  t.test('a primary is made a standby', async (t) => {
    const decision = decideStart(aSnapshot({ self: 'node2' }), aConfig());
    t.same(rulesOf(decision), ['start.runs-as-primary']);
    t.same(kindsOf(decision), ['stop']);
  });
});

t.test('rep_mode=none starts plainly', async (t) => {
  const decision = start({ cluster: unknown('not asked for') }, { repMode: 'none' });
  t.same(kindsOf(decision), ['start']);
  t.equal(codeOf(decideStart(aSnapshot(), aConfig({ repMode: 'none' }))), OcfExit.SUCCESS);
});

t.test('rep_mode=slave starts a standby of the primary elsewhere, and asks no cluster', async (t) => {
  const decision = start({ cluster: unknown('not asked for') }, { repMode: 'slave' });
  t.same(kindsOf(decision), ['configure', 'start']);
  t.equal(codeOf(start({ server: running(aStandby()) }, { repMode: 'slave' })), OcfExit.SUCCESS);
});

t.test('another primary’s cluster: the record of a node that is gone is enough', async (t) => {
  const cluster = known(aClusterView({ nodes: { node1: { online: false, dataStatus: 'LATEST' } } }));
  t.same(rulesOf(start({ cluster, disk: oldPrimary('0/4000100') })), ['join.diverged']);
});

t.test('data that a repair left half done are never started on, whoever they say is primary', async (t) => {
  const path = '/var/lib/pgsql/data.repair/incomplete';
  for (const kind of ['rewinding', 'copying', 'switching'] as const) {
    for (const self of ['node1', 'node2']) {
      for (const directory of ['present', 'missing'] as const) {
        const decision = start({ self, disk: aDisk({ directory, incomplete: { kind, path } }) });
        t.same(rulesOf(decision), ['start.incomplete']);
        t.notOk(kindsOf(decision).includes('start'));
        const { outcome } = decision;
        t.match(outcome, { kind: 'done', code: 1 });
        const shown = outcome.kind === 'done' ? outcome.exitReason?.slice(0, 128) : '';
        t.match(shown, `run cls_rebuild_slave here (marked by ${path})`);
      }
    }
  }
});

t.test('nor without replication', async (t) => {
  const incomplete = { kind: 'copying', path: '/pgsql/data.repair/incomplete' } as const;
  t.same(rulesOf(start({ disk: aDisk({ incomplete }) }, { repMode: 'none' })), ['start.incomplete']);
});
