import fc from 'fast-check';
import t from 'tap';
import {
  formatLsn,
  formatLsn16,
  formatTimeline8,
  type Lsn,
  lsnOf,
  parseLsn,
  parseLsn16,
  parseTimeline,
} from '../../../../lib/postgres/lsn.ts';

const anyLsn: fc.Arbitrary<Lsn> = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(lsnOf);

t.test('both notations of known positions', async (t) => {
  const cases: [string, string, bigint][] = [
    ['0/0', '0000000000000000', 0n],
    ['0/50001B0', '00000000050001B0', 0x50001b0n],
    ['2/0', '0000000200000000', 2n ** 33n],
    ['FFFFFFFF/FFFFFFFF', 'FFFFFFFFFFFFFFFF', 2n ** 64n - 1n],
  ];
  for (const [text, text16, bytes] of cases) {
    t.equal(parseLsn(text), bytes);
    t.equal(parseLsn16(text16), bytes);
    t.equal(formatLsn(lsnOf(bytes)), text);
    t.equal(formatLsn16(lsnOf(bytes)), text16);
  }
  t.equal(parseLsn('a/b'), parseLsn('A/B'));
});

t.test('every position survives both notations', async () => {
  fc.assert(
    fc.property(anyLsn, (lsn) => parseLsn(formatLsn(lsn)) === lsn && parseLsn16(formatLsn16(lsn)) === lsn),
  );
});

t.test('the 16 digits sort as the positions do', async () => {
  fc.assert(fc.property(anyLsn, anyLsn, (a, b) => a < b === formatLsn16(a) < formatLsn16(b)));
});

t.test('anything else is no position', async (t) => {
  const wrong = [
    '',
    '/',
    '0',
    '0/',
    '/0',
    '0/0 ',
    ' 0/0',
    '0/G',
    '123456789/0',
    '0/123456789',
    '-1/0',
    '0/0/0',
    '0x1/0',
  ];
  for (const text of wrong) t.equal(parseLsn(text), undefined, JSON.stringify(text));
  for (const text of ['', '0/0', '00000000050001B', '00000000050001B00', '00000000050001BG']) {
    t.equal(parseLsn16(text), undefined, JSON.stringify(text));
  }
  t.throws(() => lsnOf(-1n), RangeError);
  t.throws(() => lsnOf(2n ** 64n), RangeError);
});

t.test('parsers are total', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parseLsn(text);
      parseLsn16(text);
      parseTimeline(text);
    }),
  );
});

t.test('timelines', async (t) => {
  t.equal(parseTimeline('1'), 1);
  t.equal(parseTimeline('4294967295'), 4294967295);
  for (const text of ['0', '-1', '', '1.5', '01', '4294967296', '1 '])
    t.equal(parseTimeline(text), undefined, text);
  t.equal(formatTimeline8(26), '0000001A');
});
