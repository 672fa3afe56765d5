/** What the lab needs of this machine, with the Debian package that brings it. */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
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
  ['nft', 'nftables'],
];

/** What a node needs that is a guest of User-Mode Linux. */
const guestPrograms: typeof programs = [
  ['linux.uml', 'user-mode-linux'],
  ['insmod', 'kmod'],
  ['ipvsadm', 'ipvsadm'],
  ['taskset', 'util-linux'],
  ['mkfifo', 'coreutils'],
  ['mkfs.ext4', 'e2fsprogs'],
];

/** What a quorum device needs, and the nodes that ask it. */
const devicePrograms: typeof programs = [
  ['corosync-qnetd', 'corosync-qnetd'],
  ['corosync-qdevice', 'corosync-qdevice'],
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

const packagesOf = async (wanted: typeof programs): Promise<Set<string>> => {
  const missing = new Set<string>();
  for (const [program, debianPackage] of wanted)
    if (!(await isInstalled(program))) missing.add(debianPackage);
  return missing;
};

const demand = (missing: ReadonlySet<string>): void => {
  if (missing.size > 0) throw new LabError(`Install these Debian packages first: ${[...missing].join(' ')}.`);
};

/** Can nodes of namespaces be directors? The kernel may have ip_vs and not have loaded it. */
export const kernelHasIpvs = async (): Promise<boolean> => {
  if (await isFile('/proc/net/ip_vs')) return true;
  if (!(await isInstalled('modprobe'))) return false;
  return !(await execa('modprobe', ['--quiet', 'ip_vs'], { reject: false })).failed;
};

/** What a lab needs beyond `checkMachine` if guests of User-Mode Linux are among its nodes. @throws LabError */
export const checkGuests = async (): Promise<void> => {
  demand(await packagesOf(guestPrograms));
  if (!(await isFile('/dev/net/tun')))
    throw new LabError('A guest of User-Mode Linux needs /dev/net/tun, and this machine has none.');
};

/** What a lab needs beyond `checkMachine` for a quorum device. @throws LabError */
export const checkQuorumDevice = async (): Promise<void> => demand(await packagesOf(devicePrograms));

/** @throws LabError with one sentence on everything that is missing */
export const checkMachine = async (): Promise<void> => {
  if (process.getuid?.() !== 0)
    throw new LabError('The lab must be run as root: it makes namespaces and mounts.');
  const missing = await packagesOf(programs);
  if (!(await isFile('/usr/lib/ocf/resource.d/heartbeat/IPaddr2'))) missing.add('resource-agents');
  demand(missing);
};

const isFile = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
