/** Power of one guest of User-Mode Linux: a kernel that is a process of this machine, with this machine's files. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveOwner } from '../accounts.ts';
import type { Power } from '../backend.ts';
import { LabError } from '../failure.ts';
import { createCgroup, isPopulated } from '../netns/cgroup.ts';
import { onDisk } from '../netns/disk.ts';
import { initOf, type Machine, waitForBoot } from '../netns/machine.ts';
import { launch, run } from '../netns/process.ts';
import { macOf, openPort, portOf } from '../netns/wire.ts';
import { dataDirectory } from '../postgres/installation.ts';
import { exists, lineOf, ordersOf } from './orders.ts';

export interface Guest extends Machine {
  /** Its place on the wire. */
  readonly station: number;
}

const scripts = fileURLToPath(new URL('.', import.meta.url));
const memory = '512M';

/** Where a node's databases are. */
export const databases = dirname(dataDirectory);

/** Of a size that is no limit; only what is written takes room. */
const databaseDiskSize = '16G';
const databaseDiskOf = (disk: string): string => join(disk, 'databases.ext4');

/**
 * Databases have a file system of the guest's own: what a guest's user makes in a directory of this machine belongs to
 * root, so that PostgreSQL cannot open it again.
 */
export const createDatabaseDisk = async (disk: string): Promise<void> => {
  const { uid, gid } = await resolveOwner('postgres:postgres');
  await run('mkfs.ext4', [
    ...['-q', '-m', '0', '-J', 'size=64'],
    ...['-E', `lazy_itable_init=1,lazy_journal_init=1,root_owner=${uid}:${gid}`],
    ...['-d', onDisk(disk, databases), databaseDiskOf(disk), databaseDiskSize],
  ]);
};

const argumentsOf = (guest: Guest): string[] => [
  ...['rootfstype=hostfs', 'rootflags=/', 'ro', `mem=${memory}`, `init=${join(scripts, 'guest-init.sh')}`],
  ...['con=null', 'con0=null,fd:1', 'ssl=null', 'ssl0=fd:3,fd:4', 'quiet'],
  ...['umid=guest', `uml_dir=${join(guest.disk, 'uml')}`],
  ...[`ubd0=${databaseDiskOf(guest.disk)}`, `PHA_DATABASES=${databases}`],
  `eth0=tuntap,${portOf(guest.station)},${macOf(guest.station)}`,
  ...[`PHA_DISK=${guest.disk}`, `PHA_NAME=${guest.name}`, `PHA_ADDRESS=${guest.address}`],
  `PHA_SCRIPTS=${dirname(join(scripts, 'guest-init.sh'))}`,
];

/** @param wirePid a process in the network namespace of the bridge */
export const bootGuest = async (guest: Guest, wirePid: number, linkUp: boolean): Promise<void> => {
  if (await isPopulated(guest.cgroup)) throw new LabError(`${guest.name} is already on.`);
  await createCgroup(guest.cgroup);
  for (const left of [
    join(guest.disk, 'pid'),
    lineOf(guest.disk),
    ordersOf(guest.disk),
    join(guest.disk, 'uml'),
  ])
    await rm(left, { recursive: true, force: true });
  await mkdir(ordersOf(guest.disk));
  await run('mkfifo', ['--mode=600', lineOf(guest.disk)]);
  await openPort(wirePid, guest.station, linkUp);
  // A guest has one processor; kept on one core, each switch between its processes costs half.
  const core = String(guest.station % availableParallelism());
  const kernel = launch(
    guest.cgroup,
    [
      ...['nsenter', `--net=/proc/${wirePid}/ns/net`, '--'],
      ...[join(scripts, 'start-guest.sh'), guest.disk, core, ...argumentsOf(guest)],
    ],
    join(guest.disk, 'console'),
  );
  kernel.stdin.end();
  await waitForBoot(guest, kernel.pid, 'its network', () => exists(join(ordersOf(guest.disk), 'booted')));
};

/** The kernel itself; what it runs stops with it. */
const kernelOf = async (guest: Guest): Promise<number> => {
  const pid = await initOf(guest);
  if (pid === undefined) throw new LabError(`${guest.name} is off; boot it first.`);
  return pid;
};

export const powerOfGuest = async (guest: Guest): Promise<Power> => {
  const pid = await initOf(guest);
  if (pid === undefined) return 'off';
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  if (status === '' || /^State:\s+[ZX]/m.test(status)) return 'off';
  return /^State:\s+T/m.test(status) ? 'frozen' : 'running';
};

export const freezeGuest = async (guest: Guest, frozen: boolean): Promise<void> => {
  const power = await powerOfGuest(guest);
  const wanted = frozen ? 'running' : 'frozen';
  if (power !== wanted) throw new LabError(`${guest.name} is ${power}, not ${wanted}.`);
  process.kill(await kernelOf(guest), frozen ? 'SIGSTOP' : 'SIGCONT');
};
