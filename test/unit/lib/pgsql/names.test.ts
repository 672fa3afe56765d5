import t from 'tap';
import { ArbiterWord, arbiterWord, stateNames, statusOfStandby } from '../../../../lib/pgsql/names.ts';

t.test('the names that operators know', async (t) => {
  t.same(stateNames('pgsql'), {
    status: 'pgsql-status',
    dataStatus: 'pgsql-data-status',
    baseline: 'pgsql-master-baseline',
    xlogLoc: 'pgsql-xlog-loc',
    receiverStatus: 'pgsql-receiver-status',
    election: 'pgsql-election',
    lag: 'pgsql-lag',
    score: 'master-pgsql',
    switchFrom: 'pgsql-switch-from',
    replInfo: 'pgsql_REPL_INFO',
    arbiter: 'pgsql-arbiter',
    refuses: 'pgsql-refuses-agent',
    failedPromotions: ['fail-count-pgsql#promote_0', 'last-failure-pgsql#promote_0'],
    usedTimeline: 'pgsql_USED_TIMELINE',
  });
});

t.test(
  'what a standby says of itself follows from what the primary says, and whether it receives',
  async (t) => {
    t.equal(statusOfStandby('STREAMING|SYNC', true), 'HS:sync');
    t.equal(statusOfStandby('STREAMING|POTENTIAL', true), 'HS:potential');
    t.equal(statusOfStandby('STREAMING|ASYNC', true), 'HS:async');
    t.equal(statusOfStandby('STREAMING|QUORUM', true), 'HS:quorum');
    t.equal(statusOfStandby('CATCHUP|ASYNC', true), 'HS:connected');
    t.equal(statusOfStandby('DISCONNECT', true), 'HS:alone');
    t.equal(statusOfStandby(undefined, true), 'HS:alone');
    t.equal(
      statusOfStandby('STREAMING|SYNC', false),
      'HS:alone',
      'one that does not receive never looks healthy',
    );
  },
);

t.test(
  'since when the arbiter is silent stays as it was first said, for the next primary, too',
  async (t) => {
    const since = Date.UTC(2026, 10, 22, 1, 0, 0);
    const word = arbiterWord(false, ArbiterWord.reached, 'node1|1|0A', since);
    t.equal(word, 'silent|node1|1|0A|2026-11-22T01:00:00Z');
    t.equal(arbiterWord(false, word, 'node1|1|0A', since + 60_000), word, 'so it is not written anew');
    const next = arbiterWord(false, word, 'node2|2|0B', since + 60_000);
    t.equal(next, 'silent|node2|2|0B|2026-11-22T01:00:00Z');
    t.ok(ArbiterWord.isSilentFor(next, 'node2|2|0B'));
    t.notOk(ArbiterWord.isSilentFor(next, 'node2|2|0'), 'the whole record counts');
    t.notOk(ArbiterWord.isSilentFor(next, undefined));
    t.equal(ArbiterWord.silentSinceMs(next), since);
    t.equal(ArbiterWord.silentSinceMs(ArbiterWord.reached), undefined);
    t.equal(ArbiterWord.silentSinceMs(undefined), undefined);
  },
);
