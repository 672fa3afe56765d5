import t from 'tap';
import {
  type JoinVerdict,
  judgeRunning as judgeRunningBy,
  judgeStopped as judgeStoppedBy,
  provenPosition,
} from '../../../../../lib/pgsql/decide/join.ts';
import { parseReplInfo, type ReplInfo } from '../../../../../lib/pgsql/repl-info.ts';
import type { Disk, PrimaryHistory } from '../../../../../lib/pgsql/snapshot.ts';
import type { ControlData } from '../../../../../lib/postgres/control-data.ts';
import type { Position } from '../../../../../lib/postgres/position.ts';
import { type Fact, known, unknown } from '../../../../../lib/system/fact.ts';
import { aControlFile, aDisk, aPrimaryHistory, lsn, SYSTEM } from '../builders.ts';

/** node2 was promoted from timeline 1, which ended at 0/4000000. */
const RECORDED = parseReplInfo('node2|1|0000000004000000');
const NOT_ASKED = unknown('there is no other primary');

/** A crashed primary of timeline 1, its latest checkpoint at that position. */
const onFirst = (checkpoint: string, parts: Partial<ControlData> = {}, disk: Partial<Disk> = {}): Disk =>
  aDisk({
    control: known(
      aControlFile({
        state: 'in production',
        checkpointTimeline: 1,
        checkpointLsn: lsn(checkpoint),
        ...parts,
      }),
    ),
    ownHistory: known([]),
    recordAtFork: known(false),
    ...disk,
  });

const judgeStopped = (disk: Disk, primary: Fact<PrimaryHistory>, replInfo: ReplInfo | undefined) =>
  judgeStoppedBy(disk, primary, { replInfo, unreadable: undefined });
const judgeRunning = (
  system: string,
  position: Position,
  disk: Disk,
  primary: Fact<PrimaryHistory>,
  replInfo: ReplInfo | undefined,
) => judgeRunningBy(system, position, disk, primary, { replInfo, unreadable: undefined });

const stopped = (disk: Disk, primary: Partial<PrimaryHistory> | undefined = undefined): JoinVerdict =>
  judgeStopped(disk, primary === undefined ? NOT_ASKED : known(aPrimaryHistory(primary)), RECORDED);

t.test('what the control file proves', async (t) => {
  t.same(provenPosition(aControlFile({ checkpointLsn: lsn('0/4000000') })), {
    timeline: 2,
    lsn: lsn('0/4000001'),
  });
  t.same(provenPosition(aControlFile({ minRecoveryEnd: lsn('0/6000000'), minRecoveryTimeline: 3 })), {
    timeline: 3,
    lsn: lsn('0/6000000'),
  });
  t.same(
    provenPosition(aControlFile({ minRecoveryEnd: lsn('0/1'), minRecoveryTimeline: 1 })),
    { timeline: 2, lsn: lsn('0/4800001') },
    'an older one is no step back',
  );
});

t.test('an old primary', async (t) => {
  t.test('that wrote nothing after the fork fits', async (t) => {
    t.equal(stopped(onFirst('0/3FFFF00')).kind, 'fits');
    t.equal(stopped(onFirst('0/3FFFF00'), {}).kind, 'fits');
  });
  t.test('whose last checkpoint lies after the fork has diverged', async (t) => {
    const verdict = stopped(onFirst('0/4000000'));
    t.equal(verdict.kind, 'diverged');
    t.match(verdict, {
      sentence:
        'diverged from node2, run cls_repair_by_pg_rewind here: timeline 1 left at 0/4000000, this node has 0/4000001',
    });
    t.equal(stopped(onFirst('0/4000000'), {}).kind, 'diverged');
  });
  t.test('whose last checkpoint lies before it, but whose WAL goes on, has diverged', async (t) => {
    const disk = onFirst('0/3000000', {}, { recordAtFork: known(true) });
    for (const verdict of [stopped(disk), stopped(disk, {})])
      t.match(verdict, { kind: 'diverged', sentence: /this node has WAL of timeline 1 beyond/ });
  });
});

t.test('timelines are compared by their history', async (t) => {
  const onSecond = (end: string) =>
    aDisk({
      control: known(aControlFile({ checkpointTimeline: 2 })),
      ownHistory: known([{ timeline: 1, end: lsn(end) }]),
    });
  t.equal(stopped(onSecond('0/4000000'), {}).kind, 'fits');
  t.match(stopped(onSecond('0/3F00000'), {}), { kind: 'diverged' }, 'the same number, another fork');
  t.match(stopped(aDisk({ control: known(aControlFile({ checkpointTimeline: 3 })) }), {}), {
    kind: 'diverged',
  });
  t.match(
    stopped(onSecond('0/4000000'), { flushed: lsn('0/4700000') }),
    { kind: 'diverged' },
    'more than the primary has',
  );
});

t.test('another database', async (t) => {
  const verdict = stopped(onFirst('0/3000000'), { systemIdentifier: '1' });
  t.match(verdict, {
    kind: 'foreign',
    sentence: `not a copy of node2's database, run cls_rebuild_slave here: system identifier ${SYSTEM}, there 1`,
  });
});

