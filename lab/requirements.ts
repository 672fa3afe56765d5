/** What the lab needs of this machine, with the Debian package that brings it. */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './failure.ts';

const programs: readonly (readonly [program: string, debianPackage: string])[] = [
  ['corosync', 'corosync'],
  ['pacemakerd', 'pacemaker'],
  ['cibadmin', 'pacemaker-cli-utils'],
  ['crm_mon', 'pacemaker-cli-utils'],
  ['ip', 'iproute2'],
  ['unshare', 'util-linux'],
  ['nsenter', 'util-linux'],
  ['ssh-keygen', 'openssh-client'],
  ['sshd', 'openssh-server'],
  ['mount', 'mount'],
];

const directories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const isInstalled = async (program: string): Promise<boolean> => {
  for (const directory of directories) {
    const found = await access(join(directory, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
};

/** @throws LabError with one sentence on everything that is missing */
export const checkMachine = async (): Promise<void> => {
  if (process.getuid?.() !== 0)
    throw new LabError('The lab must be run as root: it makes namespaces and mounts.');
  const missing = new Set<string>();
  for (const [program, debianPackage] of programs)
    if (!(await isInstalled(program))) missing.add(debianPackage);
  if (!(await isFile('/usr/lib/ocf/resource.d/heartbeat/IPaddr2'))) missing.add('resource-agents');
  if (missing.size > 0) throw new LabError(`Install these Debian packages first: ${[...missing].join(' ')}.`);
};

const isFile = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
