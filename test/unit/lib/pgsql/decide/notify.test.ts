import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { NotifyContext, NotifyLists } from '../../../../../lib/pacemaker/notify.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import { concerns, decideNotify } from '../../../../../lib/pgsql/decide/notify.ts';
import { electionRound, formatElectionNote } from '../../../../../lib/pgsql/election-note.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import type { StandbyState } from '../../../../../lib/postgres/server-state.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aDisk,
  aLostStandby,
  aNotification,
  aPrimary,
  aReceiver,
  aSender,
  aSnapshot,
  aStandby,
  codeOf,
  kindsOf,
  lsn,
  published,
  RECORDED,
  rulesOf,
  running,
  silent,
  stepOf,
  stopped,
  withoutPrimary,
} from '../builders.ts';

const note = (text: string, parts: { readonly isSealed?: true } = {}): string =>
  formatElectionNote({
    round: electionRound('node2', RECORDED),
    position: { timeline: 2, lsn: lsn(text) },
    ...parts,
  });

const notified = (notify: NotifyContext): Partial<Snapshot> => ({ notify, announced: notify });

/** node2 is to be promoted, as node2 or node3 is told of it. */
const election = (
  parts: Partial<Snapshot> = {},
  config: Partial<PgsqlConfig> = {},
  lists: Partial<NotifyLists> = {},
) =>
  decideNotify(
    aLostStandby({
      ...notified(
        aNotification('pre', 'promote', { active: ['node2', 'node3'], promote: ['node2'], ...lists }),
      ),
      ...parts,
    }),
    aConfig(config),
  );

t.test('whom a notification concerns', async (t) => {
  const pre = (operation: NotifyContext['operation'], lists: Partial<NotifyLists>) =>
    concerns(aNotification('pre', operation, lists), 'node1');
  const post = (operation: NotifyContext['operation'], lists: Partial<NotifyLists>) =>
    concerns(aNotification('post', operation, lists), 'node1');
  t.ok(pre('promote', { promote: ['node2'] }));
  t.notOk(pre('promote', { promote: ['node2'], stop: ['node1'] }));
  t.notOk(post('promote', { promote: ['node2'] }));
  t.ok(pre('stop', { promoted: ['node1'], stop: ['node2'] }));
  t.notOk(pre('stop', { promoted: ['node1'], stop: ['node1'] }));
  t.notOk(pre('stop', { promoted: ['node2'], stop: ['node3'] }));
  t.ok(post('start', { promoted: ['node1'], start: ['node2'] }));
  t.notOk(pre('start', { promoted: ['node1'], start: ['node2'] }));
  t.notOk(pre('demote', { promoted: ['node1'], demote: ['node1'] }));
  t.notOk(concerns(aNotification('pre', 'stop', { promoted: ['node10'] }), 'node1'));
  t.notOk(concerns(undefined, 'node1'));
});