t.test('the command is among the first 128 characters, which are all that Pacemaker keeps', async (t) => {
  const recorded = parseReplInfo('database-primary-0001.example.com|1|0000000004000000');
  const diverged = judgeStopped(onFirst('0/4000000'), NOT_ASKED, recorded);
  const foreign = judgeStopped(
    onFirst('0/3000000'),
    known(aPrimaryHistory({ systemIdentifier: '1' })),
    recorded,
  );
  for (const verdict of [diverged, foreign])
    t.match('sentence' in verdict ? verdict.sentence.slice(0, 128) : '', /run cls_\w+ here/);
});

t.test('who answers at the primary’s address need not be the recorded primary', async (t) => {
  const follower = aDisk({ control: known(aControlFile({ checkpointTimeline: 2 })) });
  const old: Partial<PrimaryHistory> = { timeline: 1, history: [], flushed: lsn('0/4000200') };
  t.equal(
    stopped(follower, old).kind,
    'fits',
    'an old primary that was cut off does not make a good standby look bad',
  );
  t.equal(stopped(onFirst('0/4000100'), old).kind, 'diverged', 'nor a bad one good');
});

t.test(
  'the estimate that is recorded before a promotion does not count once the primary tells its fork',
  async (t) => {
    const verdict = judgeRunning(
      SYSTEM,
      { timeline: 1, lsn: lsn('0/4000000') },
      aDisk({ ownHistory: known([]) }),
      known(aPrimaryHistory()),
      RECORDED,
    );
    t.equal(verdict.kind, 'fits');
  },
);

t.test('after a reset', async (t) => {
  // node2 never followed the lost primary, which had opened timeline 2 at the very same position, and opened 3.
  const recorded = { node: 'node2', timeline: 1, end: lsn('0/4000000'), usedTimeline: 2 };
  const successor = known(aPrimaryHistory({ timeline: 3, flushed: lsn('0/9000000') }));
  const lost = aDisk();

  t.test('the lost primary has diverged, and so has who followed it there', async (t) => {
    for (const primary of [NOT_ASKED, successor])
      t.match(judgeStopped(lost, primary, recorded), {
        kind: 'diverged',
        sentence: /^diverged from node2, run cls_repair_by_pg_rewind here: timeline 1 left at 0\/4000000/,
      });
    t.match(judgeRunning(SYSTEM, { timeline: 2, lsn: lsn('0/4000100') }, lost, NOT_ASKED, recorded), {
      kind: 'diverged',
    });
  });
  t.test('the lost one is not taken for the primary, though it left the same timeline there', async (t) => {
    const old = known(aPrimaryHistory({ flushed: lsn('0/9000000') }));
    t.equal(judgeStopped(lost, old, recorded).kind, 'diverged');
  });
  t.test('who never followed it fits, and so does who follows the new one', async (t) => {
    const onThird = aDisk({ control: known(aControlFile({ checkpointTimeline: 3 })) });
    for (const primary of [NOT_ASKED, successor]) {
      t.equal(judgeStopped(onFirst('0/3FFFF00'), primary, recorded).kind, 'fits');
      t.equal(judgeStopped(onThird, primary, recorded).kind, 'fits');
    }
  });
  t.test('where the used timelines cannot be read, nobody can be told from the lost one', async (t) => {
    const { usedTimeline: _, ...replInfo } = recorded;
    const unreadable = { problem: 'pgsql_USED_TIMELINE is "x"', remedy: 'set it' };
    for (const disk of [lost, onFirst('0/3FFFF00')])
      for (const primary of [NOT_ASKED, successor])
        t.same(judgeStoppedBy(disk, primary, { replInfo, unreadable }), {
          kind: 'unknown',
          why: 'pgsql_USED_TIMELINE is "x"; set it',
        });
  });
  t.test('until the named node is promoted, the lost primary may come back', async (t) => {
    const named = { node: 'node2', timeline: 0, end: lsn('0/0'), usedTimeline: 2 };
    t.equal(judgeStopped(lost, NOT_ASKED, named).kind, 'fits');
  });
});

t.test('what is not known is no reason to refuse', async (t) => {
  t.match(judgeStopped(aDisk({ control: unknown('unreadable') }), NOT_ASKED, RECORDED), {
    kind: 'unknown',
    why: 'unreadable',
  });
  t.match(judgeStopped(onFirst('0/9000000'), NOT_ASKED, undefined), { kind: 'unknown' });
  t.equal(
    judgeStopped(onFirst('0/9000000'), NOT_ASKED, parseReplInfo('node2|2|0000000004000000')).kind,
    'unknown',
    'an older timeline than the recorded one',
  );
  t.equal(stopped(onFirst('0/3000000', {}, { recordAtFork: unknown('no pg_waldump') })).kind, 'fits');
});

t.test('a running standby that does not receive', async (t) => {
  const running = (text: string, timeline = 1) =>
    judgeRunning(SYSTEM, { timeline, lsn: lsn(text) }, aDisk({ ownHistory: known([]) }), NOT_ASKED, RECORDED)
      .kind;
  t.equal(running('0/4000000'), 'fits');
  t.equal(running('0/4000001'), 'diverged');
  t.equal(running('0/9000000', 2), 'fits');
});
