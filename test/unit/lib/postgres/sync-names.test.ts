import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { formatSyncNames, parseSyncNames, type SyncNames } from '../../../../lib/postgres/sync-names.ts';

t.test('format', async (t) => {
  const cases: [SyncNames, string][] = [
    [{ kind: 'none' }, ''],
    [{ kind: 'all', nodes: [] }, ''],
    [{ kind: 'any', nodes: [] }, ''],
    [{ kind: 'all', nodes: ['node2'] }, '"node2"'],
    [{ kind: 'all', nodes: ['a', 'b'] }, '2 ("a", "b")'],
    [{ kind: 'any', nodes: ['a', 'b'] }, 'ANY 1 ("a", "b")'],
    [{ kind: 'all', nodes: ['say "hi"'] }, '"say ""hi"""'],
    [{ kind: 'other', text: '*' }, '*'],
  ];
  for (const [names, text] of cases) t.equal(formatSyncNames(names), text);
});

t.test('parse what administrators write', async (t) => {
  const all = (...nodes: string[]) => ({ kind: 'all', nodes });
  const any = (...nodes: string[]) => ({ kind: 'any', nodes });
  const other = (text: string) => ({ kind: 'other', text });
  const cases: [string, object][] = [
    [' ', { kind: 'none' }],
    ['node2', all('node2')],
    ['1 (node2)', all('node2')],
    ['FIRST 2 (s1,s2)', all('s1', 's2')],
    ['first 1 ("S 1")', all('S 1')],
    ['2(s1, s2)', all('s1', 's2')],
    ['ANY 1 (s1)', any('s1')],
    ['any 1 (s1, s2, s3)', any('s1', 's2', 's3')],
    ['ANY 2 (s1, s2)', all('s1', 's2')],
    ['any', all('any')],
    ['"ANY"', all('ANY')],
    ['first, any', other('first, any')],
    ['s1, s2', other('s1, s2')],
    ['1 (s1, s2)', other('1 (s1, s2)')],
    ['ANY 2 (s1, s2, s3)', other('ANY 2 (s1, s2, s3)')],
    ['*', other('*')],
    ['1 (*)', other('1 (*)')],
    ['"*"', all('*')],
    ['s1,', other('s1,')],
    ['1 (s1', other('1 (s1')],
    ['"open', other('"open')],
    ['192.168.0.1', other('192.168.0.1')],
    ['a b', other('a b')],
    ['1 ()', other('1 ()')],
  ];
  for (const [text, expected] of cases) t.same(parseSyncNames(text), expected, text);
});

const nodes = fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 5 });
const names: fc.Arbitrary<SyncNames> = fc.oneof(
  fc.constant({ kind: 'none' } as const),
  nodes.map((list) => ({ kind: 'all', nodes: list }) as const),
  nodes.map((list) => ({ kind: 'any', nodes: list }) as const),
);

t.test('what is written is read, whatever the names are', async () => {
  fc.assert(fc.property(names, (value) => isDeepStrictEqual(parseSyncNames(formatSyncNames(value)), value)));
});

t.test('total, and what is not understood is kept', async () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const value = parseSyncNames(text);
      return value.kind !== 'other' || formatSyncNames(value) === text;
    }),
  );
});
