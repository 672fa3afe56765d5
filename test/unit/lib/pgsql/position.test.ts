import t from 'tap';
import { positionOf, replayedPosition } from '../../../../lib/pgsql/position.ts';
import { known, unknown } from '../../../../lib/system/fact.ts';
import { aDisk, aPrimary, aStandby, lsn, segmentOf } from './builders.ts';

const at = (timeline: number, text: string) => known({ timeline, lsn: lsn(text) });

t.test('a primary holds what it has flushed', async (t) => {
  t.same(positionOf(aPrimary({ walInsert: lsn('0/5000100') }), aDisk()), at(2, '0/5000000'));
});

t.test('a standby holds the newer of what it has received and replayed', async (t) => {
  const received = aStandby({ receiveLsn: lsn('0/5000200'), replayLsn: lsn('0/5000100') });
  t.same(positionOf(received, aDisk()), at(2, '0/5000200'));
  const { receiveLsn: _, ...restarted } = aStandby({ replayLsn: lsn('0/5000100') });
  t.same(positionOf(restarted, aDisk()), at(2, '0/5000100'));
});

t.test('its timeline is read off the WAL files: the control file learns of it later', async (t) => {
  const segments = known([segmentOf(2, lsn('0/5000000')), segmentOf(3, lsn('0/5000000'))]);
  t.same(positionOf(aStandby(), aDisk({ segments })), at(3, '0/5000000'));
  const elsewhere = known([segmentOf(3, lsn('0/9000000'))]);
  t.same(positionOf(aStandby(), aDisk({ segments: elsewhere })), at(2, '0/5000000'), 'of that very position');
  t.same(positionOf(aStandby(), aDisk({ segments: unknown('no directory') })), at(2, '0/5000000'));
});

t.test('unknown stays unknown', async (t) => {
  const { receiveLsn: _r, replayLsn: _p, ...empty } = aStandby();
  t.match(positionOf(empty, aDisk()), { known: false, reason: /neither received nor replayed/ });
  t.same(positionOf(aStandby(), aDisk({ control: unknown('unreadable') })), unknown('unreadable'));
});

t.test('what a standby’s data depend on is what it has replayed', async (t) => {
  const partial = aStandby({ receiveLsn: lsn('0/5002000'), replayLsn: lsn('0/50001B0') });
  t.same(replayedPosition(partial, aDisk()), at(2, '0/50001B0'));
  const { replayLsn: _, ...unreplayed } = partial;
  t.same(replayedPosition(unreplayed, aDisk()), at(2, '0/5002000'));
});
