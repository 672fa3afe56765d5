/** docs/two-nodes-lab.md, and the results that it tells of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CASES, idOf } from '../../../../bench/two-nodes/cases.ts';
import { pageOf } from '../../../../bench/two-nodes/page.ts';
import { formatResults, isFault, type Played, parseResults } from '../../../../bench/two-nodes/results.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const results = parseResults(readFileSync(join(ROOT, 'bench/two-nodes/results.json'), 'utf8'));

const played = (id: string, more: Partial<Played> = {}): Played => ({
  id,
  at: '2026-11-22 10:00',
  versions: { commit: 'abc', postgres: '15.1', pacemaker: '2.1.5', corosync: '3.1.7', kernel: '6.1' },
  ...{ writer: 'P', gapMs: 500, clientGapMs: 700, primary: 'P', rows: 100, lost: 0, overlaps: [] },
  ...more,
});

t.test('docs/two-nodes-lab.md is what the results come to', async (t) => {
  t.equal(readFileSync(join(ROOT, 'docs/two-nodes-lab.md'), 'utf8'), pageOf(results));
});

t.test('nothing was lost, what failed is explained, and each case is still one', async (t) => {
  t.strictSame(
    results.filter(({ lost, overlaps }) => lost > 0 || overlaps.length > 0),
    [],
  );
  t.strictSame(
    results.filter((each) => isFault(each) && each.explanation === undefined),
    [],
  );
  const known = CASES.map(idOf);
  t.strictSame(
    results.filter(({ id }) => !known.includes(id)),
    [],
  );
});

t.test('a row of the page', async (t) => {
  t.match(
    pageOf([played('S ↔ A'), played('S → A')]),
    /\| S ↔ A<br>S → A \| go on at P \| 1 s \| P \| 2 \| 200 \| 0 \| 0 \|/,
  );
  const back = [
    played('P ↔ A', { writer: 'S', gapMs: 14_200, primary: 'S' }),
    played('P ↔ A', { writer: 'S', gapMs: 18_000, primary: 'S', repair: 'cls_repair_by_pg_rewind' }),
  ];
  t.match(
    pageOf(back),
    '| S, after 15 to 18 s | 1 s | S; 1 of 2 times the other one needed `cls_repair_by_pg_rewind` |',
  );
});

t.test('what must not be is told first', async (t) => {
  const page = pageOf([played('S ↔ A', { lost: 2 }), played('P ↔ A', { failure: 'Waited in vain' })]);
  t.match(page, '2 of the 2 did not end as they should');
  t.match(page, 'Acknowledged writes that were lost: 2.');
  t.match(page, '1 runs broke off before that was looked at');
  t.match(page, '- 2026-11-22 10:00, pha abc, S ↔ A: lost 2 **Not explained yet.**');
  t.match(page, '- 2026-11-22 10:00, pha abc, P ↔ A: Waited in vain');
});

t.test('the file of the results', async (t) => {
  const some = [played('S ↔ A'), played('P ↔ A', { repair: 'cls_rebuild_slave' })];
  t.strictSame(parseResults(formatResults(some)), some);
  for (const text of ['{}', '[1]', '[{"id":"S ↔ A"}]']) t.throws(() => parseResults(text));
});
