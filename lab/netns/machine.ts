/** Power and commands of one node made of namespaces. */
import { access, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { homeOf } from '../accounts.ts';
import type { ExecOptions, ExecResult, Power } from '../backend.ts';
import { cleanEnv } from '../environment.ts';
import { LabError } from '../failure.ts';
import { createCgroup, endAll, isFrozen, isPopulated, processesIn, setFrozen } from './cgroup.ts';
import { enterScript, initScript, launch } from './process.ts';

export interface Machine {
  readonly name: string;
  readonly disk: string;
  readonly cgroup: string;
  /** With the prefix length. */
  readonly address: string;
}

/** The first process of a running machine, as this machine numbers it. */
export const initOf = async (machine: Machine): Promise<number | undefined> => {
  const text = await readFile(join(machine.disk, 'pid'), 'utf8').catch(() => '');
  const pid = Number(text);
  // The file may be older than the process that has this number now.
  return text !== '' && (await processesIn(machine.cgroup)).includes(pid) ? pid : undefined;
};

export const powerOf = async (machine: Machine): Promise<Power> => {
  if ((await initOf(machine)) === undefined) return 'off';
  return (await isFrozen(machine.cgroup)) ? 'frozen' : 'running';
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** @param pid the process that ends when the machine does */
export const waitForBoot = async (
  machine: Machine,
  pid: number,
  what: string,
  done: () => Promise<boolean>,
): Promise<void> => {
  const end = performance.now() + 15_000;
  while (!(await done())) {
    if (!isRunning(pid) || performance.now() > end) {
      const log = await readFile(join(machine.disk, 'console'), 'utf8').catch(() => '');
      throw new LabError(`${machine.name} did not boot: ${what} did not happen. Its console says:\n${log}`);
    }
    await sleep(5);
  }
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** @param plugIn connects the namespace of a process to the wire. */
export const bootMachine = async (
  machine: Machine,
  plugIn: (pid: number) => Promise<void>,
): Promise<void> => {
  if (await isPopulated(machine.cgroup)) throw new LabError(`${machine.name} is already on.`);
  await createCgroup(machine.cgroup);
  // A node whose power went while it was frozen would otherwise come back frozen.
  await setFrozen(machine.cgroup, false);
  await rm(join(machine.disk, 'pid'), { force: true });
  const init = launch(
    machine.cgroup,
    [
      ...['unshare', '--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--'],
      ...[initScript, machine.disk, machine.name, machine.address],
    ],
    join(machine.disk, 'console'),
  );
  await waitForBoot(
    machine,
    init.pid,
    'its first process',
    async () => (await initOf(machine)) !== undefined,
  );
  const pid = await initOf(machine);
  if (pid === undefined) throw new LabError(`${machine.name} ended while it booted.`);
  await plugIn(pid);
  init.stdin.end('go\n');
  await waitForBoot(machine, init.pid, 'its network', () => exists(`/proc/${pid}/root/run/pha-lab/booted`));
};

export const powerOffMachine = async (machine: Machine): Promise<void> => {
  if ((await powerOf(machine)) === 'off') throw new LabError(`${machine.name} is already off.`);
  await endAll(machine.cgroup);
};

const enter = async (machine: Machine): Promise<string[]> => {
  const pid = await initOf(machine);
  if (pid === undefined) throw new LabError(`${machine.name} is off; boot it first.`);
  if (await isFrozen(machine.cgroup)) throw new LabError(`${machine.name} is frozen; thaw it first.`);
  return [machine.cgroup, 'nsenter', '--target', String(pid), '-m', '-u', '-i', '-n', '-p', '--wd', '--'];
};

const asUser = async (user: string | undefined): Promise<string[]> =>
  user === undefined ? [] : ['runuser', '-u', user, '--', 'env', `HOME=${await homeOf(user)}`];

export const execIn = async (
  machine: Machine,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> => {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const begin = performance.now();
  const inside = [
    'timeout',
    '--signal=KILL',
    String(timeoutMs / 1000),
    ...(await asUser(options.user)),
    ...argv,
  ];
  const result = await execa(enterScript, [...(await enter(machine)), ...inside], {
    reject: false,
    extendEnv: false,
    env: { ...cleanEnv, ...options.env },
    cwd: '/',
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    // The command's own deadline comes first, so that nothing is left running inside; a node that is frozen
    // in the meantime keeps both of them waiting.
    timeout: timeoutMs + 1000,
    killSignal: 'SIGKILL',
  });
  return {
    exitCode: result.exitCode ?? 137,
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
    timedOut: result.timedOut || (result.exitCode === 137 && performance.now() - begin >= timeoutMs),
  };
};

/** On the standard streams of this process. */
export const attachTo = async (machine: Machine, argv: readonly string[]): Promise<number> => {
  const result = await execa(enterScript, [...(await enter(machine)), ...argv], {
    reject: false,
    stdio: 'inherit',
    extendEnv: false,
    env: { ...cleanEnv, TERM: process.env.TERM ?? 'dumb' },
    cwd: '/',
  });
  return result.exitCode ?? 1;
};

export const freezeMachine = async (machine: Machine, frozen: boolean): Promise<void> => {
  const wanted = frozen ? 'running' : 'frozen';
  const power = await powerOf(machine);
  if (power !== wanted) throw new LabError(`${machine.name} is ${power}, not ${wanted}.`);
  await setFrozen(machine.cgroup, frozen);
};
