import fc from 'fast-check';
import t from 'tap';
import {
  type Cost,
  compare,
  costOf,
  limitsOf,
  median,
  type Report,
  type Result,
  renderReport,
} from '../../../bench/monitor-report.ts';

const cost = (wallMs: number, execs = 2): Cost => ({
  wallMs,
  cpuMs: wallMs,
  execs,
  wallRangeMs: [wallMs, wallMs],
});
const result = (nodes: number, primaryMs: number, standbyMs: number, execs = 2): Result => ({
  nodes,
  primary: compare('node1', { pha: cost(primaryMs, execs), heartbeat: cost(100, 150) }),
  standby: compare('node2', { pha: cost(standbyMs), heartbeat: cost(100, 60) }),
});

t.test('the median is the one in the middle, or between the two', async (t) => {
  t.equal(median([3]), 3);
  t.equal(median([9, 1, 2]), 2);
  t.equal(median([4, 1, 100, 2]), 3);
  t.throws(() => median([]), RangeError);
});

t.test('a median lies within its values, half of them on each side, whatever their order', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const middle = median(Object.freeze([...values]));
      const below = values.filter((value) => value < middle).length;
      const above = values.filter((value) => value > middle).length;
      return below <= values.length / 2 && above <= values.length / 2;
    }),
  );
  t.pass();
});

t.test('a cost is the medians of its samples', async (t) => {
  const samples = [
    { wallMs: 50.04, cpuMs: 30 },
    { wallMs: 90, cpuMs: 10.26 },
    { wallMs: 40, cpuMs: 80 },
  ];
  t.same(costOf(samples, [3, 2, 2]), { wallMs: 50, cpuMs: 30, execs: 2, wallRangeMs: [40, 90] });
});

t.test('the ratio is of the wall times', async (t) => {
  t.equal(compare('node1', { pha: cost(60), heartbeat: cost(280) }).ratio, 0.214);
});

t.test('at the limit is within it', async (t) => {
  const limits = limitsOf([result(3, 40, 120, 10)]);
  t.same(
    limits.map(({ value, atMost, met }) => [value, atMost, met]),
    [
      [0.4, 0.4, true],
      [10, 10, true],
      [1.2, 1.2, true],
    ],
  );
});

t.test('each limit is judged by itself, for each length of the list', async (t) => {
  const limits = limitsOf([result(3, 41, 100), result(9, 40, 121, 11)]);
  t.same(
    limits.filter(({ met }) => !met).map(({ what }) => what),
    [
      'primary, 3 names: ratio of wall time',
      'primary, 9 names: process starts',
      'standby, 9 names: ratio of wall time',
    ],
  );
});

t.test('the table for people', async (t) => {
  const results = [result(3, 41.25, 50)];
  const report: Report = {
    date: '2026-11-21 01:28',
    machine: { cores: 2, processor: 'Some CPU' },
    loadAverage: [0.5, 1],
    runs: 20,
    unchanged: true,
    results,
    limits: limitsOf(results),
    met: false,
  };
  t.equal(
    renderReport(report),
    `One recurring monitor, medians of 20 calls in turn, 2026-11-21 01:28, 2 cores (Some CPU),
load average 0.50 before and 1.00 after. Nothing was written to the cluster meanwhile.

Primary, 3 names in node_list (node1): 0.412 of the other's wall time
                        wall ms  fastest  slowest  CPU ms  process starts
  ocf:pha:pgsql            41.3     41.3     41.3    41.3               2
  ocf:heartbeat:pgsql     100.0    100.0    100.0   100.0             150

Standby, 3 names in node_list (node2): 0.5 of the other's wall time
                        wall ms  fastest  slowest  CPU ms  process starts
  ocf:pha:pgsql            50.0     50.0     50.0    50.0               2
  ocf:heartbeat:pgsql     100.0    100.0    100.0   100.0              60

NOT MET  primary, 3 names: ratio of wall time: 0.412, at most 0.4
met      primary, 3 names: process starts: 2, at most 10
met      standby, 3 names: ratio of wall time: 0.5, at most 1.2
`,
  );
});
