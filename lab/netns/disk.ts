/**
 * A node's disk: directories under the lab's state directory that survive a power off. Changes of /etc,
 * /usr/lib/ocf and /usr/local are laid over the machine's; /var is the node's own.
 */
import { chmod, chown, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Owner, resolveOwner } from '../accounts.ts';
import type { NodeFile } from '../backend.ts';
import { LabError } from '../failure.ts';
import { temporaryDirectory } from '../postgres/installation.ts';
import { run } from './process.ts';

const layers: readonly (readonly [inNode: string, onDisk: string])[] = [
  ['/etc', 'etc'],
  ['/usr/lib/ocf', 'ocf'],
  ['/usr/local', 'local'],
  ['/var', 'var'],
];

type Directory = readonly [path: string, mode: number, owner: string];

/** What the packages' installation would have made in /var. */
const varDirectories: readonly Directory[] = [
  ['/var/cache', 0o755, 'root:root'],
  ['/var/lib/corosync', 0o755, 'root:root'],
  ['/var/lib/pacemaker', 0o755, 'root:root'],
  ['/var/lib/pacemaker/blackbox', 0o750, 'hacluster:haclient'],
  ['/var/lib/pacemaker/cib', 0o750, 'hacluster:haclient'],
  ['/var/lib/pacemaker/cores', 0o750, 'hacluster:haclient'],
  ['/var/lib/pacemaker/pengine', 0o750, 'hacluster:haclient'],
  ['/var/lib/pcsd', 0o755, 'root:root'],
  ['/var/lib/postgresql', 0o755, 'postgres:postgres'],
  ['/var/lib/pgsql', 0o755, 'postgres:postgres'],
  // ocf:heartbeat:pgsql makes it itself, but not in rep_mode slave.
  [temporaryDirectory, 0o700, 'postgres:postgres'],
  ['/var/log/cluster', 0o755, 'root:root'],
  ['/var/log/crmsh', 0o775, 'hacluster:haclient'],
  ['/var/log/pacemaker', 0o770, 'hacluster:haclient'],
  ['/var/log/pcsd', 0o755, 'root:root'],
  ['/var/log/postgresql', 0o1775, 'root:postgres'],
  ['/var/spool', 0o755, 'root:root'],
  ['/var/tmp', 0o1777, 'root:root'],
];

const varLinks: readonly (readonly [path: string, target: string])[] = [
  ['/var/lock', '/run/lock'],
  ['/var/run', '/run'],
];

/** The place on the disk of a path in the node, for a node that is off. */
export const onDisk = (disk: string, path: string): string => {
  for (const [inNode, directory] of layers) {
    if (path === inNode || path.startsWith(`${inNode}/`))
      return join(disk, directory, path.slice(inNode.length));
  }
  throw new LabError(`${path} is not on a node's disk: only ${layers.map(([top]) => top).join(', ')} are.`);
};

const own = async (path: string, mode: number, owner: Owner): Promise<void> => {
  await chown(path, owner.uid, owner.gid);
  // After the owner, as a change of owner clears the special bits, and beyond the reach of the umask.
  await chmod(path, mode);
};

export const createDisk = async (disk: string): Promise<void> => {
  for (const [, directory] of layers) await mkdir(join(disk, directory), { recursive: true });
  for (const directory of ['etc', 'ocf', 'local'])
    await mkdir(join(disk, 'work', directory), { recursive: true });
  for (const [path, mode, owner] of varDirectories) {
    const target = onDisk(disk, path);
    await mkdir(target, { recursive: true });
    await own(target, mode, await resolveOwner(owner));
  }
  for (const [path, target] of varLinks) await symlink(target, onDisk(disk, path));
};

/** @param place turns a path in the node into one that this process can write. */
export const placeFile = async (place: (path: string) => string, file: NodeFile): Promise<void> => {
  const target = place(file.path);
  await mkdir(dirname(target), { recursive: true });
  // By renaming, so that an agent that starts at this moment is the old one or the new one.
  const unfinished = `${target}.${process.pid}`;
  await writeFile(unfinished, file.content, { mode: 0o600 });
  await own(unfinished, file.mode, await resolveOwner(file.owner ?? 'root:root'));
  await rename(unfinished, target);
};

/** With owners, modes and times. */
export const copyTree = async (source: string, target: string): Promise<void> => {
  await mkdir(dirname(target), { recursive: true });
  await run('cp', ['--archive', '--reflink=auto', '--no-target-directory', source, target]);
};
