import fc from 'fast-check';
import t from 'tap';
import { activitySql, NO_ACTIVITY, parseActivity } from '../../../../../lib/commands/database/activity.ts';

t.test('lags and waiting commits', async (t) => {
  t.same(parseActivity('{"lag":{"12":0.25,"13":"x"},"waiting":2,"longest":3.5}'), {
    replayLagSeconds: new Map([[12, 0.25]]),
    waitingCommits: 2,
    longestWaitSeconds: 3.5,
  });
  t.same(parseActivity('{"lag":null,"waiting":0,"longest":null}'), NO_ACTIVITY);
});

t.test('total', async () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.json(), fc.string(), fc.constant(undefined)),
      (json) => parseActivity(json) !== undefined,
    ),
  );
});

t.test('9.6 has neither', async (t) => {
  t.equal(activitySql(90624), undefined);
  t.match(activitySql(150000), /SyncRep/);
});