t.test('an election', async (t) => {
  t.test('a standby tells its position, and receives no more from the lost primary', async (t) => {
    const decision = election({ server: running(aStandby({ receiver: aReceiver() })) });
    t.same(kindsOf(decision), ['announce', 'endReceiver']);
    t.equal(stepOf(decision, 'announce').note, note('0/5000000'));
  });
  t.test('a standby seals itself while the lost primary may run on', async (t) => {
    const state = aStandby({ receiver: aReceiver() });
    const server = running({ ...state, settings: { ...state.settings, primaryConninfo: 'host=vip' } });
    const lost = { self: 'node3', server, isAddressTaken: true };
    const decision = election(lost);
    t.same(kindsOf(decision), ['endReceiver', 'configure', 'reload'], 'one more write may be on its way');
    t.equal(stepOf(decision, 'configure').settings.standby?.primaryConninfo, '');
    t.match(decision.outcome, { kind: 'again', looksAt: 'election', atMost: { code: 0 } });

    const ending = { ...state, settings: { ...state.settings, primaryConninfo: '' } };
    const still = election({ ...lost, server: running(ending), round: 1 });
    t.same([kindsOf(still), rulesOf(still)], [[], ['election.seal-first']], 'its receiver still lives');
    const { receiver: _, ...ended } = ending;
    const between = election({
      ...lost,
      server: running({ ...ended, settings: { ...ended.settings, primaryConninfo: 'host=vip' } }),
    });
    t.same(kindsOf(between), ['configure', 'reload'], 'its receiver is between two tries');
    const told = election({ ...lost, server: running(ended), round: 2 });
    t.same(kindsOf(told), ['announce'], 'what it holds is final');
    t.equal(stepOf(told, 'announce').note, note('0/5000000', { isSealed: true }));

    const ends = (what: string, parts: Partial<Snapshot>) =>
      t.same(kindsOf(election({ ...lost, ...parts })), ['announce', 'endReceiver'], what);
    ends('nobody has the address: the node is off, or cut off', { isAddressTaken: false });
    ends('the candidate itself', { self: 'node2' });
    ends('the lost primary is in the cluster, and was demoted', {
      cluster: known(withoutPrimary({ nodes: { node1: { status: 'STOP', dataStatus: 'LATEST' } } })),
    });
    ends('PostgreSQL 12 reads it at its start alone', {
      server: running({
        ...state,
        version: { number: 120000, major: 12, minor: 0 } as StandbyState['version'],
        settings: { ...state.settings, primaryConninfo: 'host=vip' },
      }),
    });
  });
  t.test('the candidate waits for the others, but not for long', async (t) => {
    const decision = election();
    t.same(rulesOf(decision), ['election.publish']);
    t.match(decision.outcome, {
      kind: 'again',
      waitingFor: 'the positions of node3',
      looksAt: 'election',
      atMost: { code: 0 },
    });
  });
  t.test('nor at all, where a primary that is well hands over to its synchronous standby', async (t) => {
    const synchronous = { node2: { dataStatus: 'STREAMING|SYNC', score: '2000' } };
    const handedOver = (nodes: Parameters<typeof aClusterView>[0], lists: Partial<NotifyLists>) =>
      codeOf(election({ cluster: known(aClusterView(nodes)) }, {}, { demote: ['node1'], ...lists }));
    t.equal(handedOver({ nodes: synchronous }, {}), OcfExit.SUCCESS);
    t.equal(
      handedOver({ nodes: synchronous }, { stop: ['node1'] }),
      'again',
      'it is stopped: it may have crashed',
    );
    t.equal(handedOver({ nodes: synchronous }, { demote: [] }), 'again');
    t.equal(handedOver({ nodes: { ...synchronous, node1: { online: false } } }, {}), 'again', 'it is lost');
    t.equal(
      handedOver({ nodes: { node2: { dataStatus: 'DISCONNECT', score: '2000' } } }, {}),
      'again',
      'not synchronous',
    );
    t.equal(
      handedOver({ nodes: { node2: { dataStatus: 'STREAMING|SYNC', score: '100' } } }, {}),
      'again',
      'demoted for another reason, as after a crash with on-fail=demote',
    );
  });
  t.test('the others do not wait', async (t) => {
    t.equal(codeOf(election({ self: 'node3' })), OcfExit.SUCCESS);
  });
  t.test('what was told already is not told again', async (t) => {
    const decision = election({ round: 1, notes: known(new Map([['node2', note('0/5000000')]])) });
    t.same(decision.steps, []);
  });
  t.test('a node that is about to stop, or is offline, is not waited for', async (t) => {
    t.same(rulesOf(election({}, {}, { stop: ['node3'] })), ['election.all-seen']);
    t.same(rulesOf(election({}, {}, { active: ['node1', 'node2'] })), ['election.all-seen']);
  });
  t.test('who sees all of them has a better node promoted instead', async (t) => {
    const parts = { notes: known(new Map([['node3', note('0/5000100')]])) };
    const decision = election(parts, { repMode: 'async' });
    t.same(rulesOf(decision), ['election.better-node']);
    t.same(published(decision), { 'node3 master-pgsql': '100', 'node2 master-pgsql': '50' });
  });
  t.test('also when that is not the candidate', async (t) => {
    const decision = election(
      {
        self: 'node3',
        server: running(aStandby({ receiveLsn: lsn('0/5000100') })),
        notes: known(new Map([['node2', note('0/5000000')]])),
      },
      { repMode: 'async' },
    );
    t.match(published(decision), { 'node3 master-pgsql': '100' });
  });
  t.test('a marked candidate first sees to it that nothing is acknowledged by it any more', async (t) => {
    const ahead = known(new Map([['node3', note('0/5000100')]]));
    const standby = (primaryConninfo: string, parts: Partial<StandbyState> = {}) => {
      const state = aStandby(parts);
      return running({ ...state, settings: { ...state.settings, primaryConninfo } });
    };
    const seals = election({ notes: ahead, server: standby('host=vip', { receiver: aReceiver() }) });
    t.same(rulesOf(seals), ['election.seal']);
    t.same(kindsOf(seals), ['announce', 'endReceiver', 'configure', 'reload']);
    t.equal(stepOf(seals, 'configure').settings.standby?.primaryConninfo, '');
    t.match(seals.outcome, { kind: 'again', atMost: { code: 0 } });
    const waits = election({
      round: 1,
      notes: ahead,
      server: standby('', { receiver: aReceiver() }),
    });
    t.same(kindsOf(waits), ['announce'], 'PostgreSQL has not ended the receiver yet');
    const sealed = election({ round: 2, notes: ahead, server: standby('') });
    t.same(rulesOf(sealed), ['election.better-node']);
    t.equal(stepOf(sealed, 'announce').note, `${note('0/5000000')} sealed`);
    t.same(published(sealed), { 'node3 master-pgsql': '100', 'node2 master-pgsql': '50' });
    const old = election({
      notes: ahead,
      server: running(
        aStandby({
          version: { major: 12, number: 120018 },
          settings: { ...aStandby().settings, primaryConninfo: 'host=vip' },
        }),
      ),
    });
    t.same(rulesOf(old), ['election.all-seen'], 'before PostgreSQL 13 it cannot, and is promoted itself');
    t.same(
      rulesOf(election({ notes: ahead })),
      ['election.all-seen'],
      'nor where the setting may not be seen',
    );
  });
  t.test('others leave that to the marked candidate', async (t) => {
    const decision = election({
      self: 'node3',
      server: running(aStandby({ receiveLsn: lsn('0/5000100') })),
      notes: known(new Map([['node2', note('0/5000000')]])),
    });
    t.same(rulesOf(decision), ['election.all-seen']);
  });
  t.test('the candidate is the newest', async (t) => {
    const decision = election({ notes: known(new Map([['node3', note('0/4FFFFF0')]])) });
    t.same(rulesOf(decision), ['election.all-seen']);
    t.equal(codeOf(decision), OcfExit.SUCCESS);
  });
  t.test('a position that is not known is none', async (t) => {
    const { receiveLsn: _r, replayLsn: _p, ...empty } = aStandby();
    t.same(rulesOf(election({ server: running(empty) })), ['election.no-position']);
  });
});

