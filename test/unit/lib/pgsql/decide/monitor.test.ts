import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import { afterPromotion, decideMonitor } from '../../../../../lib/pgsql/decide/monitor.ts';
import { UNCONFIRMED } from '../../../../../lib/pgsql/decide/unconfirmed.ts';
import { EMPTY_MEMORY } from '../../../../../lib/pgsql/memory.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aDisk,
  aPrimary,
  aReceiver,
  aSnapshot,
  aStandby,
  codeOf,
  kindsOf,
  lsn,
  published,
  rulesOf,
  running,
  silent,
  stopped,
} from '../builders.ts';

const monitor = (parts: Partial<Snapshot> = {}, config: Partial<PgsqlConfig> = {}) =>
  decideMonitor(aSnapshot(parts), aConfig(config));
const standby = running(aStandby({ receiver: aReceiver() }));

t.test('what runs', async (t) => {
  t.equal(codeOf(monitor()), OcfExit.RUNNING_PROMOTED);
  t.equal(codeOf(monitor({ self: 'node2', server: standby })), OcfExit.SUCCESS);
  t.equal(codeOf(monitor({ server: stopped() })), OcfExit.NOT_RUNNING);
  t.equal(codeOf(monitor({}, { repMode: 'none' })), OcfExit.SUCCESS);
  t.equal(codeOf(monitor({ server: standby }, { repMode: 'slave' })), OcfExit.SUCCESS);
});

t.test('right after a promotion: what its first monitor would do for it, and nothing else', async (t) => {
  const promoted = {
    server: running(aPrimary({ timeline: 2, names: UNCONFIRMED, senders: [] })),
    disk: aDisk({
      syncNames: known(UNCONFIRMED),
      ownHistory: known([{ timeline: 1, end: lsn('0/3000000') }]),
    }),
    watcher: 'none',
    memory: { ...EMPTY_MEMORY, monitorsSinceReload: 0, writeFailures: 2 },
  } as const;
  const after = (parts: Partial<Snapshot> = {}) =>
    afterPromotion(decideMonitor)(aSnapshot({ ...promoted, ...parts }), aConfig({ fastDetection: true }));
  const decision = after();
  t.equal(rulesOf(decision)[0], 'primary.promoted');
  t.same(decision.steps, monitor(promoted).steps);
  t.match(decision.memory, { monitorsSinceReload: 0, writeFailures: 2 });
  t.notOk('watchTried' in decision.memory);

  const left: [string, Partial<Snapshot>][] = [
    ['it is over', { server: running(aPrimary({ timeline: 2 })), disk: aDisk() }],
    ['it has ended', { server: stopped() }],
    ['it does not answer', { server: silent('timeout') }],
    ['it is no primary', { self: 'node2', server: standby }],
    [
      'another one is',
      {
        cluster: known(
          aClusterView({
            replInfo: 'node2|1|0000000003000000',
            nodes: { node2: { status: 'PRI', dataStatus: 'LATEST' } },
          }),
        ),
      },
    ],
  ];
  for (const [why, parts] of left) {
    const { reasons, steps, memory } = after(parts);
    t.match(reasons, [{ rule: 'promote.left' }], why);
    t.same(steps, [], why);
    t.same(memory, promoted.memory, why);
  }
});

t.test('what is not running for want of room says so to the operator', async (t) => {
  const full = monitor({ server: stopped(), disk: aDisk({ walRoom: known(40_000) }) });
  t.match(full.outcome, {
    code: OcfExit.NOT_RUNNING,
    exitReason: 'no room for WAL here (0 MB free, a segment takes 16 MB): PostgreSQL does not run',
  });
  t.equal('exitReason' in monitor({ server: stopped() }).outcome, false, 'for another reason it does not');
});

t.test('rep_mode=slave, but a primary', async (t) => {
  const decision = monitor({}, { repMode: 'slave' });
  t.same(rulesOf(decision), ['monitor.not-a-standby']);
  t.equal(codeOf(decision), OcfExit.GENERIC);
});

t.test('a probe only tells', async (t) => {
  const decision = monitor({ isProbe: true, cluster: known(aClusterView({ replInfo: null })) });
  t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
  t.same(decision.steps, []);
  t.equal(codeOf(monitor({ isProbe: true, server: stopped() })), OcfExit.NOT_RUNNING);
});

t.test('a cluster that cannot be asked is no reason to fail over', async (t) => {
  const decision = monitor({ cluster: unknown('cibadmin timed out') });
  t.same(rulesOf(decision), ['monitor.cluster-unknown']);
  t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
  t.same(decision.steps, []);
});

