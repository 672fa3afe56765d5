import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import { decidePromote } from '../../../../../lib/pgsql/decide/promote.ts';
import { UNCONFIRMED } from '../../../../../lib/pgsql/decide/unconfirmed.ts';
import { electionRound, formatElectionNote } from '../../../../../lib/pgsql/election-note.ts';
import { EMPTY_MEMORY } from '../../../../../lib/pgsql/memory.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import { sideBySide } from '../../../../../lib/pgsql/steps.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aDisk,
  aLostStandby,
  aPrimary,
  aReceiver,
  aSender,
  aStandby,
  type ClusterParts,
  codeOf,
  kindsOf,
  lsn,
  NOTHING_ANNOUNCED,
  published,
  RECORDED,
  rulesOf,
  running,
  segmentOf,
  silent,
  stepOf,
  stepsOf,
  stopped,
  withoutPrimary,
} from '../builders.ts';

const PROMOTED = { ...NOTHING_ANNOUNCED, active: ['node2', 'node3'], promote: ['node2'] };

const promote = (parts: Partial<Snapshot> = {}, config: Partial<PgsqlConfig> = {}) =>
  decidePromote(aLostStandby({ announced: PROMOTED, ...parts }), aConfig(config));

const noteOf = (text: string, timeline = 2, replInfo: string | null = RECORDED): string =>
  formatElectionNote({
    round: electionRound('node2', replInfo ?? undefined),
    position: { timeline, lsn: lsn(text) },
  });

t.test('a new primary: recorded, confirmed, promoted, published, in this order', async (t) => {
  const decision = promote();
  t.same(rulesOf(decision), ['promote.open-timeline']);
  t.same(kindsOf(decision), [
    'configure',
    'reload',
    'record',
    'confirm',
    'record',
    'confirm',
    'awaitNames',
    'promote',
    'publish',
    'awaitPromoted',
  ]);
  t.match(decision.reasons[0].because, /node2 is promoted and leaves timeline 2 at 0\/5000000/);
  const replInfo = { node: 'node2', timeline: 2, end: lsn('0/5000000') };
  const [tentative, final] = stepsOf(decision, 'record');
  t.same(tentative, {
    kind: 'record',
    dataStatus: { node1: 'DISCONNECT', node3: 'DISCONNECT' },
    replInfo,
    promotion: 'tentative',
  });
  t.same(final, { ...tentative, promotion: 'final' }, 'only what a majority has outranks other partitions');
  const confirm = { kind: 'confirm', dataStatus: {}, notSync: ['node1', 'node3'], replInfo };
  t.same(stepsOf(decision, 'confirm'), [confirm, confirm]);
  t.equal(decision.whenStepFails, 'again');
});

t.test('only a finished promotion records LATEST', async (t) => {
  t.notOk(stepsOf(promote(), 'record').some(({ dataStatus }) => 'node2' in dataStatus));
});

t.test('a marked node outside node_list may not take over from then on, either', async (t) => {
  const cluster = known(withoutPrimary({ nodes: { node9: { dataStatus: 'STREAMING|SYNC' } } }));
  t.ok(stepsOf(promote({ cluster }), 'record').every(({ dataStatus }) => dataStatus.node9 === 'DISCONNECT'));
  t.ok(stepsOf(promote({ cluster }), 'confirm').every(({ notSync }) => notSync.includes('node9')));
});

t.test(
  'files that are right are left alone: standby.signal never comes back after the promotion',
  async (t) => {
    const syncNames = known(UNCONFIRMED);
    const disk = aDisk({ standbySignal: true, syncNames });
    t.same(kindsOf(promote({ disk })), [
      'record',
      'confirm',
      'record',
      'confirm',
      'awaitNames',
      'promote',
      'publish',
      'awaitPromoted',
    ]);
  },
);

t.test('the first commit waits until the record was confirmed again', async (t) => {
  const config: Partial<PgsqlConfig> = { syncDegrade: 'never' };
  t.same(stepOf(promote(), 'configure').settings.syncNames, UNCONFIRMED);
  t.same(stepOf(promote({}, config), 'configure').settings.syncNames, UNCONFIRMED);
  t.same(
    stepOf(promote({}, { ...config, nodeList: ['node2'], externalStandbys: ['far'] }), 'configure').settings
      .syncNames,
    UNCONFIRMED,
  );
  t.same(stepOf(promote({}, { ...config, repMode: 'async' }), 'configure').settings.syncNames, {
    kind: 'none',
  });
});

