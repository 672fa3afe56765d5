/** The database that every node begins with: made once, stopped cleanly, then copied. */
import { appendFile, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { resolveOwner } from '../accounts.ts';
import type { Backend } from '../backend.ts';
import { cleanEnv } from '../environment.ts';
import { LabError } from '../failure.ts';
import { type Passwords, renderHba, renderRoles, renderSharedSettings, renderTables } from './settings.ts';

/** Runs a program as the database's owner, in the lab's control group, so that `down` ends it too. */
type RunAsOwner = (argv: readonly string[], input?: string) => Promise<void>;

const runnerOf =
  (backend: Backend): RunAsOwner =>
  async (argv, input = '') => {
    const asOwner = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--'];
    const [file = '', ...args] = await backend.clientCommand([...asOwner, ...argv]);
    const result = await execa(file, args, {
      input,
      cwd: '/',
      extendEnv: false,
      env: cleanEnv,
      reject: false,
      timeout: 60_000,
    });
    // A single-user server reports a failed statement, and still ends well.
    if (result.failed || /^.*(?:ERROR|FATAL|PANIC):/m.test(result.stderr)) {
      throw new LabError(`"${argv.join(' ')}" failed: ${result.stderr || result.shortMessage}`);
    }
  };

/**
 * @param directory must not exist; its parents must be open to everyone, as the server refuses to run as root
 * @throws LabError with what the failed program said
 */
export const createTemplate = async (
  backend: Backend,
  bin: string,
  directory: string,
  passwords: Passwords,
): Promise<void> => {
  const run = runnerOf(backend);
  const owner = await resolveOwner('postgres:postgres');
  await mkdir(directory, { mode: 0o700 });
  await chown(directory, owner.uid, owner.gid);
  await run([
    join(bin, 'initdb'),
    ...['--pgdata', directory, '--username', 'postgres', '--auth', 'peer', '--encoding', 'UTF8'],
    // Nothing here outlives the machine, so nothing has to reach its disk.
    ...['--locale', 'C.UTF-8', '--data-checksums', '--no-sync'],
  ]);
  await appendFile(join(directory, 'postgresql.conf'), renderSharedSettings());
  await writeFile(join(directory, 'pg_hba.conf'), renderHba());
  const singleUser = [join(bin, 'postgres'), '--single', '-D', directory];
  await run([...singleUser, 'postgres'], renderRoles(passwords));
  await run([...singleUser, 'app'], renderTables());
};
