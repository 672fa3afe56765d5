import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import { clusterFacts } from '../../../../../lib/pgsql/cluster-facts.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import type { Decision } from '../../../../../lib/pgsql/decide/decision.ts';
import { decideNotify } from '../../../../../lib/pgsql/decide/notify.ts';
import { decidePrimary } from '../../../../../lib/pgsql/decide/primary.ts';
import { UNCONFIRMED } from '../../../../../lib/pgsql/decide/unconfirmed.ts';
import { EMPTY_MEMORY } from '../../../../../lib/pgsql/memory.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import type { PrimaryState, Sender } from '../../../../../lib/postgres/server-state.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aDisk,
  aNotification,
  aPrimary,
  aSender,
  aSlot,
  aSnapshot,
  type ClusterParts,
  codeOf,
  kindsOf,
  lsn,
  NAMES,
  type NodeParts,
  published,
  rulesOf,
  running,
  stepOf,
  stepsOf,
} from '../builders.ts';

interface Parts {
  readonly cluster?: ClusterParts;
  readonly state?: PrimaryState;
  readonly config?: Partial<PgsqlConfig>;
  readonly leaving?: readonly string[];
  readonly snapshot?: Partial<Snapshot>;
}

const decide = ({
  cluster = {},
  state = aPrimary(),
  config = {},
  leaving = [],
  snapshot = {},
}: Parts = {}) => {
  const view = aClusterView(cluster);
  return decidePrimary(
    aSnapshot({ cluster: known(view), server: running(state), ...snapshot }),
    aConfig(config),
    clusterFacts(view, NAMES),
    state,
    leaving,
  );
};

t.test('a healthy cluster is left alone', async (t) => {
  const decision = decide();
  t.same(rulesOf(decision), ['sync.steady']);
  t.same(decision.steps, []);
  t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
});

t.test('a primary that the cluster sees for the first time records itself', async (t) => {
  const decision = decide({
    cluster: { replInfo: null, nodes: { node1: {}, node2: {}, node3: {} } },
    state: aPrimary({ names: { kind: 'none' } }),
  });
  t.same(stepOf(decision, 'record').replInfo, { node: 'node1', timeline: 1, end: lsn('0/4000000') });
  t.match(stepOf(decision, 'record').dataStatus, {
    node1: 'LATEST',
    node2: 'STREAMING|POTENTIAL',
    node3: 'STREAMING|ASYNC',
  });
  t.match(published(decision), {
    'node1 pgsql-status': 'PRI',
    'node1 master-pgsql': '1000',
    'node1 pgsql-master-baseline': '0000000004000000',
    'node2 master-pgsql': '-INFINITY',
  });
});

t.test('on the first timeline nobody was promoted: timeline 0', async (t) => {
  const decision = decide({ cluster: { replInfo: null }, state: aPrimary({ timeline: 1 }) });
  t.same(stepOf(decision, 'record').replInfo, { node: 'node1', timeline: 0, end: 0n });
});

t.test('the record tells the timeline of this primary', async (t) => {
  const usedBy = (timeline: number, usedTimeline: number | string): number | undefined => {
    const decision = decide({
      state: aPrimary({ timeline }),
      cluster: { usedTimeline },
      snapshot: { disk: aDisk() },
    });
    return decision.steps.find((step) => step.kind === 'record')?.usedTimeline;
  };
  t.equal(usedBy(2, 0), undefined, 'it opened the next one');
  t.equal(usedBy(4, 3), undefined, 'those between were used');
  t.equal(usedBy(2, 2), 0, 'given up, and back before another was promoted: it is not lost');
  t.equal(usedBy(2, 'x'), 0, 'what cannot be read is put right');
  t.equal(usedBy(4, 'x'), 3);
  t.equal(usedBy(5, 3), 4, 'its archive had the history of timeline 4');
});

t.test('its status is published after the record, which standbys then take for final', async (t) => {
  const decision = decide({ cluster: { replInfo: 'node1|1|0000000003FFFFF0', nodes: { node1: {} } } });
  const kinds = kindsOf(decision);
  const status = decision.steps.findIndex(
    (step) => step.kind === 'publish' && step.changes.some(({ name }) => name === NAMES.status),
  );
  t.ok(kinds.indexOf('record') >= 0);
  t.ok(kinds.indexOf('record') < status);
});