t.test(
  'numbers that a primary which was given up may have used are taken away at the last moment',
  async (t) => {
    const kinds = ['configure', 'reload', 'record', 'confirm', 'record', 'confirm', 'awaitNames'];
    const cluster = (usedTimeline: number) =>
      known(
        withoutPrimary({
          usedTimeline,
          replInfo: 'node2|0|0000000000000000',
          nodes: { node2: { dataStatus: 'DISCONNECT' } },
        }),
      );
    const decision = promote({ cluster: cluster(4) });
    t.same(kindsOf(decision), [...kinds, 'reserve', 'promote', 'publish', 'awaitPromoted']);
    t.same(stepOf(decision, 'reserve'), { kind: 'reserve', from: 3, through: 4 });
    t.match(decision.reasons[0].because, /timelines up to 4 are not opened again/);
    t.same(
      kindsOf(promote({ cluster: cluster(2) })),
      [...kinds, 'promote', 'publish', 'awaitPromoted'],
      'its own is none of them',
    );
  },
);

t.test('a promotion under way is waited for', async (t) => {
  const decision = promote({ memory: { ...EMPTY_MEMORY, started: true } });
  t.same(rulesOf(decision), ['promote.in-progress']);
  t.same(decision.steps, []);
});

t.test('refused: the score goes, and the reason says what to do', async (t) => {
  const cluster = known(withoutPrimary({ nodes: { node2: { dataStatus: 'STREAMING|ASYNC', score: '99' } } }));
  const decision = promote({ cluster });
  t.same(rulesOf(decision), ['promote.refused']);
  t.equal(codeOf(decision), OcfExit.GENERIC);
  t.same(published(decision), { 'node2 master-pgsql': '-INFINITY' });
});

t.test('a better node: it gets the better score', async (t) => {
  const decision = promote({ notes: known(new Map([['node3', noteOf('0/5000100')]])) }, { repMode: 'async' });
  t.same(rulesOf(decision), ['promote.better-node']);
  t.equal(codeOf(decision), OcfExit.GENERIC);
  t.same(published(decision), { 'node3 master-pgsql': '100', 'node2 master-pgsql': '50' });
});

t.test('notes of another round count for nothing', async (t) => {
  const notes = new Map([['node3', noteOf('0/9000000', 2, 'node9|1|0000000000000001')]]);
  t.same(rulesOf(promote({ notes: known(notes) }, { repMode: 'async' })), ['promote.open-timeline']);
});

t.test('what the others hold cannot be asked: that is not the same as nobody holds more', async (t) => {
  const decision = promote({ notes: unknown('attrd_updater: timed out') }, { repMode: 'async' });
  t.same(rulesOf(decision), ['promote.others-unknown']);
  t.same(decision.steps, []);
  t.equal(decision.outcome.kind, 'again');
});

t.test('another primary', async (t) => {
  const cluster = known(aClusterView());
  const refused = promote({ cluster, announced: { ...PROMOTED, promoted: ['node1'] } });
  t.same(rulesOf(refused), ['promote.other-primary']);
  t.equal(codeOf(refused), OcfExit.GENERIC);
  const demoted = { ...PROMOTED, promoted: ['node1'], demote: ['node1'] };
  t.same(
    rulesOf(promote({ cluster, announced: demoted })),
    ['promote.open-timeline'],
    'one that was just demoted',
  );
  t.same(rulesOf(promote({ cluster })), ['promote.open-timeline'], 'one whose status was left behind');
  const alone = promote({ cluster: known(aClusterView({ nodes: { node1: { online: false } } })) });
  const { started: _, ...memory } = alone.memory;
  t.same(
    rulesOf(promote({ cluster, memory })),
    ['promote.other-primary'],
    'one that was away when this promotion began, and is back',
  );
  const unsaid = known(aClusterView({ nodes: { node1: { dataStatus: 'LATEST' } } }));
  t.same(rulesOf(promote({ cluster: unsaid, memory })), ['promote.open-timeline'], 'but is primary no more');
  t.same(
    rulesOf(promote({ cluster: unsaid, memory, server: running(aStandby({ receiver: aReceiver() })) })),
    ['promote.other-primary'],
    'unless this node receives from a primary: what it said may have been lost when the partitions met',
  );
});