t.test('a primary', async (t) => {
  const primary = (notify: NotifyContext, state = aPrimary()) =>
    decideNotify(aSnapshot({ ...notified(notify), server: running(state) }), aConfig());
  t.test('replaces the synchronous standby before it is stopped', async (t) => {
    const decision = primary(aNotification('pre', 'stop', { promoted: ['node1'], stop: ['node2'] }));
    t.same(rulesOf(decision), ['sync.wait-for']);
  });
  t.test('or goes on alone, once that is recorded', async (t) => {
    const decision = primary(
      aNotification('pre', 'stop', { promoted: ['node1'], stop: ['node2'] }),
      aPrimary({ senders: [aSender('node2', { syncState: 'sync' })] }),
    );
    t.same(rulesOf(decision), ['sync.degrade']);
    t.same(kindsOf(decision), ['publish', 'record', 'confirm', 'configure', 'reload']);
    t.equal(codeOf(decision), OcfExit.SUCCESS);
  });
  t.test('does nothing when it is stopped itself', async (t) => {
    const decision = primary(aNotification('pre', 'stop', { promoted: ['node1'], stop: ['node1', 'node2'] }));
    t.same(rulesOf(decision), ['notify.nothing']);
  });
});

t.test('a primary that Pacemaker takes for a standby objects to the promotion of another node', async (t) => {
  const announced = (lists: Partial<NotifyLists>) =>
    aNotification('pre', 'promote', { active: ['node1', 'node2', 'node3'], promote: ['node2'], ...lists });
  const primary = (lists: Partial<NotifyLists>, parts: Partial<Snapshot> = {}) =>
    decideNotify(aSnapshot({ ...notified(announced(lists)), ...parts }), aConfig());
  const decision = primary({});
  t.same(rulesOf(decision), ['election.primary-objects']);
  t.equal(stepOf(decision, 'announce').note, `${note('0/5000000')} primary`);
  t.same(rulesOf(primary({ demote: ['node1'] })), ['notify.nothing'], 'it is demoted first');
  t.same(rulesOf(primary({ promote: ['node1'] })), ['notify.nothing'], 'its own promotion');
  const superseded = known(aClusterView({ replInfo: 'node2|2|0000000005000000' }));
  t.same(rulesOf(primary({}, { cluster: superseded })), ['notify.nothing'], 'it is not the recorded one');

  const silently = (lists: Partial<NotifyLists>, parts: Partial<Snapshot> = {}) =>
    primary(lists, {
      server: silent('too-many-clients'),
      disk: aDisk({ control: unknown('not asked') }),
      ...parts,
    });
  const unasked = silently({});
  t.same(rulesOf(unasked), ['election.primary-objects'], 'also one that cannot be asked');
  t.equal(stepOf(unasked, 'announce').note, `${note('0/4000000')} primary`);
  t.equal(codeOf(unasked), OcfExit.SUCCESS);
  for (const lists of [{ demote: ['node1'] }, { stop: ['node1'] }, { promote: ['node1'] }])
    t.same(rulesOf(silently(lists)), ['notify.nothing']);
  t.same(rulesOf(silently({}, { disk: aDisk({ standbySignal: true }) })), ['notify.nothing'], 'a standby');
  t.same(rulesOf(silently({}, { cluster: superseded })), ['notify.nothing'], 'not the recorded one');
  t.same(rulesOf(silently({}, { server: stopped() })), ['notify.nothing'], 'it does not run');

  const objection = known(new Map([['node1', `${note('0/5000000')} primary`]]));
  const cluster = known(aClusterView());
  const heard = election({ notes: objection, cluster }, { repMode: 'async' }, { active: ['node1', 'node2'] });
  t.same(
    [rulesOf(heard), kindsOf(heard)],
    [['election.all-seen'], ['announce']],
    'no score is changed for it',
  );
});

t.test('nothing is done by a node that has no server to ask', async (t) => {
  for (const server of [stopped(), silent('timeout')]) {
    const decision = election({ server });
    t.same(rulesOf(decision), ['notify.nothing']);
    t.equal(codeOf(decision), OcfExit.SUCCESS);
  }
});
