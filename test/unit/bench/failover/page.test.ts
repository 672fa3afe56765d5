import t from 'tap';
import { drawing, placeLabels } from '../../../../bench/failover/drawing.ts';
import { ratiosOf, resultsOf, stepsOf } from '../../../../bench/failover/figures.ts';
import { pageOf } from '../../../../bench/failover/page.ts';
import { CONTESTANTS, FAULTS, GIVE_UP_MS, type Play } from '../../../../bench/failover/plays.ts';
import { type Report, renderReport } from '../../../../bench/failover/report.ts';
import { played } from './played.ts';

/** 2 s of writes, so many seconds of none, and 3 s of writes. */
const writesWith = (seconds: number): number[] => [
  ...Array.from({ length: 21 }, () => 6),
  ...Array.from({ length: seconds * 10 }, () => 0),
  ...Array.from({ length: 30 }, () => 5),
];

const plays: Play[] = FAULTS.flatMap((fault) =>
  CONTESTANTS.map((agent, index) =>
    played({
      ...{ agent, fault, outageMs: 2000 + index * 1000, writes: writesWith(2 + index) },
      marks: [
        { kind: 'noticed', atMs: 700 },
        { kind: 'promote', atMs: 900 },
        { kind: 'vip', atMs: 1900 + index * 1000 },
      ],
    }),
  ),
);

const reportOf = (ofPlays: readonly Play[]): Report => {
  const results = resultsOf(ofPlays);
  return {
    date: '2026-11-22T13:00:00.000Z',
    corosync: 'fast',
    machine: { cores: 2, processor: 'A & B <fast>' },
    loadAverage: [1, 2],
    results,
    ratios: ratiosOf(results),
    steps: stepsOf(ofPlays),
    limits: [{ what: 'x', value: 2, atMost: 1, met: false }],
    failures: [],
    plays: ofPlays,
  };
};

t.test('the page has all agents and faults, and nothing from elsewhere', async (t) => {
  const page = pageOf(reportOf(plays));
  t.equal(page.match(/<svg /g)?.length, 4);
  for (const text of [
    'The database dies',
    'A planned switch',
    'PAF',
    'prefers-color-scheme: dark',
    '@media print',
  ])
    t.match(page, text);
  t.notMatch(page, /https?:|src=|@import|<script/);
  t.match(page, 'A &amp; B &lt;fast&gt;');
  t.notMatch(page, /undefined|NaN/);
});

t.test('whoever did not come back is said so', async (t) => {
  const never = played({ agent: 'paf', outageMs: GIVE_UP_MS, cameBack: false });
  const report = reportOf([...plays.filter(({ fault }) => fault === 'cut'), never]);
  t.match(pageOf(report), 'not within 60 s');
  t.match(renderReport(report), 'not back within that time: 1 of 1');
  t.notMatch(pageOf(report), /undefined|NaN/);
});

t.test('a report for people', async (t) => {
  const text = renderReport(reportOf(plays));
  t.match(text, /kill9 +pha +1 +2000 +2000 +0 +0\.40\n/);
  t.match(text, /cut +pha +failure noticed 700, promotion begins 900, address moved 1900\n/);
  t.match(text, 'NOT MET  x: 2, at most 1');
});

t.test('labels cover no other, nor a line that leads to one, and end at the edge', async (t) => {
  const label = (text: string, x: number) => ({ text, x, isFault: false });
  const placed = placeLabels(
    [label('first', 10), label('second', 20), label('third one', 300), label('last', 395)],
    400,
  );
  t.same(
    placed.map(({ text, lane }) => [text, lane]),
    [
      ['last', 0],
      ['third one', 0],
      ['second', 0],
      ['first', 1],
    ],
  );
  t.ok(placed.every(({ from, text }) => from + text.length * 6 <= 400));
  const crossed = placeLabels([label('a long one', 10), label('lower', 50), label('upper', 60)], 400);
  t.same(
    crossed.map(({ text, lane }) => [text, lane]),
    [
      ['upper', 0],
      ['lower', 1],
      ['a long one', 2],
    ],
  );
});

t.test('the red part is the longest time without writes', async (t) => {
  const play = played({ writes: [...writesWith(2).slice(0, -29), 0, 0, 5, 5], outageMs: 2010 });
  const [result] = resultsOf([play]);
  if (result === undefined) throw new Error('no result');
  const svg = drawing([{ play, result }]);
  const [, x, width] = /class="gap" x="([\d.]+)" y="4" width="([\d.]+)"/.exec(svg) ?? [];
  const perSecond = Number(width) / 2;
  t.ok(Math.abs((Number(x) - 120) / perSecond - 2.1) < 0.01, 'it begins 0.1 s after the fault');
});