t.test('a primary that objects is left alone, unless it is one no more', async (t) => {
  const cluster = known(aClusterView());
  const notes = known(new Map([['node1', `${noteOf('0/5000000')} primary`]]));
  const active = ['node1', 'node2', 'node3'];
  const told = (lists: Partial<Snapshot['announced']>) =>
    promote({ cluster, notes, announced: { ...PROMOTED, active, ...lists } });
  const refused = told({});
  t.same(rulesOf(refused), ['promote.other-primary']);
  t.equal(codeOf(refused), OcfExit.GENERIC);
  t.same(rulesOf(told({ demote: ['node1'] })), ['promote.open-timeline']);
  t.same(rulesOf(told({ active: ['node2'] })), ['promote.open-timeline']);
  const behind = promote({
    self: 'node3',
    cluster: known(aClusterView({ nodes: { node2: { online: false } } })),
    notes: known(new Map([['node1', `${electionRound('node3', RECORDED)} 2 0000000004000000 - primary`]])),
    announced: { ...PROMOTED, promote: ['node3'], active, demote: ['node1'] },
  });
  t.same(rulesOf(behind), ['promote.refused'], 'its objection does not prove that another holds everything');
});

t.test('the recorded primary', async (t) => {
  const cluster: ClusterParts = {
    replInfo: 'node2|1|0000000004000000',
    nodes: { node1: { dataStatus: 'STREAMING|SYNC', online: false }, node2: { dataStatus: 'LATEST' } },
  };
  const back = (parts: Partial<Snapshot> = {}) =>
    promote({ cluster: known(withoutPrimary(cluster)), ...parts });

  t.test('goes on with its timeline, by a restart without the standby signal', async (t) => {
    const decision = back();
    t.same(rulesOf(decision), ['promote.same-timeline']);
    t.same(kindsOf(decision), ['stop']);
    t.equal(decision.memory.started, false);
  });
  t.test('and waits from its first commit on for those that may take over', async (t) => {
    const decision = back({ server: stopped(), memory: { ...EMPTY_MEMORY, started: false } });
    t.same(rulesOf(decision), ['promote.restart']);
    t.same(kindsOf(decision), ['configure', 'start']);
    t.match(stepOf(decision, 'configure'), {
      standby: false,
      settings: { syncNames: { kind: 'all', nodes: ['node1'] } },
    });
  });
  t.test('but not where another one has been promoted while it was stopped', async (t) => {
    const decision = promote({
      cluster: known(withoutPrimary({ ...cluster, replInfo: 'node3|2|0000000005000000' })),
      server: stopped(),
      memory: { ...EMPTY_MEMORY, started: false },
    });
    t.same(rulesOf(decision), ['promote.other-recorded']);
    t.equal(codeOf(decision), OcfExit.NOT_RUNNING);
    t.same(decision.steps, []);
  });
  t.test('that a demotion has left stopped is started as a standby first', async (t) => {
    const first = back({ server: stopped() });
    t.same(rulesOf(first), ['promote.start-first', 'start.standby']);
    t.same(kindsOf(first), ['configure', 'start']);
    t.equal(stepOf(first, 'configure').standby, true);
    t.equal(codeOf(first), 'again');
    const { memory } = first;
    t.same(rulesOf(back({ memory })), ['promote.same-timeline'], 'and then goes on');
    t.equal(codeOf(back({ server: stopped(), memory })), OcfExit.GENERIC, 'but not if it ends again');
  });
  t.test('whose promotion was cut short opens a timeline after all', async (t) => {
    const recordedOnly = known(withoutPrimary({ ...cluster, replInfo: 'node2|2|0000000005000000' }));
    t.same(rulesOf(back({ cluster: recordedOnly })), ['promote.open-timeline']);
    const disk = aDisk({
      standbySignal: true,
      segments: known([segmentOf(2, lsn('0/5000000')), segmentOf(3, lsn('0/5000000'))]),
      ownHistory: known([
        { timeline: 1, end: lsn('0/4000000') },
        { timeline: 2, end: lsn('0/5000000') },
      ]),
    });
    t.same(
      rulesOf(back({ cluster: recordedOnly, disk })),
      ['promote.open-timeline'],
      'also when a history and a segment of the new one are there already, and nothing on it',
    );
  });
  t.test('that was never promoted stays on the first timeline, and on that only', async (t) => {
    const replInfo = 'node2|0|0000000000000000';
    const first = known(withoutPrimary({ ...cluster, replInfo }));
    const server = running(aStandby({ timeline: 1 }));
    t.same(rulesOf(back({ cluster: first, server, disk: aDisk({ segments: known([]) }) })), [
      'promote.same-timeline',
    ]);
    t.same(rulesOf(back({ cluster: first })), ['promote.open-timeline']);
  });
  t.test('that an operator has named, and that was no primary before, opens a timeline', async (t) => {
    const named = known(
      withoutPrimary({
        replInfo: 'node2|0|0000000000000000',
        nodes: { node1: { online: false }, node2: { dataStatus: 'DISCONNECT' } },
      }),
    );
    const server = running(aStandby({ timeline: 1 }));
    t.same(rulesOf(back({ cluster: named, server, disk: aDisk({ segments: known([]) }) })), [
      'promote.open-timeline',
    ]);
  });
  t.test('that is still on a timeline of a primary that was given up opens one', async (t) => {
    const givenUp = known(withoutPrimary({ ...cluster, usedTimeline: 2 }));
    t.same(rulesOf(back({ cluster: givenUp })), ['promote.open-timeline']);
  });
  t.test('opens one when its history cannot be read', async (t) => {
    t.same(rulesOf(back({ disk: aDisk({ ownHistory: unknown('gone') }) })), ['promote.open-timeline']);
  });
});

