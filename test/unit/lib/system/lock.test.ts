import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sleep } from '../../../../lib/system/clock.ts';
import { tryLock } from '../../../../lib/system/lock.ts';

const directory = mkdtempSync(join(tmpdir(), 'pha-lock-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const untilFree = async (path: string): Promise<void> => {
  for (let round = 0; round < 200; round++) {
    const again = await tryLock(path, 'me');
    if (again.ok) return again.release();
    await sleep(10);
  }
  throw new Error('the lock is never free');
};

t.test('only one has it, and the other learns who', async (t) => {
  const path = join(directory, 'sub', 'one');
  const first = await tryLock(path, 'cls_rebuild_slave, process 17');
  t.ok(first.ok);
  t.same(await tryLock(path, 'me'), { ok: false, holder: 'cls_rebuild_slave, process 17' });
  if (first.ok) first.release();
  await untilFree(path);
});

t.test('nothing remains of one that was killed', async (t) => {
  const path = join(directory, 'two');
  const module = JSON.stringify(new URL('../../../../lib/system/lock.ts', import.meta.url).href);
  const script = `import(${module}).then(({ tryLock }) => tryLock(${JSON.stringify(path)}, 'the other'))
    .then(() => { console.log('locked'); setInterval(() => {}, 1000); });`;
  const other = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
    cwd: new URL('../../../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => other.stdout.once('data', resolve));
  t.same(await tryLock(path, 'me'), { ok: false, holder: 'the other' });
  other.kill('SIGKILL');
  await untilFree(path);
});

t.test('a place where nothing can be locked', async (t) => {
  await t.rejects(tryLock(directory, 'me'), /cannot be locked|EISDIR/);
});
