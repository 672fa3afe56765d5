import t from 'tap';
import type { ClusterView } from '../../../../../lib/pacemaker/view.ts';
import { clusterFacts } from '../../../../../lib/pgsql/cluster-facts.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import { judgeStandby, planStandby } from '../../../../../lib/pgsql/decide/standby.ts';
import { EMPTY_MEMORY, type Memory } from '../../../../../lib/pgsql/memory.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import type { StandbyState } from '../../../../../lib/postgres/server-state.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aLostStandby,
  aPrimaryHistory,
  aReceiver,
  aSender,
  aSlot,
  aStandby,
  HEALTHY,
  kindsOf,
  LOCK,
  lsn,
  NAMES,
  published,
  RECORDED,
  rulesOf,
  running,
  stepOf,
  withoutPrimary,
} from '../builders.ts';

interface Parts {
  readonly view?: ClusterView;
  readonly state?: Partial<StandbyState>;
  readonly config?: Partial<PgsqlConfig>;
  readonly memory?: Memory;
  readonly notes?: Snapshot['notes'];
  readonly primaryHistory?: Snapshot['primaryHistory'];
}

/** node2, a standby of node1. */
const plan = ({
  view = aClusterView(),
  state = { receiver: aReceiver() },
  config = {},
  memory = EMPTY_MEMORY,
  notes = known(new Map()),
  primaryHistory = unknown('not asked for'),
}: Parts) => {
  const server = aStandby(state);
  return planStandby(
    aLostStandby({ cluster: known(view), server: running(server), memory, notes, primaryHistory }),
    aConfig(config),
    clusterFacts(view, NAMES),
    server,
  );
};

t.test('a standby that receives', async (t) => {
  const result = plan({});
  t.same(rulesOf(result), ['standby.follows']);
  t.same(result.steps, []);
});

t.test('a standby that streams from itself', async (t) => {
  const self = aSender('node2', { pid: 77 });
  const own = { receiver: aReceiver({ pid: 76 }), senders: [self] };
  const alone = withoutPrimary();
  const result = plan({ view: alone, state: own });
  t.same(rulesOf(result), ['standby.follows-itself']);
  t.same(result.steps, [{ kind: 'endConnections', pids: [76, 77] }]);
  t.equal(result.memory, EMPTY_MEMORY, 'its own end is not that of the primary');

  const another = { receiver: aReceiver({ pid: 76 }), senders: [aSender('node3', { pid: 78 })] };
  t.same(
    rulesOf(plan({ view: alone, state: another })),
    ['standby.cascades'],
    'another one cascades from it',
  );

  const [before, since] = [2, 3].map((receivedTimeline) => ({
    receiver: aReceiver({ receivedTimeline }),
    senders: [self],
  }));
  const replInfo = 'node1|2|0000000005000000';
  t.same(
    rulesOf(plan({ view: aClusterView({ replInfo }), state: before ?? {} })),
    ['standby.follows-itself'],
    'the address has gone to the new primary, and the connection is still there',
  );
  t.same(
    rulesOf(plan({ view: aClusterView({ replInfo }), state: since ?? {} })),
    ['standby.follows'],
    'it follows the new primary, and only one end of the old connection is left',
  );
});

t.test('its status follows from what the primary says of it', async (t) => {
  const view = aClusterView({ nodes: { node2: { status: 'HS:alone', dataStatus: 'STREAMING|POTENTIAL' } } });
  t.same(published(plan({ view })), { 'node2 pgsql-status': 'HS:potential' });
});

t.test('one that does not receive says so when it lasts', async (t) => {
  const first = plan({ state: {} });
  t.same(rulesOf(first), ['standby.not-receiving']);
  t.same(first.steps, []);
  t.same(published(plan({ state: {}, memory: first.memory })), { 'node2 pgsql-status': 'HS:alone' });
});

t.test(
  'with two nodes and an arbiter: a primary may take two questions longer to be started again',
  async (t) => {
    const lock = { lock: LOCK };
    const first = plan({ state: {}, config: lock });
    t.same(plan({ state: {}, config: lock, memory: first.memory }).steps, []);
    const memory: Memory = { ...EMPTY_MEMORY, withoutPrimary: { count: 3, seen: '' } };
    t.same(published(plan({ state: {}, config: lock, memory })), { 'node2 pgsql-status': 'HS:alone' });
  },
);

t.test('that it was refused as a successor is no failure once it follows a primary again', async (t) => {
  const view = aClusterView({ nodes: { node2: { ...HEALTHY.node2, failedPromotions: '2' } } });
  const forgiven = {
    'node2 fail-count-pgsql#promote_0': undefined,
    'node2 last-failure-pgsql#promote_0': undefined,
  };
  t.same(published(plan({ view, config: { lock: LOCK } })), forgiven);
  t.same(published(plan({ view, config: { quorumDevice: true } })), forgiven);
  t.same(plan({ view }).steps, [], 'with three nodes nobody is refused by a cut');
  t.same(plan({ view, config: { lock: LOCK }, state: {} }).steps, [], 'not before');
  t.same(plan({ config: { lock: LOCK } }).steps, [], 'where nothing has failed there is nothing to write');
});

