import fc from 'fast-check';
import t from 'tap';
import { lsnOf } from '../../../../lib/postgres/lsn.ts';
import {
  endOfNewestSegment,
  historyFileName,
  isBegun,
  newestTimelineOf,
  parseHistoryFileName,
  parseSegmentName,
  segmentsOfKnownTimelines,
} from '../../../../lib/postgres/wal-files.ts';

const MB = 1024 * 1024;
const name = (timeline: number, number: bigint, bytes: number): string => {
  const perLog = 2n ** 32n / BigInt(bytes);
  return [BigInt(timeline), number / perLog, number % perLog]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
};

t.test('names of segments and histories', async (t) => {
  t.same(parseSegmentName('000000020000000000000005', 16 * MB), { timeline: 2, number: 5n });
  t.same(parseSegmentName('0000001A00000001000000FF', 16 * MB), { timeline: 26, number: 511n });
  const wrong = [
    '000000020000000000000100',
    '00000002.history',
    '000000020000000000000005.partial',
    '',
    'archive_status',
    '000000000000000000000005',
  ];
  for (const text of wrong) t.equal(parseSegmentName(text, 16 * MB), undefined, text);
  t.equal(parseSegmentName('000000020000000000000005', 0), undefined);
  t.equal(parseHistoryFileName('0000000A.history'), 10);
  t.equal(parseHistoryFileName('00000000.history'), undefined);
  t.equal(parseHistoryFileName('0000000A.history.tmp'), undefined);
  t.equal(historyFileName(10), '0000000A.history');
});

t.test('names are read as they are written, for every segment size', async () => {
  const size = fc.integer({ min: 0, max: 10 }).map((power) => MB * 2 ** power);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 0xffffffff }),
      size,
      fc.bigInt({ min: 0n, max: 2n ** 33n }),
      (timeline, bytes, number) => {
        const parsed = parseSegmentName(name(timeline, number, bytes), bytes);
        return parsed?.timeline === timeline && parsed.number === number;
      },
    ),
  );
});

t.test('the newest timeline that has the segment of a position', async (t) => {
  const files = [
    '000000010000000000000004',
    '000000010000000000000005',
    '000000020000000000000005',
    '00000003.history',
  ];
  const newest = (lsn: number) => newestTimelineOf(lsnOf(BigInt(lsn)), files, 16 * MB);
  t.equal(newest(4 * 16 * MB + 100), 1);
  t.equal(newest(5 * 16 * MB + 100), 2);
  t.equal(newest(5 * 16 * MB), 2, 'a boundary: the segment that begins there counts');
  t.equal(newest(6 * 16 * MB), 2, 'a boundary: the segment that ends there counts');
  t.equal(newest(6 * 16 * MB + 1), undefined);
  t.equal(newest(0), undefined);
  t.equal(newestTimelineOf(lsnOf(0n), files, 0), undefined);
});

t.test('what pg_rewind keeps of a timeline that was given up is no witness', async (t) => {
  const kept = ['000000010000000000000001', '000000020000000000000001'];
  const rewound = [...kept, '000000030000000000000001', '00000002.history', 'archive_status'];
  t.same(segmentsOfKnownTimelines(rewound), kept);
  t.same(segmentsOfKnownTimelines([...rewound, '00000003.history']), [...kept, '000000030000000000000001']);
});

t.test('the end of the newest segment', async (t) => {
  t.equal(
    endOfNewestSegment(['000000010000000000000004', '000000020000000000000005'], 16 * MB),
    BigInt(6 * 16 * MB),
  );
  t.equal(endOfNewestSegment(['00000003.history'], 16 * MB), undefined);
});

t.test('a segment is begun when its first page says where it lies', async (t) => {
  const head = (pageAddress: bigint, isLittle = true): Uint8Array => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setBigUint64(8, pageAddress, isLittle);
    return bytes;
  };
  const five = '000000020000000000000005';
  const table: readonly (readonly [string, boolean, string, Uint8Array, number])[] = [
    ['written', true, five, head(0x5000000n), 16 * MB],
    ['written on a machine of the other byte order', true, five, head(0x5000000n, false), 16 * MB],
    ['recycled: of its last life', false, five, head(0x2000000n), 16 * MB],
    ['made anew: zeros', false, five, head(0n), 16 * MB],
    ['large segments', true, '000000010000000100000001', head(0x140000000n), 1024 * MB],
    ['large segments, recycled', false, '000000010000000100000001', head(0x5000000n), 1024 * MB],
    ['cut short', false, five, head(0x5000000n).subarray(0, 8), 16 * MB],
    ['no segment', false, '00000002.history', head(0x5000000n), 16 * MB],
  ];
  for (const [what, begun, name, bytes, size] of table) t.equal(isBegun(name, bytes, size), begun, what);
});
