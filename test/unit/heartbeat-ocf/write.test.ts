import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { appendQuietly, isTerminal, writeFully } from '../../../heartbeat-ocf/write.ts';

t.test('all of a text is written', async (t) => {
  const file = join(t.testdir(), 'out');
  const descriptor = openSync(file, 'w');
  const text = 'grüße '.repeat(100_000);
  writeFully(descriptor, text);
  closeSync(descriptor);
  t.ok(readFileSync(file, 'utf8') === text);
  t.doesNotThrow(() => writeFully(descriptor, 'x'), 'a descriptor that is closed');
});

t.test('appending never throws', async (t) => {
  const file = join(t.testdir(), 'log');
  appendQuietly(file, 'a\n');
  appendQuietly(file, 'b\n');
  t.equal(readFileSync(file, 'utf8'), 'a\nb\n');
  t.doesNotThrow(() => appendQuietly(t.testdir(), 'x'));
});

t.test('a file is no terminal, and neither is nothing', async (t) => {
  const descriptor = openSync(join(t.testdir(), 'x'), 'w');
  t.notOk(isTerminal(descriptor));
  closeSync(descriptor);
  t.notOk(isTerminal(descriptor));
});