t.test('a stopped server', async (t) => {
  const notRecorded = promote({ server: stopped() });
  t.same(rulesOf(notRecorded), ['promote.not-running']);
  t.equal(codeOf(notRecorded), OcfExit.NOT_RUNNING);
  const ended = promote({ server: stopped(), memory: { ...EMPTY_MEMORY, started: true } });
  t.same(rulesOf(ended), ['promote.ended']);
  t.equal(codeOf(ended), OcfExit.GENERIC);
  const leftovers = promote({ server: stopped(7), memory: { ...EMPTY_MEMORY, started: false } });
  t.same(rulesOf(leftovers), ['promote.leftovers']);
});

t.test('what is not known yet is waited for', async (t) => {
  t.equal(codeOf(promote({ server: silent('starting') })), 'again');
  t.equal(codeOf(promote({ cluster: unknown('cibadmin timed out') })), 'again');
  const { receiveLsn: _r, replayLsn: _p, ...empty } = aStandby();
  t.same(rulesOf(promote({ server: running(empty) })), ['promote.no-position']);
});

t.test('a replay that is paused is resumed first', async (t) => {
  const decision = promote({ server: running(aStandby({ replayPaused: true })) });
  t.same(kindsOf(decision), ['resumeReplay']);
});

t.test('once it is primary, it settles as one', async (t) => {
  const cluster = known(withoutPrimary({ replInfo: 'node2|2|0000000005000000' }));
  const server = running(
    aPrimary({ timeline: 3, names: { kind: 'none' }, senders: [aSender('node3', { state: 'catchup' })] }),
  );
  const disk = aDisk({
    ownHistory: known([
      { timeline: 1, end: lsn('0/4000000') },
      { timeline: 2, end: lsn('0/4FFFFF8') },
    ]),
  });
  const decision = promote({ cluster, server, disk });
  t.equal(codeOf(decision), OcfExit.SUCCESS);
  t.ok(rulesOf(decision).includes('promote.done'));
  t.match(stepOf(decision, 'record'), {
    dataStatus: { node2: 'LATEST', node3: 'CATCHUP|ASYNC' },
    replInfo: { node: 'node2', timeline: 2, end: lsn('0/4FFFFF8') },
  });
  t.same(published(decision), {}, 'clients wait: what it says of itself is left to its first monitor');
});