t.test('scores are lowered before, and raised after, everything else', async (t) => {
  const decision = decide({
    cluster: {
      nodes: {
        node2: { score: '100', dataStatus: 'STREAMING|SYNC' },
        node3: { score: '-INFINITY', dataStatus: 'STREAMING|SYNC' },
      },
    },
    state: aPrimary({
      names: { kind: 'all', nodes: ['node2', 'node3'] },
      senders: [aSender('node3', { syncState: 'sync' })],
    }),
  });
  t.same(rulesOf(decision), ['sync.release']);
  t.same(kindsOf(decision), ['publish', 'record', 'confirm', 'configure', 'reload', 'publish']);
  t.match(decision.steps[0], { changes: [{ node: 'node2', value: '-INFINITY' }] });
  t.match(decision.steps.at(-1), { changes: [{ node: 'node3', value: '100' }] });
});

t.test('a release is confirmed as this primary’s: not while another one is being promoted', async (t) => {
  const decision = decide({ state: aPrimary({ senders: [] }) });
  t.same(rulesOf(decision), ['sync.degrade']);
  t.same(stepOf(decision, 'confirm').replInfo, { node: 'node1', timeline: 1, end: lsn('0/4000000') });
});

t.test('a standby’s trouble never makes the primary’s monitor fail', async (t) => {
  const decision = decide({ state: aPrimary({ senders: [] }) });
  t.equal(decision.whenStepFails, 'finish');
  t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
});

t.test('two servers under the name of one standby', async (t) => {
  const twice = (...addresses: string[]) =>
    decide({
      state: aPrimary({
        senders: addresses.map((clientAddr) => aSender('node2', { syncState: 'sync', clientAddr })),
      }),
    });
  t.ok(rulesOf(twice('10.0.0.2', '10.0.0.9')).includes('primary.name-twice'), 'a copy of it');
  t.notOk(rulesOf(twice('10.0.0.2', '10.0.0.2')).includes('primary.name-twice'), 'it has reconnected');
});

