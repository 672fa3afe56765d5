/**
 * The switch: a bridge in a network namespace of its own, so that nothing of a lab is seen on this machine's
 * network. The namespace lives as long as the one process in it; the cables go with the namespaces they end in.
 */
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../failure.ts';
import { createCgroup, processesIn } from './cgroup.ts';
import { launch, run } from './process.ts';

const bridge = 'br0';

/** Whether the process has already become what holds the namespace open. */
const holds = async (pid: number): Promise<boolean> => {
  const program = await readlink(`/proc/${pid}/exe`).catch(() => '');
  return program.endsWith('/sleep') || program.endsWith('/coreutils');
};

/** A process in a network namespace of its own that does nothing. Returns its id. */
export const holdNamespace = async (cgroup: string, logFile: string): Promise<number> => {
  await createCgroup(cgroup);
  const { pid, stdin } = launch(cgroup, ['unshare', '--net', '--', 'sleep', 'infinity'], logFile);
  stdin.end();
  const end = performance.now() + 10_000;
  while (!(await holds(pid))) {
    if (performance.now() > end) throw new LabError(`A network namespace could not be made; see ${logFile}.`);
    await sleep(5);
  }
  return pid;
};

/** The id of the process that holds the namespace of a group. @throws LabError if there is none. */
export const holderOf = async (cgroup: string): Promise<number> => {
  const [pid] = await processesIn(cgroup);
  if (pid === undefined) throw new LabError(`The lab is not running: no process in ${cgroup}.`);
  return pid;
};

const ip = (pid: number, ...args: string[]): Promise<string> =>
  run('nsenter', [`--net=/proc/${pid}/ns/net`, '--', 'ip', ...args]);

export const createBridge = async (wirePid: number): Promise<void> => {
  // Snooping would wait for queries that nobody sends here; a new port must forward at once.
  await ip(wirePid, 'link', 'add', bridge, 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
  await ip(wirePid, 'link', 'set', bridge, 'up');
};

/** @param station 1 to 255, unique on this wire; the card keeps its address over a power off. */
export const macOf = (station: number): string => `02:70:68:61:00:${station.toString(16).padStart(2, '0')}`;

export const portOf = (station: number): string => `port${station}`;

/** Runs a cable from the bridge to `eth0` in the namespace of a process. */
export const plugIn = async (
  wirePid: number,
  station: number,
  pid: number,
  linkUp: boolean,
): Promise<void> => {
  const port = portOf(station);
  // The kernel removes the cable of a namespace some time after its last process has ended.
  await ip(wirePid, 'link', 'delete', port).catch(() => undefined);
  const card = ['name', 'eth0', 'netns', String(pid), 'address', macOf(station)];
  await ip(wirePid, 'link', 'add', port, 'type', 'veth', 'peer', ...card);
  await ip(wirePid, 'link', 'set', port, 'master', bridge, ...(linkUp ? ['up'] : []));
};

/** A port of the bridge for a guest of User-Mode Linux, which opens it by its name. */
export const openPort = async (wirePid: number, station: number, linkUp: boolean): Promise<void> => {
  const port = portOf(station);
  await ip(wirePid, 'link', 'delete', port).catch(() => undefined);
  await ip(wirePid, 'tuntap', 'add', 'dev', port, 'mode', 'tap');
  await ip(wirePid, 'link', 'set', port, 'master', bridge, ...(linkUp ? ['up'] : []));
};

export const setLink = async (wirePid: number, station: number, up: boolean): Promise<void> => {
  await ip(wirePid, 'link', 'set', portOf(station), up ? 'up' : 'down');
};

/** Gives `eth0` of a namespace its address. */
export const configureCard = async (pid: number, address: string): Promise<void> => {
  await ip(pid, 'link', 'set', 'lo', 'up');
  await ip(pid, 'link', 'set', 'eth0', 'up');
  await ip(pid, 'address', 'add', address, 'brd', '+', 'dev', 'eth0');
};

export const logOf = (stateDir: string): string => join(stateDir, 'wire.log');
