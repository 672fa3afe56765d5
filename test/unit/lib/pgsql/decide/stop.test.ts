import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import type { Decision } from '../../../../../lib/pgsql/decide/decision.ts';
import { decideDemote, decideStop } from '../../../../../lib/pgsql/decide/stop.ts';
import { EMPTY_MEMORY } from '../../../../../lib/pgsql/memory.ts';
import { Score } from '../../../../../lib/pgsql/names.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import { sideBySide } from '../../../../../lib/pgsql/steps.ts';
import type { ControlState } from '../../../../../lib/postgres/control-data.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aControlFile,
  aDisk,
  aSnapshot,
  aStandby,
  codeOf,
  kindsOf,
  NOTHING_ANNOUNCED,
  published,
  rulesOf,
  running,
  silent,
  stepOf,
  stopped,
} from '../builders.ts';

const config = aConfig({ stopEscalateMs: 90_000, stopEscalateStandbyMs: 30_000 });
const stop = (parts: Partial<Snapshot>) => decideStop(aSnapshot(parts), config);

t.test('a running server is stopped: fast, with the time that its role has', async (t) => {
  t.match(stepOf(stop({}), 'stop'), { first: 'fast', escalateAfterMs: 90_000 });
  t.match(stepOf(stop({ server: running(aStandby()) }), 'stop'), { first: 'fast', escalateAfterMs: 30_000 });
  t.equal(codeOf(stop({})), 'again');
});

t.test('one that does not answer, too', async (t) => {
  t.match(stepOf(stop({ server: silent('timeout') }), 'stop'), { first: 'fast', escalateAfterMs: 90_000 });
});

t.test('leftovers of a crashed postmaster are ended at once', async (t) => {
  const decision = stop({ server: stopped(101, 102) });
  t.equal(stepOf(decision, 'stop').first, 'immediate');
  t.equal(codeOf(decision), 'again');
});

t.test(
  'without quorum the primary ends at once, and writes no checkpoint that nobody else has',
  async (t) => {
    t.equal(stepOf(stop({ cluster: known(aClusterView({ haveQuorum: false })) }), 'stop').first, 'immediate');
    const plain = decideStop(
      aSnapshot({ cluster: known(aClusterView({ haveQuorum: false })) }),
      aConfig({ repMode: 'none' }),
    );
    t.equal(stepOf(plain, 'stop').first, 'fast', 'a single server has nobody to differ from');
  },
);

t.test('stop succeeds whatever the cluster and the disk say', async (t) => {
  const decision = stop({ server: stopped(), cluster: unknown('cibadmin timed out') });
  t.equal(codeOf(decision), OcfExit.SUCCESS);
  t.equal(decision.whenStepFails, 'finish');
  t.match(published(decision), { 'node1 pgsql-status': 'STOP' });
});

t.test(
  'the recorded primary keeps its score, to be the one that comes back; others lose theirs',
  async (t) => {
    t.same(published(stop({ server: stopped() })), { 'node1 pgsql-status': 'STOP' });
    t.same(published(stop({ self: 'node2', server: stopped() })), {
      'node2 pgsql-status': 'STOP',
      'node2 master-pgsql': '-INFINITY',
    });
  },
);

t.test('nothing is published twice, or before a start that is announced', async (t) => {
  const node1 = { status: 'STOP', score: '1000', dataStatus: 'LATEST' };
  t.same(stop({ server: stopped(), cluster: known(aClusterView({ nodes: { node1 } })) }).steps, []);
  t.same(stop({ server: stopped(), announced: { ...NOTHING_ANNOUNCED, start: ['node1'] } }).steps, []);
});

t.test('a primary that was demoted leaves no note of an earlier election behind', async (t) => {
  const announced = { ...NOTHING_ANNOUNCED, demote: ['node1'], stop: ['node1'] };
  t.match(stop({ server: stopped(), announced }).steps, [
    { kind: 'publish' },
    { kind: 'announce', note: undefined, alongside: true },
  ]);
});