t.test('superseded', async (t) => {
  const old = aPrimary({ timeline: 2 });
  const replInfo = 'node2|2|0000000005000000';
  const isStopped = (parts: Parts): boolean => {
    const decision = decide({ state: old, ...parts });
    return rulesOf(decision)[0] === 'primary.superseded';
  };

  t.test('by a node that says it is primary', async (t) => {
    const decision = decide({ state: old, cluster: { replInfo, nodes: { node2: { status: 'PRI' } } } });
    t.same(rulesOf(decision), ['primary.superseded']);
    t.same(kindsOf(decision), ['stop']);
    t.equal(stepOf(decision, 'stop').first, 'immediate');
    t.equal(codeOf(decision), OcfExit.FAILED_PROMOTED);
    t.match(decision.reasons[0].because, /node2 .*node2\|2\|0000000005000000/);
  });
  t.test('by one that became primary and died before this node woke up', async (t) => {
    t.ok(isStopped({ cluster: { replInfo, nodes: { node2: { online: false, dataStatus: 'LATEST' } } } }));
  });
  t.test('by one whose status has not arrived yet', async (t) => {
    t.ok(isStopped({ cluster: { replInfo, nodes: { node2: { dataStatus: 'LATEST' } } } }));
  });
  t.test('not by a promotion that was never finished', async (t) => {
    t.notOk(
      isStopped({
        cluster: { replInfo, nodes: { node2: { status: 'HS:alone', dataStatus: 'STREAMING|SYNC' } } },
      }),
    );
  });
  t.test('by one that leaves a later timeline: another has been primary since', async (t) => {
    const unfinished = { node2: { status: 'HS:alone', dataStatus: 'DISCONNECT' } };
    t.ok(isStopped({ cluster: { replInfo: 'node2|3|0000000005000000', nodes: unfinished } }));
    t.notOk(isStopped({ cluster: { replInfo, nodes: unfinished } }));
  });
  t.test('not without quorum, when the record may be anybody’s', async (t) => {
    t.notOk(
      isStopped({ cluster: { replInfo, haveQuorum: false, nodes: { node2: { dataStatus: 'LATEST' } } } }),
    );
  });
  t.test('nor does it claim the record then', async (t) => {
    const claims = (haveQuorum: boolean) =>
      stepsOf(
        decide({ cluster: { replInfo, haveQuorum, nodes: { node2: { status: 'HS:alone' } } } }),
        'record',
      ).some((step) => step.replInfo !== undefined);
    t.ok(claims(true), 'a promotion of the other was cut short');
    t.notOk(claims(false), 'without quorum');
  });
  t.test('by one that was promoted from an older timeline after this one was given up', async (t) => {
    const cluster = {
      replInfo: 'node2|1|0000000003000000',
      usedTimeline: 3,
      nodes: { node2: { online: false, dataStatus: 'LATEST' } },
    };
    const state = aPrimary({ timeline: 3 });
    const disk = aDisk({ ownHistory: known([{ timeline: 2, end: lsn('0/4000000') }]) });
    t.ok(isStopped({ cluster, state, snapshot: { disk } }));
  });
  t.test('not by a record older than its own promotion, as from a CIB restored from a backup', async (t) => {
    const node2 = { online: false, dataStatus: 'LATEST' };
    const cluster = { replInfo: 'node2|1|0000000003000000', nodes: { node2 } };
    const state = aPrimary({ timeline: 5 });
    const history = known([
      { timeline: 1, end: lsn('0/3000000') },
      { timeline: 4, end: lsn('0/4000000') },
    ]);
    t.notOk(isStopped({ cluster, state, snapshot: { disk: aDisk({ ownHistory: history }) } }));
    t.notOk(isStopped({ cluster, state, snapshot: { disk: aDisk({ ownHistory: unknown('unreadable') }) } }));
    const unreadable = { ...cluster, usedTimeline: 'x' };
    t.ok(
      isStopped({ cluster: unreadable, state, snapshot: { disk: aDisk({ ownHistory: history }) } }),
      'if it can be read so far',
    );
    t.ok(
      isStopped({
        cluster: { ...cluster, nodes: { node2: { dataStatus: 'LATEST' } } },
        state,
        snapshot: { disk: aDisk({ ownHistory: history }) },
      }),
      'and the recorded node is not there: else it has claimed the cluster, and acknowledges',
    );
    t.notOk(
      isStopped({
        cluster: { ...cluster, nodes: { node2: { dataStatus: 'LATEST', status: 'HS:async' } } },
        state,
        snapshot: { disk: aDisk({ ownHistory: history }) },
      }),
      'or says that it is a standby',
    );
  });
  t.test(
    'by the old primary that claimed the record in the middle of the promotion, and was stopped',
    async (t) => {
      const cluster = {
        replInfo: 'node2|1|0000000003000000',
        nodes: { node2: { status: 'STOP', dataStatus: 'LATEST' } },
      };
      const disk = aDisk({ ownHistory: known([{ timeline: 2, end: lsn('0/4000000') }]) });
      const state = aPrimary({ timeline: 3, names: { kind: 'none' } });
      t.notOk(isStopped({ cluster, state, snapshot: { disk } }), 'the promotion is over');
      const memory = { ...EMPTY_MEMORY, opensTimeline: true } as const;
      t.ok(isStopped({ cluster, state, snapshot: { disk, memory } }));
      const waiting = aPrimary({ timeline: 3, names: { kind: 'any', nodes: ['node2', 'node3'] } });
      t.ok(isStopped({ cluster, state: waiting, snapshot: { disk } }), 'it was cut short');
      const unconfirmed = aPrimary({ timeline: 3, names: UNCONFIRMED });
      t.ok(
        isStopped({ cluster, state: unconfirmed, snapshot: { disk }, config: { syncDegrade: 'never' } }),
        'it is not over',
      );
      t.notOk(
        isStopped({ cluster, state: waiting, snapshot: { disk }, config: { syncDegrade: 'never' } }),
        'who always waits tells nothing by it',
      );
    },
  );
});