t.test(
  'it is over when PostgreSQL is a primary: its first monitor does the rest, while commits wait',
  async (t) => {
    const opening = promote();
    t.same(opening.outcome, { kind: 'done', code: OcfExit.SUCCESS });
    t.equal(opening.whenStepFails, 'again', 'one that takes long is waited for');
    t.match(opening.memory, { started: true, opensTimeline: true });
    t.same(
      sideBySide(opening.steps)
        .filter((group) => group.some(({ kind }) => kind === 'awaitNames'))
        .map((group) => group.map(({ kind }) => kind)),
      [['confirm', 'awaitNames']],
      'commits would wait by then, or it is not promoted so',
    );
    const memory = { ...EMPTY_MEMORY, holdsNothing: true } as const;
    const slower = promote({ memory, disk: aDisk({ standbySignal: true, syncNames: known(UNCONFIRMED) }) });
    t.equal(slower.outcome.kind, 'again', 'the checkpointer is busy: it is finished before it ends');
    t.same(
      kindsOf(slower).slice(0, 2),
      ['reload', 'record'],
      'an operation before may not have come to that',
    );
    t.notOk(kindsOf(slower).includes('awaitNames'));
    t.same(promote({}, { repMode: 'async' }).outcome.kind, 'again', 'not where commits do not wait');
  },
);

t.test('it finishes itself what it has not left to the monitor', async (t) => {
  const cluster = known(withoutPrimary({ replInfo: 'node2|2|0000000005000000' }));
  const server = running(aPrimary({ timeline: 3, names: UNCONFIRMED, senders: [] }));
  const disk = aDisk({
    syncNames: known(UNCONFIRMED),
    ownHistory: known([{ timeline: 2, end: lsn('0/5000000') }]),
  });
  const decision = promote({ cluster, server, disk });
  t.same(
    kindsOf(decision),
    ['record', 'confirm', 'record', 'confirm', 'configure', 'reload'],
    'also of an operation before',
  );
  t.equal(decision.whenStepFails, 'finish-once-confirmed');
  t.equal(codeOf(decision), OcfExit.SUCCESS);
});

t.test('where no commit waits, it says that it is primary only when a majority has that', async (t) => {
  const cluster = known(withoutPrimary({ replInfo: 'node2|2|0000000005000000' }));
  const version = { major: 9.6, number: 90624 } as const;
  const server = running({ ...aPrimary({ timeline: 3, names: { kind: 'none' }, senders: [] }), version });
  const disk = aDisk({
    syncNames: known({ kind: 'none' }),
    ownHistory: known([{ timeline: 2, end: lsn('0/5000000') }]),
  });
  const memory = { ...EMPTY_MEMORY, opensTimeline: true } as const;
  const decision = promote({ cluster, server, disk, memory });
  t.same(kindsOf(decision), ['record', 'confirm', 'record', 'confirm']);
  t.equal(decision.whenStepFails, 'finish-once-confirmed');
  const later = promote({ cluster, server, disk });
  t.equal(later.whenStepFails, 'finish');
  t.notOk(
    stepsOf(later, 'record').some(({ promotion }) => promotion),
    'not where another operation promoted it',
  );
});

t.test('PostgreSQL 9.6 knows no ANY', async (t) => {
  const version = { major: 9.6, number: 90624 } as const;
  const decision = promote({ server: running(aStandby({ version })) });
  t.same(stepOf(decision, 'configure').settings.syncNames, { kind: 'none' });
});

t.test('a promotion ends every switch that was asked for, and hands over to nobody', async (t) => {
  const replInfo = 'node2|2|0000000004FFFFF8';
  const ownHistory = known([
    { timeline: 1, end: lsn('0/4000000') },
    { timeline: 2, end: lsn('0/4FFFFF8') },
  ]);
  const server = running(
    aPrimary({
      timeline: 3,
      names: { kind: 'all', nodes: ['node3'] },
      senders: [aSender('node3', { syncState: 'sync' })],
    }),
  );
  const cluster = known(
    withoutPrimary({
      replInfo,
      nodes: {
        node2: { switchFrom: RECORDED },
        node3: { switchFrom: replInfo, dataStatus: 'STREAMING|SYNC' },
      },
    }),
  );
  const decision = promote({ cluster, server, disk: aDisk({ ownHistory }) }, { repMode: 'async' });
  t.equal(codeOf(decision), OcfExit.SUCCESS);
  t.same(
    rulesOf(decision).filter((rule) => rule.startsWith('switch.')),
    [],
  );
  const changes = published(decision);
  t.ok('node2 pgsql-switch-from' in changes && 'node3 pgsql-switch-from' in changes);
  t.equal(changes['node3 pgsql-switch-from'], undefined);
  t.not(changes['node3 master-pgsql'], '2000');
});

t.test('without notifications there is nothing to compare with', async (t) => {
  t.same(rulesOf(promote({ announced: NOTHING_ANNOUNCED })), ['promote.open-timeline']);
});
