import fc from 'fast-check';
import t from 'tap';
import { renderTable } from '../../../../../lib/commands/cli/table.ts';
import { enumerate, formatBytes, formatSeconds, wrap } from '../../../../../lib/commands/cli/text.ts';

t.test('bytes', async (t) => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 kB'],
    [1536, '1.5 kB'],
    [200 * 1024, '200 kB'],
    [5 * 2 ** 30, '5.0 GB'],
    [2 ** 64, '16.0 EB'],
  ] as const) {
    t.equal(formatBytes(bytes), text);
  }
});

t.test('seconds', async (t) => {
  for (const [seconds, text] of [
    [0, '0 s'],
    [0.34, '0.3 s'],
    [9.96, '10 s'],
    [119, '119 s'],
    [300, '5 min'],
    [7200, '2 h'],
    [259_200, '3 d'],
  ] as const) {
    t.equal(formatSeconds(seconds), text);
  }
});

t.test('enumerations', async (t) => {
  t.same([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(enumerate), ['', 'a', 'a and b', 'a, b and c']);
});

t.test('wrapped text keeps every word, and no line is too long but for one word', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }),
      fc.integer({ min: 10, max: 40 }),
      (words, width) => {
        const lines = wrap(words.join(' '), width, '  ');
        const back = lines.flatMap((line) => line.trim().split(' '));
        return (
          back.join() === words.join() &&
          lines.every((line) => line.length <= width || !line.trim().includes(' '))
        );
      },
    ),
  );
});

t.test('tables', async (t) => {
  const lines = renderTable<readonly [string, string]>(
    [
      { title: 'NODE', align: 'left', cell: ([name]) => name },
      { title: 'N', align: 'right', cell: ([, n]) => n },
      { title: 'LAST', align: 'left', cell: () => '' },
    ],
    [
      ['db1', '1'],
      ['db10', '100'],
    ],
  );
  t.same(lines, ['NODE    N  LAST', 'db1     1', 'db10  100']);
});