t.test('the first monitor of a new primary finishes its promotion', async (t) => {
  const after = (config: Partial<PgsqlConfig> = {}, senders: readonly Sender[] = []) =>
    decide({
      cluster: {
        replInfo: 'node1|2|0000000005000000',
        nodes: {
          node1: { status: 'HS:sync', score: '100', dataStatus: 'DISCONNECT' },
          node2: { status: 'STOP', score: '-INFINITY', dataStatus: 'DISCONNECT' },
        },
      },
      state: aPrimary({ timeline: 3, names: UNCONFIRMED, senders }),
      config,
      snapshot: {
        disk: aDisk({
          syncNames: known(UNCONFIRMED),
          ownHistory: known([{ timeline: 2, end: lsn('0/5000000') }]),
        }),
      },
    });
  const decision = after();
  t.equal(rulesOf(decision)[0], 'primary.promoted');
  t.same(
    kindsOf(decision).slice(kindsOf(decision).indexOf('record')),
    ['record', 'confirm', 'record', 'confirm', 'configure', 'reload', 'publish'],
    'commits go on before it says anything of itself',
  );
  for (const confirm of stepsOf(decision, 'confirm'))
    t.match(confirm, { dataStatus: { node1: 'LATEST' }, replInfo: { node: 'node1' } });
  t.match(stepsOf(decision, 'record').at(-1), { dataStatus: { node1: 'LATEST' }, promotion: 'finished' });
  t.same(stepOf(decision, 'configure').settings.syncNames, { kind: 'none' });
  t.match(published(decision), { 'node1 pgsql-status': 'PRI', 'node1 master-pgsql': '1000' });
  t.match(decision, {
    whenStepFails: 'finish-once-confirmed',
    outcome: { kind: 'done', code: OcfExit.RUNNING_PROMOTED, retryMs: Number },
  });
  const never = after({ syncDegrade: 'never' });
  t.same(
    stepOf(never, 'configure').settings.syncNames,
    { kind: 'any', nodes: ['node2', 'node3'] },
    'it goes on waiting, for one that there can be',
  );
  t.equal(stepsOf(never, 'confirm').length, 2);
  const followed = after({}, [aSender('node3')]);
  t.same(kindsOf(followed).slice(0, 6), ['record', 'confirm', 'record', 'confirm', 'configure', 'reload']);
  t.same(stepOf(followed, 'configure').settings.syncNames, { kind: 'all', nodes: ['node3'] });
  t.match(followed, { whenStepFails: 'finish-once-confirmed', outcome: { kind: 'again', atMost: {} } });
});

t.test('that a promotion is over is said by a record of its own', async (t) => {
  const after = (cluster: ClusterParts, end = '0/5000000') =>
    decide({
      cluster: { replInfo: 'node1|2|0000000005000000', ...cluster },
      state: aPrimary({ timeline: 3, names: UNCONFIRMED, senders: [] }),
      snapshot: {
        disk: aDisk({
          syncNames: known(UNCONFIRMED),
          ownHistory: known([{ timeline: 2, end: lsn(end) }]),
        }),
      },
    });
  const unmarked = (node1: string) => ({
    node1: { dataStatus: node1 },
    node2: { dataStatus: 'DISCONNECT' },
    node3: { dataStatus: 'DISCONNECT' },
  });
  const toldSince = ['record', 'confirm', 'record', 'confirm'];
  const kindsFrom = (decision: Decision) =>
    kindsOf(decision)
      .filter((kind) => kind !== 'publish')
      .slice(0, 4);

  t.test('not together with a position that was told since', async (t) => {
    const decision = after({ nodes: unmarked('DISCONNECT') }, '0/4FFFFF8');
    t.same(kindsFrom(decision), toldSince);
    const [told, over] = stepsOf(decision, 'record');
    t.match(told, { replInfo: { end: lsn('0/4FFFFF8') }, promotion: undefined });
    t.match(over, { dataStatus: { node1: 'LATEST' }, promotion: 'finished', replInfo: undefined });
    for (const { replInfo } of stepsOf(decision, 'confirm')) t.match(replInfo, { end: lsn('0/4FFFFF8') });
  });
  t.test('nor with a claim', async (t) => {
    const claim = after({ replInfo: 'node2|2|0000000005000000', nodes: unmarked('DISCONNECT') });
    t.same(kindsFrom(claim), toldSince);
    t.match(stepsOf(claim, 'record')[0], { replInfo: { node: 'node1' }, promotion: undefined });
  });
  t.test('without quorum it is not tried again in the same monitor', async (t) => {
    const decision = after({ haveQuorum: false, nodes: unmarked('DISCONNECT') });
    t.equal(decision.whenStepFails, 'finish');
    t.notMatch(decision.outcome, { retryMs: Number });
  });
  t.test('a server that has not read its settings yet is none that has finished', async (t) => {
    const decision = decide({
      cluster: { replInfo: 'node1|2|0000000005000000', nodes: unmarked('DISCONNECT') },
      state: aPrimary({ timeline: 3, names: { kind: 'none' }, senders: [] }),
      snapshot: {
        disk: aDisk({
          syncNames: known(UNCONFIRMED),
          ownHistory: known([{ timeline: 2, end: lsn('0/5000000') }]),
        }),
      },
    });
    t.same(kindsFrom(decision), toldSince);
  });
});

