import fc from 'fast-check';
import t from 'tap';
import { formatReplInfo, parseReplInfo } from '../../../../lib/pgsql/repl-info.ts';
import { lsnOf } from '../../../../lib/postgres/lsn.ts';
import { lsn } from './builders.ts';

t.test('as operators know it', async (t) => {
  t.same(parseReplInfo('node1|1|00000000050001B0'), { node: 'node1', timeline: 1, end: lsn('0/50001B0') });
  t.equal(formatReplInfo({ node: 'node1', timeline: 1, end: lsn('0/50001B0') }), 'node1|1|00000000050001B0');
});

t.test('timeline 0: a primary that was never promoted', async (t) => {
  t.same(parseReplInfo('node1|0|0000000000000000'), { node: 'node1', timeline: 0, end: 0n });
});

t.test('anything else is not understood, rather than half understood', async (t) => {
  for (const text of [
    '',
    'node1',
    'node1|1',
    '|1|00000000050001B0',
    'node1||00000000050001B0',
    'node1|1|',
    'node1|1|0/50001B0',
    'node1|1|50001B0',
    'node1|-1|00000000050001B0',
    'node1|1.5|00000000050001B0',
    'node1|1|00000000050001B0|',
    'node1|1|00000000050001BX',
  ])
    t.equal(parseReplInfo(text), undefined, text);
});

t.test('every promotion is read as it was written', async (t) => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9.-]{0,20}$/),
      fc.nat(0x7fffffff),
      fc.bigInt(0n, (1n << 64n) - 1n),
      (node, timeline, end) => {
        const info = { node, timeline, end: lsnOf(end) };
        t.same(parseReplInfo(formatReplInfo(info)), info);
      },
    ),
  );
});