t.test('rep_mode=none says nothing to the cluster', async (t) => {
  t.same(decideStop(aSnapshot({ server: stopped() }), aConfig({ repMode: 'none' })).steps, []);
});

t.test(
  'a server that has ended by itself: the first action that finds it says so, and what to see to',
  async (t) => {
    const disk = aDisk({ walRoom: known(1024 ** 2) });
    const found = aSnapshot({ server: stopped(), disk, watcher: 'reported' });
    const said = (decision: Decision) => decision.reasons.find(({ rule }) => /ended$/.test(rule));
    t.match(said(decideDemote(found, config)), {
      rule: 'demote.ended',
      because: /^no room for WAL here \(1 MB free.*: PostgreSQL has ended by itself$/,
    });
    t.equal(said(decideDemote({ ...found, round: 1 }, config)), undefined, 'it was stopped');
    t.match(said(decideStop(found, config)), { rule: 'stop.ended' });
    t.ok(said(decideStop({ ...found, watcher: 'reports' }, config)), 'Pacemaker may be faster than its mark');
    t.equal(said(decideStop({ ...found, watcher: 'none' }, config)), undefined, 'it may never have run');
  },
);

t.test('demote', async (t) => {
  const demote = (parts: Partial<Snapshot>, others: Partial<PgsqlConfig> = {}) =>
    decideDemote(aSnapshot(parts), { ...config, ...others });
  const stopsNext = { ...NOTHING_ANNOUNCED, stop: ['node1'] };
  t.test('stops the primary', async (t) => {
    t.same(rulesOf(demote({})), ['demote.stop']);
    t.same(kindsOf(demote({})), ['stop']);
    t.same(rulesOf(demote({ server: silent('timeout') })), ['demote.stop'], 'also one that does not answer');
  });
  t.test('and is over then, where Pacemaker stops it next', async (t) => {
    const notes = known(new Map([['node1', 'node1@first 1 0000000004000000 -']]));
    const decision = demote({ announced: stopsNext, notes });
    t.same(rulesOf(decision), ['demote.stop-for-good']);
    t.match(decision.steps, [{ kind: 'stop' }, { kind: 'announce', note: undefined, alongside: true }]);
    t.match(decision, { outcome: { kind: 'done', code: OcfExit.SUCCESS }, whenStepFails: 'again' });
    t.same(kindsOf(demote({ announced: stopsNext })), ['stop']);
    const cluster = known(aClusterView({ nodes: { node1: { refuses: 'no pg_hba.conf entry' } } }));
    t.same(published(demote({ announced: stopsNext, cluster })), { 'node1 pgsql-refuses-agent': undefined });
  });
  t.test('after a checkpoint, if it hands over to a successor and is well', async (t) => {
    const successor = { node2: { score: '2000', dataStatus: 'STREAMING|SYNC' } };
    const cluster = known(aClusterView({ nodes: successor }));
    t.same(kindsOf(demote({ cluster })), ['checkpoint', 'stop']);
    t.match(demote({ cluster }).outcome, { looksAt: 'node' }, 'writes wait for what comes next');
    t.same(kindsOf(demote({ cluster, server: silent('timeout') })), ['stop'], 'not one that is silent');
    t.notMatch(demote({ cluster, server: silent('timeout') }).outcome, { looksAt: 'node' });
    const other = known(aClusterView({ nodes: successor, replInfo: 'node3|2|0000000005000000' }));
    t.same(kindsOf(demote({ cluster: other })), ['stop'], 'not where another was promoted');
    const cutOff = known(aClusterView({ nodes: successor, haveQuorum: false }));
    t.same(kindsOf(demote({ cluster: cutOff })), ['stop'], 'not without quorum');
  });
  t.test('nor if its own score is that of a successor still: it was promoted a moment ago', async (t) => {
    const cluster = known(aClusterView({ nodes: { node1: { score: '2000' } } }));
    t.same(kindsOf(demote({ cluster })), ['stop']);
  });
  t.test('and starts it again as a standby', async (t) => {
    const decision = demote({ server: stopped() });
    t.same(rulesOf(decision), ['start.standby']);
    t.equal(stepOf(decision, 'configure').standby, true);
  });
  t.test('which it then waits for', async (t) => {
    const memory = { ...EMPTY_MEMORY, started: true };
    t.same(rulesOf(demote({ server: silent('starting'), memory })), ['start.not-ready']);
  });
  t.test('but no longer than until it takes connections, where another node is promoted next', async (t) => {
    const notes = known(new Map([['node1', 'node2@first 1 0000000004000000 -']]));
    const parts = { server: stopped(), notes, announced: { ...NOTHING_ANNOUNCED, promote: ['node2'] } };
    const decision = demote(parts);
    t.same(rulesOf(decision), ['start.standby']);
    t.same(
      sideBySide(decision.steps).map((group) => group.map(({ kind }) => kind)),
      [['configure'], ['start', 'announce'], ['awaitReady']],
      'the note while it starts',
    );
    t.equal(codeOf(decision), OcfExit.SUCCESS);
    t.equal(decision.whenStepFails, 'again', 'a server that starts slowly is waited for as ever');
    t.equal(codeOf(demote({ ...parts, announced: { ...NOTHING_ANNOUNCED, promote: ['node1'] } })), 'again');
    t.equal(
      codeOf(demote({ ...parts, disk: aDisk({ version: known({ major: 9, number: 90624 }) }) })),
      'again',
      'its lock file does not say when it is ready',
    );
    const superseded = known(aClusterView({ replInfo: 'node3|2|0000000005000000' }));
    t.equal(codeOf(demote({ ...parts, cluster: superseded })), 'again', 'its history is looked at');
  });
  t.test('an election is held after all, if it did not end in good order', async (t) => {
    const announced = { ...NOTHING_ANNOUNCED, promote: ['node2'], demote: ['node1'] };
    const ended = (
      state: ControlState,
      score: string = Score.successor,
      parts: Partial<Snapshot> = {},
      others: Partial<PgsqlConfig> = {},
    ) =>
      demote(
        {
          server: stopped(),
          cluster: known(aClusterView({ nodes: { node2: { score, dataStatus: 'STREAMING|SYNC' } } })),
          announced,
          disk: aDisk({ control: known(aControlFile({ state })) }),
          ...parts,
        },
        others,
      );
    const crashed = ended('in production');
    t.same(kindsOf(crashed), ['publish', 'configure', 'start', 'awaitReady']);
    t.same(stepOf(crashed, 'publish').changes, [{ node: 'node2', name: 'master-pgsql', value: '100' }]);
    t.same(rulesOf(crashed), ['start.standby', 'demote.in-disorder']);
    t.same(kindsOf(ended('shut down')), ['configure', 'start'], 'nobody asks it what it holds');
    const asked = ['configure', 'start', 'awaitReady'];
    t.same(kindsOf(ended('shut down', '100')), asked);
    t.same(kindsOf(ended('shut down', Score.successor, {}, { repMode: 'async' })), asked, 'in async it is');
    const stops = { announced: { ...announced, stop: ['node3'] } };
    t.same(kindsOf(ended('shut down', Score.successor, stops)), asked, 'and where a node stops');
    t.same(kindsOf(ended('in production', '100')), ['configure', 'start', 'awaitReady'], 'no switch');
  });
  t.test('but not where Pacemaker stops the node next', async (t) => {
    const decision = demote({ server: stopped(), announced: stopsNext });
    t.same(rulesOf(decision), ['demote.stops-next']);
    t.equal(codeOf(decision), OcfExit.SUCCESS);
    t.same(decision.steps, []);
  });
  t.test('its note of an earlier election is not left behind', async (t) => {
    const notes = new Map([['node1', 'node1@first 1 0000000004000000 -']]);
    const decision = demote({ server: stopped(), announced: stopsNext, notes: known(notes) });
    t.same(decision.steps, [{ kind: 'announce', note: undefined }]);
  });
  t.test('a standby is left alone', async (t) => {
    t.equal(codeOf(demote({ server: running(aStandby()) })), OcfExit.SUCCESS);
  });
});