t.test('a server that does not answer', async (t) => {
  const primary = (kind: Parameters<typeof silent>[0]) => monitor({ server: silent(kind) });
  t.test('is alive where it says why', async (t) => {
    t.equal(codeOf(primary('too-many-clients')), OcfExit.RUNNING_PROMOTED);
    t.equal(codeOf(primary('starting')), 'again');
    t.equal(codeOf(primary('stopping')), 'again');
  });
  t.test('has failed where it says nothing', async (t) => {
    t.equal(codeOf(primary('timeout')), OcfExit.FAILED_PROMOTED);
    t.match(primary('timeout').reasons[0].because, /runs \(pid 4711\) but does not answer \(timeout\)/);
  });
  t.test('may be about to end where it takes no connections, and has failed if it stays', async (t) => {
    const { outcome, reasons } = primary('refused');
    t.match(reasons[0].rule, 'monitor.refused');
    t.match(outcome, { kind: 'again', atMost: { code: OcfExit.FAILED_PROMOTED, exitReason: /\(refused\)/ } });
  });
  t.test('may have ended in the middle of the question', async (t) => {
    const { outcome, reasons } = primary('other');
    t.match(reasons[0].rule, 'monitor.broken-off');
    t.match(outcome, { kind: 'again', atMost: { code: OcfExit.FAILED_PROMOTED, exitReason: /\(other\)/ } });
  });
  t.test('a standby fails as such', async (t) => {
    const disk = aDisk({ standbySignal: true });
    t.equal(codeOf(monitor({ server: silent('timeout'), disk })), OcfExit.GENERIC);
    t.equal(codeOf(monitor({ server: silent('too-many-clients'), disk })), OcfExit.SUCCESS);
  });
});

t.test('a standby that cannot follow', async (t) => {
  const cluster = known(
    aClusterView({
      replInfo: 'node2|1|0000000004000000',
      nodes: {
        node1: { dataStatus: 'DISCONNECT' },
        node2: { status: 'PRI', score: '1000', dataStatus: 'LATEST' },
      },
    }),
  );
  const disk = aDisk({ standbySignal: true, ownHistory: known([]), segments: known([]) });
  const at = (replayLsn: string, receiveLsn = replayLsn) =>
    monitor({
      cluster,
      disk,
      server: running(aStandby({ timeline: 1, replayLsn: lsn(replayLsn), receiveLsn: lsn(receiveLsn) })),
    });
  t.test('has diverged, says so and never looks healthy', async (t) => {
    const decision = at('0/4000200');
    t.same(rulesOf(decision), ['join.diverged']);
    t.equal(codeOf(decision), OcfExit.GENERIC);
    t.match(decision.outcome, { exitReason: /cls_repair_by_pg_rewind/ });
  });
  t.test('the part of a record that it received beyond the fork is no divergence', async (t) => {
    t.equal(codeOf(at('0/3FFFFC0', '0/4000200')), OcfExit.SUCCESS);
  });
  t.test('one that streams fits', async (t) => {
    t.equal(
      codeOf(
        monitor({
          cluster,
          disk,
          server: running(aStandby({ timeline: 1, replayLsn: lsn('0/4000200'), receiver: aReceiver() })),
        }),
      ),
      OcfExit.SUCCESS,
    );
  });
});

t.test('an attribute that does not reach the cluster is written anew', async (t) => {
  const lost = known(aClusterView({ nodes: { node1: { status: 'PRI', dataStatus: 'LATEST' } } }));
  const first = monitor({ cluster: lost });
  t.same(kindsOf(first), ['publish'], 'at first it is published');
  const { memory } = first;
  const second = monitor({ cluster: lost, memory });
  t.same(kindsOf(second), ['publish', 'rewrite']);
  t.ok(rulesOf(second).includes('attributes.rewrite'));
  t.match(
    second.reasons.at(-1)?.because,
    /the cluster lacks what was published: .*master-pgsql of node1 = 1000/,
  );

  t.test('not within one operation, in which it may still arrive', async (t) => {
    t.same(kindsOf(monitor({ cluster: lost, memory, round: 1 })), ['publish']);
  });
  t.test('not when something else is to be published', async (t) => {
    const other = known(aClusterView({ nodes: { node1: { score: '1000', dataStatus: 'LATEST' } } }));
    t.notOk(
      kindsOf(monitor({ cluster: other, memory: { ...memory, unpublished: ['x'] } })).includes('rewrite'),
    );
  });
  t.test('not what comes after a confirmation that was not had', async (t) => {
    const server = running(aPrimary({ names: UNCONFIRMED, senders: [] }));
    const unfinished = { cluster: lost, server };
    const { memory } = monitor(unfinished);
    t.equal(memory.unpublished, undefined);
    t.notOk(kindsOf(monitor({ ...unfinished, memory })).includes('rewrite'));
  });
  t.test('what has arrived is forgotten', async (t) => {
    t.equal(monitor({ memory }).memory.unpublished, undefined);
  });
  t.test('early, as a later step may fail', async (t) => {
    const unrecorded = known(aClusterView({ nodes: { node1: { status: 'PRI', dataStatus: 'DISCONNECT' } } }));
    const kinds = kindsOf(monitor({ cluster: unrecorded, memory }));
    t.same(kinds.slice(0, 3), ['publish', 'rewrite', 'record']);
  });
});

t.test('the recorded primary that stays a standby says so', async (t) => {
  const waiting = known(
    aClusterView({ nodes: { node1: { status: 'PRI', score: '1000', dataStatus: 'LATEST' } } }),
  );
  const server = running(aStandby());
  const first = monitor({ cluster: waiting, server });
  t.same(published(first), {}, 'not at once: as a rule it is promoted before it is monitored');
  t.match(published(monitor({ cluster: waiting, server, memory: first.memory })), {
    'node1 pgsql-status': 'HS:alone',
  });
});
