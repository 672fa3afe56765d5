import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { putSignalBack } from '../../../../../lib/commands/repair/put-signal-back.ts';
import { findUser } from '../../../../../lib/system/os-user.ts';

const user = findUser(userInfo().username);
if (user === undefined) throw new Error('this user has no account');
const VERSION = { major: 15, number: 150004 };

t.test('the signal comes back when the server that was started meanwhile has gone', async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'pha-signal-'));
  t.teardown(() => rmSync(base, { recursive: true }));
  const [pgdata, program] = [join(base, 'data'), join(base, 'postgres')];
  const signal = join(pgdata, 'standby.signal');
  mkdirSync(pgdata);
  // A process of this name that works in the data directory is a server on it.
  copyFileSync('/bin/sleep', program);
  const server = spawn(program, ['600'], { cwd: pgdata, stdio: 'ignore' });
  t.teardown(() => server.kill('SIGKILL'));
  await once(server, 'spawn');

  const back = putSignalBack(pgdata, VERSION, user);
  t.notOk(existsSync(signal), 'the agent finds it missing');
  server.kill('SIGKILL');
  await back;
  t.ok(existsSync(signal), 'and a start by hand makes no primary');

  rmSync(signal);
  await putSignalBack(pgdata, VERSION, user);
  t.ok(existsSync(signal), 'at once where there is no server');
});
