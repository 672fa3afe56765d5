import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type CibText, readCibText } from '../../../../lib/pacemaker/cib-text.ts';
import { deadlineIn } from '../../../../lib/system/clock.ts';

interface Folders {
  readonly testdir: () => string;
  readonly teardown: (fn: () => void) => void;
}

/** A cibadmin that says something from a certain call on, and until then nothing; it writes down each call. */
async function ask(
  test: Folders,
  speaksFrom: number,
  interrupted?: AbortSignal,
): Promise<{ answer: CibText; calls: readonly string[] }> {
  const folder = test.testdir();
  const calls = join(folder, 'calls');
  const path = join(folder, 'cibadmin');
  writeFileSync(
    path,
    `#!/bin/sh\necho "$@" >>${calls}\n[ "$(wc -l <${calls})" -lt ${speaksFrom} ] || echo '<cib/>'\n`,
  );
  chmodSync(path, 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${folder}:${before}`;
  test.teardown(() => {
    process.env.PATH = before;
  });
  const answer = await readCibText(['--local'], {
    deadline: deadlineIn(30_000),
    ...(interrupted === undefined ? {} : { interrupted }),
  });
  return { answer, calls: existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [] };
}

t.test('an answer is taken at once', async (t) => {
  const { answer, calls } = await ask(t, 1);
  t.same(answer, { ok: true, text: '<cib/>\n' });
  t.same(calls, ['--query --local']);
});

t.test('success without a word is no answer: it is asked again', async (t) => {
  const { answer, calls } = await ask(t, 3);
  t.same(answer, { ok: true, text: '<cib/>\n' });
  t.equal(calls.length, 3);
});

t.test('who never says anything is not asked for ever', async (t) => {
  const { answer, calls } = await ask(t, 1000);
  t.match(answer, { ok: false, reason: /asked 3 times, and each time .* without an answer.*try again/ });
  t.equal(calls.length, 3);
});

t.test('Ctrl-C ends the asking', async (t) => {
  const { answer, calls } = await ask(t, 1000, AbortSignal.abort());
  t.equal(answer.ok, false);
  t.ok(calls.length <= 1);
});
