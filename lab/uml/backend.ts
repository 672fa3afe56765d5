/**
 * Nodes that are guests of User-Mode Linux: a kernel of their own, which has ip_vs, at the price of slow process starts.
 * They sit on the same wire as nodes of namespaces and have their disk in the same directories, so only what reaches
 * into a running node differs.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Backend, NodeFile } from '../backend.ts';
import { cleanEnv } from '../environment.ts';
import { LabError } from '../failure.ts';
import { namespaceBackend, placesOf } from '../netns/backend.ts';
import { copyTree, onDisk, placeFile } from '../netns/disk.ts';
import { holderOf } from '../netns/wire.ts';
import { serverLog } from '../postgres/installation.ts';
import type { NodeSpec } from '../topology.ts';
import { bootGuest, createDatabaseDisk, databases, freezeGuest, type Guest, powerOfGuest } from './guest.ts';
import { carryOut, execInGuest, exists, type Order, quote } from './orders.ts';

/** Puts files into a running guest: a layer that is mounted must not be changed from outside. */
const renderFiles = async (order: Order, files: readonly NodeFile[]): Promise<string> => {
  const tree = join(order.here, 'tree');
  for (const file of files) await placeFile((path) => join(tree, path), file);
  // All at once, as a guest is slow to start processes. The modes of its own directories stay.
  return `set -e\ntar -C ${order.there}/tree -cf - . | tar -C / --no-overwrite-dir -xpf -\n`;
};

const isOwnDirectory = (path: string): boolean => path.startsWith('/var/');
const isDatabase = (path: string): boolean => path.startsWith(`${databases}/`);

/** @param stateDir as for `namespaceBackend`, whose wire this one uses */
export const guestBackend = async (lab: string, stateDir: string): Promise<Backend> => {
  const base = await namespaceBackend(lab, stateDir);
  const places = await placesOf(lab, stateDir);
  const guest = (node: NodeSpec): Guest => ({ ...places.machine(node), station: node.id });
  const isOn = async (node: NodeSpec): Promise<boolean> => (await powerOfGuest(guest(node))) !== 'off';

  const requireRunning = async (node: NodeSpec): Promise<void> => {
    const power = await powerOfGuest(guest(node));
    if (power !== 'running')
      throw new LabError(`${node.name} is ${power}; ${power === 'off' ? 'boot' : 'thaw'} it first.`);
  };

  const order = async (
    node: NodeSpec,
    render: (order: Order) => Promise<string>,
    collect?: (order: Order) => Promise<void>,
  ): Promise<void> => {
    const result = await carryOut(guest(node).disk, render, {}, () => isOn(node), collect);
    if (result.exitCode !== 0) throw new LabError(`${node.name}: ${result.stderr || 'it did not answer'}`);
  };

  const exec: Backend['exec'] = async (node, argv, options = {}) => {
    await requireRunning(node);
    return execInGuest(guest(node).disk, argv, options, () => isOn(node));
  };

  return {
    ...base,
    createDisk: async (node) => {
      await base.createDisk(node);
      const { disk } = guest(node);
      await createDatabaseDisk(disk);
      // Else it would belong to root, see there.
      const log = { path: serverLog, content: '', mode: 0o600, owner: 'postgres:postgres' };
      await placeFile((path) => onDisk(disk, path), log);
    },
    writeFiles: async (node, files) => {
      const { disk } = guest(node);
      if ((await powerOfGuest(guest(node))) === 'running')
        await order(node, (place) => renderFiles(place, files));
      // What the guest has in memory lies above this, and is gone at its next boot.
      for (const file of files) await placeFile((path) => onDisk(disk, path), file);
    },
    copyDirectory: async (node, source, target) => {
      if (isDatabase(target)) {
        // Its first process has this machine's root, too.
        await order(
          node,
          async () => `cp -a --no-target-directory /mnt/machine${quote(source)} ${quote(target)}\n`,
        );
        return;
      }
      if (!isOwnDirectory(target) && (await isOn(node)))
        throw new LabError(`Only /var of a running guest can be copied into, not ${target}.`);
      await copyTree(source, onDisk(guest(node).disk, target));
    },
    fetch: async (node, source, target) => {
      const from = onDisk(guest(node).disk, source);
      // What a guest has written may still be in its memory.
      if ((await powerOfGuest(guest(node))) === 'running') await order(node, async () => 'sync\n');
      if (!(await exists(from))) return false;
      await copyTree(from, target);
      return true;
    },

    boot: async (node) => {
      await mkdir(guest(node).disk, { recursive: true });
      await bootGuest(guest(node), await holderOf(places.wireGroup), !(await base.isCut(node)));
    },
    power: (node) => powerOfGuest(guest(node)),
    freeze: (node) => freezeGuest(guest(node), true),
    thaw: (node) => freezeGuest(guest(node), false),

    exec,
    attach: async (node, argv) => {
      // A guest shares no terminal with this machine; through its network it has one.
      if (process.stdin.isTTY && process.stdout.isTTY) {
        await requireRunning(node);
        const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
        const [file = '', ...args] = await base.clientCommand([
          ...['ssh', '-t', '-i', join(stateDir, 'ssh-root-key'), '-F', 'none'],
          ...options.flatMap((option) => ['-o', option]),
          ...[`root@${node.address}`, argv.map(quote).join(' ')],
        ]);
        const session = await execa(file, args, { reject: false, stdio: 'inherit', env: cleanEnv });
        return session.exitCode ?? 1;
      }
      const { exitCode, stdout, stderr } = await exec(node, argv, { timeoutMs: 3_600_000 });
      for (const [stream, text] of [
        [process.stdout, stdout],
        [process.stderr, stderr],
      ] as const)
        if (text !== '') stream.write(`${text}\n`);
      return exitCode;
    },
  };
};

/** Some nodes of one kind, some of the other, on one wire. */
export const mixedBackend = (
  namespaces: Backend,
  guests: Backend,
  isGuest: (node: NodeSpec) => boolean,
): Backend => {
  const of = (node: NodeSpec): Backend => (isGuest(node) ? guests : namespaces);
  return {
    ...namespaces,
    createDisk: (node) => of(node).createDisk(node),
    writeFiles: (node, files) => of(node).writeFiles(node, files),
    copyDirectory: (node, source, target) => of(node).copyDirectory(node, source, target),
    fetch: (node, source, target) => of(node).fetch(node, source, target),
    boot: (node) => of(node).boot(node),
    powerOff: (node) => of(node).powerOff(node),
    power: (node) => of(node).power(node),
    freeze: (node) => of(node).freeze(node),
    thaw: (node) => of(node).thaw(node),
    exec: (node, argv, options) => of(node).exec(node, argv, options),
    attach: (node, argv) => of(node).attach(node, argv),
  };
};