t.test('so does a notification, if it comes first, and tries no longer', async (t) => {
  const server = running(aPrimary({ timeline: 3, names: UNCONFIRMED, senders: [] }));
  const cluster = known(
    aClusterView({
      replInfo: 'node1|2|0000000005000000',
      nodes: { node1: { dataStatus: 'DISCONNECT' }, node2: { dataStatus: 'DISCONNECT' } },
    }),
  );
  const disk = aDisk({
    syncNames: known(UNCONFIRMED),
    ownHistory: known([{ timeline: 2, end: lsn('0/5000000') }]),
  });
  const notify = aNotification('post', 'start', { promoted: ['node1'], start: ['node2'] });
  const decision = decideNotify(aSnapshot({ server, cluster, disk, notify }), aConfig());
  t.ok(rulesOf(decision).includes('primary.promoted'));
  t.match(decision.outcome, { kind: 'done', code: OcfExit.SUCCESS, retryMs: Number });
});

t.test('what PostgreSQL does and what its settings file says', async (t) => {
  const inFile = (...nodes: string[]): Partial<Snapshot> => ({
    disk: aDisk({ syncNames: known(nodes.length > 0 ? { kind: 'all', nodes } : { kind: 'none' }) }),
  });
  const memory = { ...EMPTY_MEMORY, waitingSince: { nodes: 'node2', position: lsn('0/1') } };

  t.test('agree', async (t) => {
    t.same(rulesOf(decide({ snapshot: inFile('node2') })), ['sync.steady']);
  });
  t.test('a reload that was cut short is done again', async (t) => {
    const decision = decide({ snapshot: { ...inFile('node2', 'node3'), memory } });
    t.same(rulesOf(decision), ['sync.reload']);
    t.same(kindsOf(decision), ['reload']);
    t.equal(decision.memory.waitingSince, undefined, 'what was proved before is void');
  });
  t.test('a reload that would release a marked node is not done', async (t) => {
    const decision = decide({ snapshot: inFile('node3') });
    t.same(rulesOf(decision), ['sync.restore-names']);
    t.same(kindsOf(decision), ['configure']);
    t.same(stepOf(decision, 'configure').settings.syncNames, { kind: 'all', nodes: ['node2'] });
  });
  t.test('a marked node that is not waited for is unmarked, whatever overrides the file', async (t) => {
    const decision = decide({ state: aPrimary({ names: { kind: 'none' } }), snapshot: inFile('node2') });
    t.same(rulesOf(decision), ['sync.unmark-stray']);
    t.same(stepOf(decision, 'record').dataStatus, { node2: 'STREAMING|ASYNC' });
    t.match(published(decision), { 'node2 master-pgsql': '-INFINITY' });
  });
});

t.test('the checkpointer', async (t) => {
  const names = { kind: 'all', nodes: ['node2'] } as const;
  const first = (state: Partial<PrimaryState>): string | undefined =>
    rulesOf(
      decide({
        cluster: { nodes: { node2: { score: '-INFINITY', dataStatus: 'STREAMING|POTENTIAL' } } },
        state: { ...aPrimary({ names }), ...state },
      }),
    )[0];
  t.equal(first({ checkpointerWaitEvent: 'CheckpointerMain' }), 'sync.waiting-began');
  t.equal(first({ checkpointerWaitEvent: 'CheckpointWriteDelay' }), 'sync.waiting-began');
  t.equal(first({ checkpointerWaitEvent: 'DataFileSync' }), 'sync.not-waiting-yet');
  const { checkpointerWaitEvent: _, ...computing } = aPrimary({ names });
  const now = (state: PrimaryState) =>
    rulesOf(
      decide({
        cluster: { nodes: { node2: { score: '-INFINITY', dataStatus: 'STREAMING|POTENTIAL' } } },
        state,
      }),
    )[0];
  t.equal(now(computing), 'sync.not-waiting-yet', 'an immediate checkpoint handles no reload');
  t.equal(now({ ...computing, version: { major: 9.6, number: 90624 } }), 'sync.waiting-began');
});

t.test(
  'a standby with two connections is taken by the one that streams, its name without regard to case',
  async (t) => {
    const decision = decide({
      state: aPrimary({
        senders: [
          aSender('NODE2', { state: 'catchup', syncState: 'potential' }),
          aSender('Node2', { syncState: 'sync' }),
          aSender('node20', { state: 'catchup' }),
          aSender('node3'),
        ],
      }),
    });
    t.same(rulesOf(decision), ['sync.steady']);
  },
);

