/**
 * Two machines on one wire, as network namespaces: one that agents and commands are called on, with /run and /etc of
 * its own, and a client. For what needs no cluster. They end with this process.
 */
import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';

export interface TwoMachines {
  readonly machine: Machine;
  readonly client: Machine;
}

export interface Machine {
  /** The output; throws when the command fails. */
  readonly exec: (...command: readonly string[]) => string;
  readonly call: (
    command: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => SpawnSyncReturns<string>;
  /** The same command as it is started from outside. */
  readonly outside: (command: readonly string[]) => readonly [file: string, args: string[]];
}

export const CLIENT = { ipv4: '192.168.0.1', ipv6: 'fd00::1' };
export const MACHINE = { ipv4: '192.168.0.232', ipv6: 'fd00::232' };

const boot = async (t: Test): Promise<{ pid: number; machine: Machine }> => {
  // What is written to /etc and /run stays in the namespace.
  const script = `set -e
    mount --make-rprivate /
    mount -t tmpfs -o mode=0755 tmpfs /run
    mkdir /run/etc /run/work
    mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work overlay /etc
    ip link set lo up
    echo up
    exec cat`;
  const first = spawn('unshare', ['--net', '--mount', 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { pid } = first;
  if (pid === undefined) throw new Error('unshare cannot be started');
  const ended = once(first, 'exit');
  t.teardown(async () => {
    first.stdin.end();
    await ended;
  });
  await Promise.race([
    once(first.stdout, 'data'),
    ended.then(() => {
      throw new Error('no namespaces here');
    }),
  ]);
  const outside: Machine['outside'] = (command) => [
    '/usr/bin/nsenter',
    ['--target', String(pid), '--net', '--mount', '--', ...command],
  ];
  return {
    pid,
    machine: {
      outside,
      exec: (...command) => execFileSync(...outside(command), { encoding: 'utf8' }),
      call: (command, env = {}) => spawnSync(...outside(command), { encoding: 'utf8', env, timeout: 60_000 }),
    },
  };
};

export const twoMachines = async (t: Test): Promise<TwoMachines> => {
  const [{ pid, machine }, { pid: clientPid, machine: client }] = await Promise.all([boot(t), boot(t)]);
  execFileSync('nsenter', [
    ...['--target', String(pid), '--net', 'ip', 'link', 'add', 'eth0', 'type', 'veth'],
    ...['peer', 'name', 'eth0', 'netns', String(clientPid)],
  ]);
  for (const [each, { ipv4, ipv6 }] of [
    [machine, MACHINE],
    [client, CLIENT],
  ] as const) {
    each.exec('ip', 'address', 'add', `${ipv4}/24`, 'dev', 'eth0');
    each.exec('ip', 'address', 'add', `${ipv6}/64`, 'dev', 'eth0', 'nodad');
    each.exec('ip', 'link', 'set', 'eth0', 'up');
  }
  return { machine, client };
};

/** Whether somebody in the network says that the address is with them: what the client's kernel comes to. */
export const isAnnounced = async ({ client }: TwoMachines, address: string): Promise<boolean> => {
  client.exec('ip', 'neighbour', 'flush', 'dev', 'eth0');
  client.exec('bash', '-c', `echo >/dev/udp/${address}/9`);
  for (;;) {
    const found = client.exec('ip', '-json', 'neighbour', 'show', 'to', address, 'dev', 'eth0');
    const [state] = JSON.parse(found)[0]?.state ?? ['FAILED'];
    if (state !== 'INCOMPLETE') return state !== 'FAILED';
    await sleep(20);
  }
};

/** Whether the machine takes packets for the address that are sent to it, as a director sends them. */
export const isAccepted = ({ machine, client }: TwoMachines, address: string): boolean => {
  const [link] = JSON.parse(machine.exec('ip', '-json', 'link', 'show', 'dev', 'eth0'));
  client.exec('ip', 'neighbour', 'replace', address, 'lladdr', link.address, 'dev', 'eth0');
  const { status } = client.call(['ping', '-c', '1', '-W', '10', address], { PATH: '/usr/bin:/bin' });
  client.exec('ip', 'neighbour', 'del', address, 'dev', 'eth0');
  return status === 0;
};
