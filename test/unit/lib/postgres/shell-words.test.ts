import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { shellQuote, shellWords } from '../../../../lib/postgres/shell-words.ts';

t.test('words', async (t) => {
  t.same(shellWords(''), []);
  t.same(shellWords(` -t 60  -o '-i -p "1"' a"b c"d "\\"\\x" \\  '' `), [
    '-t',
    '60',
    '-o',
    '-i -p "1"',
    'ab cd',
    '"\\x',
    ' ',
    '',
  ]);
  t.equal(shellWords("it's"), undefined);
  t.equal(shellWords('"open'), undefined);
});

const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));

t.test('quoted words are read again', async () => {
  fc.assert(
    fc.property(fc.array(text), (words) =>
      isDeepStrictEqual(shellWords(words.map(shellQuote).join(' ')), words),
    ),
  );
});

t.test('and by a real shell', async (t) => {
  const words = ['plain', '', "it's", '$HOME `id` "x" \\', 'a\nb', '*', '-p'];
  const script = `printf '%s\\0' ${words.map(shellQuote).join(' ')}`;
  t.same(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1), words);
});
