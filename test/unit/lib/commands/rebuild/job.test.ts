import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { serverVersion } from '../../../../../lib/commands/rebuild/job.ts';
import { deadlineIn } from '../../../../../lib/system/clock.ts';
import { unknown } from '../../../../../lib/system/fact.ts';
import { aDisk } from '../../pgsql/builders.ts';
import { aNodeData } from '../node-data/builders.ts';

const NEVER = new AbortController().signal;

/** Of a node without data, whose pg_basebackup is this script. */
const ask = (test: { testdir(): string }, script: string, interrupted: AbortSignal = NEVER) => {
  const node = aNodeData({ disk: aDisk({ directory: 'missing', version: unknown('there is no database') }) });
  const binDirectory = test.testdir();
  const program = join(binDirectory, 'pg_basebackup');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  const installation = { ...node.installation, binDirectory };
  return serverVersion({ ...node, installation }, { deadline: deadlineIn(30_000), interrupted });
};

t.test('without data, the program tells its version', async (t) => {
  t.match(await ask(t, 'echo "pg_basebackup (PostgreSQL) 15.4 (Debian 15.4-1)"'), { major: 15 });
  t.match(await ask(t, 'echo "pg_basebackup (PostgreSQL) 9.6.24"'), { major: 9.6 });
});

t.test('what it says instead is in the message', async (t) => {
  await t.rejects(ask(t, 'echo nonsense'), { message: /--version says "nonsense"/ });
  await t.rejects(ask(t, 'echo "no libpq" >&2; exit 127'), {
    message: /pg_basebackup: exit code 127: no libpq/,
  });
});

t.test('Ctrl-C ends a program that hangs', async (t) => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 50);
  const start = performance.now();
  await t.rejects(ask(t, 'exec sleep 60', abort.signal), { message: /ended by SIGKILL/ });
  t.ok(performance.now() - start < 10_000);
});