t.test('one that has sealed itself in an election', async (t) => {
  const state = { settings: { ...aStandby().settings, primaryConninfo: '' } };
  t.test('says so as long as there is no primary', async (t) => {
    const decision = plan({ view: withoutPrimary(), state });
    t.match(stepOf(decision, 'announce').note, / sealed$/);
    t.notOk(kindsOf(decision).includes('reload'));
  });
  const primaryHistory = known(aPrimaryHistory());
  t.test('gives up its mark before it receives again, and what it said', async (t) => {
    const decision = plan({ state, primaryHistory });
    t.same(rulesOf(decision), ['seal.open', 'standby.not-receiving']);
    t.same(kindsOf(decision), ['announce', 'record', 'confirm', 'configure', 'reload']);
    t.same(stepOf(decision, 'announce').note, undefined);
    t.same(stepOf(decision, 'record').dataStatus, { node2: 'DISCONNECT' });
    // By the nodes: the arbiter confirms only what the owner of the lock does.
    t.match(stepOf(decision, 'confirm'), { notSync: ['node2'], replInfo: { node: 'node1' }, byNodes: true });
    t.match(stepOf(decision, 'configure').settings.standby?.primaryConninfo, /host=/);
  });
  t.test('or receives again at once where it is not marked any more', async (t) => {
    const view = aClusterView({ nodes: { node2: { dataStatus: 'DISCONNECT' } } });
    t.same(kindsOf(plan({ view, state, primaryHistory })), ['announce', 'confirm', 'configure', 'reload']);
  });
  t.test('not while the record names another than the one that says it is primary', async (t) => {
    const view = aClusterView({ replInfo: 'node3|2|0000000005000000' });
    t.notOk(kindsOf(plan({ view, state, primaryHistory })).includes('reload'));
  });
  t.test('nor before that primary itself answers at its address', async (t) => {
    const silent = plan({ state });
    t.same(rulesOf(silent), ['seal.wait', 'standby.not-receiving']);
    t.same(kindsOf(silent), []);
    const long = { ...EMPTY_MEMORY, withoutPrimary: { count: 3, seen: '' } };
    t.ok(kindsOf(plan({ state, memory: long })).includes('reload'), 'which must not keep it for ever');
    const history = [{ timeline: 0, end: lsn('0/1') }];
    const old = plan({
      state,
      memory: long,
      primaryHistory: known(aPrimaryHistory({ timeline: 1, history })),
    });
    t.match(old.reasons[0]?.because, /until node1 answers at its address: another one does, on timeline 1/);
  });
});

t.test(
  'the end of the primary’s log is remembered, and taken back when a new one begins earlier',
  async (t) => {
    const memory = { ...EMPTY_MEMORY, primaryEnd: lsn('0/9000000') };
    t.equal(plan({}).memory.primaryEnd, lsn('0/5000000'));
    t.equal(plan({ memory }).memory.primaryEnd, lsn('0/5000000'));
    t.equal(
      plan({ memory, state: {} }).memory.primaryEnd,
      lsn('0/9000000'),
      'not by one that does not receive',
    );
  },
);

t.test('without a primary it tells its position', async (t) => {
  const result = plan({ view: withoutPrimary({ replInfo: null }), state: {} });
  t.equal(stepOf(result, 'announce').note, '-@first 2 0000000005000000 -');
  t.match(published(result), { 'node2 pgsql-xlog-loc': '0000000005000000' });
});

t.test('its monitor leaves the note alone that a promotion counts on', async (t) => {
  const view = withoutPrimary();
  const announced = `node3@${RECORDED} 2 0000000005000000 -`;
  const notes = known(new Map([['node2', announced]]));
  t.same(kindsOf(plan({ view, state: {}, notes })), [], 'as it is');
  t.equal(
    stepOf(plan({ view, state: { replayLsn: lsn('0/5000100') }, notes }), 'announce').note,
    `node3@${RECORDED} 2 0000000005000100 -`,
    'with a newer position, in the same round',
  );
  t.same(
    kindsOf(plan({ view, state: {}, notes: unknown('attrd_updater: timed out') })),
    [],
    'not over one unseen',
  );
});

t.test(
  'slots of the time when it was primary hold WAL for ever: they go unless they are in use',
  async (t) => {
    const slots = [
      aSlot('pha_node3'),
      aSlot('pha_node1', { active: true }),
      aSlot('pha_node4'),
      aSlot('backup'),
    ];
    const result = plan({ state: { receiver: aReceiver(), slots }, config: { slotPrefix: 'pha' } });
    t.same(stepOf(result, 'dropSlots').names, ['pha_node3']);
    t.same(kindsOf(plan({ state: { receiver: aReceiver(), slots } })), []);
  },
);

t.test('the receiver’s status', async (t) => {
  const config = { checkWalReceiver: true };
  t.match(published(plan({ config })), { 'node2 pgsql-receiver-status': 'normal' });
});

t.test('is it on the primary’s history?', async (t) => {
  const judge = (view: ClusterView, state: Partial<StandbyState>) => {
    const server = aStandby(state);
    return judgeStandby(aLostStandby({ cluster: known(view) }), clusterFacts(view, NAMES), server).kind;
  };
  t.equal(judge(aClusterView(), { receiver: aReceiver() }), 'fits');
  t.equal(judge(withoutPrimary(), { timeline: 1 }), 'unknown', 'there is nobody to compare with');
  const foreign = aClusterView({ nodes: { node3: { status: 'PRI' }, node1: { status: 'HS:async' } } });
  t.equal(judge(foreign, {}), 'unknown', 'REPL_INFO is final only once its node says that it is primary');
});
