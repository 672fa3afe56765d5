import t from 'tap';
import { comparePositions } from '../../../../lib/pgsql/compare.ts';
import { lsn } from './builders.ts';

const at = (timeline: number, text: string) => ({ timeline, lsn: lsn(text) });

t.test('as numbers, the timeline first', async (t) => {
  t.ok(comparePositions(at(2, '0/10000000'), at(2, '0/F000000')) > 0);
  t.ok(comparePositions(at(2, '1/0'), at(2, '0/FFFFFFFF')) > 0);
  t.ok(comparePositions(at(3, '0/1'), at(2, '0/FFFFFFFF')) > 0);
  t.ok(comparePositions(at(10, '0/1'), at(9, '0/1')) > 0);
  t.equal(comparePositions(at(2, '0/1'), at(2, '0/1')), 0);
  t.ok(comparePositions(at(2, '0/1'), at(2, '0/2')) < 0);
});
