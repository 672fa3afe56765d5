import t from 'tap';
import { stateNames, statusOfStandby } from '../../../../lib/pgsql/names.ts';

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