t.test('a standby about to be stopped is replaced', async (t) => {
  const decision = decide({ leaving: ['node2'] });
  t.same(rulesOf(decision), ['sync.wait-for']);
  t.same(stepOf(decision, 'configure').settings.syncNames, { kind: 'all', nodes: ['node2', 'node3'] });
  t.equal(codeOf(decision), 'again');
});

t.test('a standby that was released since it is to be stopped is not chosen until it is', async (t) => {
  const state = aPrimary({ names: { kind: 'none' }, senders: [aSender('node2')] });
  const rules = (parts: NodeParts) =>
    rulesOf(decide({ state, cluster: { nodes: { node2: { dataStatus: 'STREAMING|ASYNC', ...parts } } } }));
  t.same(rules({}), ['sync.wait-for']);
  t.same(rules({ shutdown: '0' }), ['sync.wait-for']);
  t.same(rules({ standby: true }), ['sync.alone'], 'in standby mode');
  t.same(rules({ shutdown: '1700000000' }), ['sync.alone'], 'being shut down');
});

t.test(
  'a marked node that was taken out of node_list is released, and does not hang the commits for ever',
  async (t) => {
    const config = { nodeList: ['node1', 'node3'] };
    t.same(rulesOf(decide({ config })), ['sync.wait-for']);
    const names = { kind: 'all', nodes: ['node2', 'node3'] } as const;
    const senders = [aSender('node2', { syncState: 'sync' }), aSender('node3', { syncState: 'sync' })];
    const decision = decide({
      config,
      cluster: { nodes: { node3: { score: '100', dataStatus: 'STREAMING|SYNC' } } },
      state: aPrimary({ names, senders }),
    });
    t.same(rulesOf(decision), ['sync.release']);
    t.same(stepOf(decision, 'confirm').notSync, ['node2']);
    t.not(stepOf(decision, 'record').dataStatus.node2, 'STREAMING|SYNC');
    t.match(published(decision), { 'node2 master-pgsql': '-INFINITY' });
  },
);

t.test('rep_mode=async', async (t) => {
  const config: Partial<PgsqlConfig> = { repMode: 'async' };
  t.test('those that stream may take over, in the order of node_list', async (t) => {
    const decision = decide({ config, state: aPrimary({ names: { kind: 'none' } }) });
    t.match(published(decision), { 'node3 master-pgsql': '99' });
    t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
  });
  t.test(
    'a mark of the time when it was sync proves nothing and goes, before anyone is released',
    async (t) => {
      const decision = decide({ config });
      t.same(stepOf(decision, 'record').dataStatus, { node2: 'STREAMING|ASYNC' });
      t.same(kindsOf(decision), ['record', 'configure', 'reload', 'publish']);
      t.same(stepOf(decision, 'configure').settings.syncNames, { kind: 'none' });
    },
  );
  t.test('a standby that is gone may not', async (t) => {
    const decision = decide({
      config,
      state: aPrimary({ names: { kind: 'none' }, senders: [aSender('node3')] }),
    });
    t.match(published(decision), { 'node2 master-pgsql': '-INFINITY', 'node3 master-pgsql': '100' });
  });
});

t.test('a standby.signal that is there again is removed, and the names stay', async (t) => {
  const decision = decide({ snapshot: { disk: aDisk({ standbySignal: true }) } });
  t.same(kindsOf(decision), ['configure']);
  t.match(stepOf(decision, 'configure'), {
    standby: false,
    settings: { syncNames: { kind: 'all', nodes: ['node2'] } },
  });
});

t.test('a mode that the agent does not manage', async (t) => {
  const decision = decide({ state: aPrimary({ names: { kind: 'other', text: '*' } }) });
  t.same(rulesOf(decision), ['sync.unmark-stray']);
});

t.test('slots come last', async (t) => {
  const decision = decide({
    config: { slotPrefix: 'pha' },
    state: aPrimary({ slots: [aSlot('pha_node2'), aSlot('pha_node1')] }),
  });
  t.same(kindsOf(decision), ['createSlots', 'dropSlots']);
  t.same(stepOf(decision, 'createSlots').names, ['pha_node3']);
  t.same(stepOf(decision, 'dropSlots').names, ['pha_node1']);
});

t.test('the receiver’s status is published where it is asked for', async (t) => {
  const decision = decide({ config: { checkWalReceiver: true } });
  t.match(published(decision), { 'node1 pgsql-receiver-status': 'normal (master)' });
});
