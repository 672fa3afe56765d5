/** The agents that were built, installed for one command, without changing this machine. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withInterpreter } from '../../lib/commands/install/on-node/put.ts';
import { agents, DIST, unlessRoot, unlessThere } from './executables.ts';

const RESOURCE_FOLDER = '/usr/lib/ocf/resource.d';

export interface InstalledAgents {
  /** Runs a command where the agents are ocf:pha:*: in a mount namespace of its own, with another resource.d. */
  readonly run: (
    command: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => SpawnSyncReturns<string>;
}

/** @param work a directory of the test's own */
export const installAgents = (work: string): InstalledAgents => {
  const folder = join(work, 'resource.d');
  mkdirSync(join(folder, 'pha'), { recursive: true });
  cpSync(join(RESOURCE_FOLDER, 'heartbeat'), join(folder, 'heartbeat'), { recursive: true });
  for (const agent of agents) {
    cpSync(join(DIST, agent), join(folder, 'pha', agent));
    writeFileSync(
      join(folder, 'pha', agent),
      withInterpreter(readFileSync(join(DIST, agent)), process.execPath),
    );
  }
  const script = `set -e
    mount --make-rprivate /
    mount --bind "$0" ${RESOURCE_FOLDER}
    exec "$@"`;
  return {
    run: (command, env = {}) =>
      spawnSync('unshare', ['--mount', 'sh', '-c', script, folder, ...command], {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C', ...env },
        timeout: 120_000,
      }),
  };
};

/** Why that cannot be done here. */
export const cannotInstall = (): string | false => {
  const missing =
    unlessRoot ||
    unlessThere('/usr/sbin/pcs') ||
    unlessThere('/usr/sbin/cibadmin') ||
    unlessThere('/usr/lib/ocf/resource.d/heartbeat');
  if (missing) return missing;
  const { status, stderr } = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' });
  return status === 0 ? false : `no mount namespaces here: ${stderr.trim()}`;
};
