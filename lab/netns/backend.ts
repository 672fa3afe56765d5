/** Nodes that are groups of namespaces of this machine's own kernel. They share its /usr and its clock. */
import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../backend.ts';
import { clientAddress, type NodeSpec, prefixLength } from '../topology.ts';
import { cgroupOf, createCgroup, destroyCgroup, isPopulated } from './cgroup.ts';
import { copyTree, createDisk, onDisk, placeFile } from './disk.ts';
import {
  attachTo,
  bootMachine,
  execIn,
  freezeMachine,
  initOf,
  type Machine,
  powerOf,
  powerOffMachine,
} from './machine.ts';
import { setPassage } from './one-way.ts';
import { enterScript } from './process.ts';
import { configureCard, createBridge, holderOf, holdNamespace, logOf, plugIn, setLink } from './wire.ts';

const clientStation = 200;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Where the processes and disks of a lab's nodes are, whatever kind of node they are. */
export interface Places {
  readonly cgroup: string;
  readonly wireGroup: string;
  readonly machine: (node: NodeSpec) => Machine;
}

export const placesOf = async (lab: string, stateDir: string): Promise<Places> => {
  const cgroup = await cgroupOf(lab);
  return {
    cgroup,
    wireGroup: join(cgroup, 'wire'),
    machine: (node) => ({
      name: node.name,
      disk: join(stateDir, 'nodes', node.name),
      cgroup: join(cgroup, `node${node.id}`),
      address: `${node.address}/${prefixLength}`,
    }),
  };
};

/** @param stateDir an existing directory of the lab's own, on a real file system (not tmpfs, not overlay). */
export const namespaceBackend = async (lab: string, stateDir: string): Promise<Backend> => {
  const { cgroup, wireGroup, machine } = await placesOf(lab, stateDir);
  const clientGroup = join(cgroup, 'client');
  const workerGroup = join(cgroup, 'client-processes');

  const cutMark = (node: NodeSpec): string => join(machine(node).disk, 'cut');
  const isCut = (node: NodeSpec): Promise<boolean> => exists(cutMark(node));

  /** Reaches into a running node through its first process, else onto its disk: a mounted overlay must not change. */
  const placeIn = async (node: NodeSpec): Promise<(path: string) => string> => {
    const pid = await initOf(machine(node));
    return (path) => (pid === undefined ? onDisk(machine(node).disk, path) : `/proc/${pid}/root${path}`);
  };

  const setCable = async (node: NodeSpec, connected: boolean): Promise<void> => {
    if (connected) await rm(cutMark(node), { force: true });
    else await writeFile(cutMark(node), '');
    if ((await initOf(machine(node))) !== undefined)
      await setLink(await holderOf(wireGroup), node.id, connected);
  };

  return {
    createWire: async () => {
      const wirePid = await holdNamespace(wireGroup, logOf(stateDir));
      await createBridge(wirePid);
      const clientPid = await holdNamespace(clientGroup, logOf(stateDir));
      await createCgroup(workerGroup);
      await plugIn(wirePid, clientStation, clientPid, true);
      await configureCard(clientPid, `${clientAddress}/${prefixLength}`);
    },
    createDisk: (node) => createDisk(machine(node).disk),
    writeFiles: async (node, files) => {
      const place = await placeIn(node);
      for (const file of files) await placeFile(place, file);
    },
    copyDirectory: async (node, source, target) => copyTree(source, (await placeIn(node))(target)),
    fetch: async (node, source, target) => {
      const from = (await placeIn(node))(source);
      if (!(await exists(from))) return false;
      await copyTree(from, target);
      return true;
    },

    boot: (node) =>
      bootMachine(machine(node), async (pid) =>
        plugIn(await holderOf(wireGroup), node.id, pid, !(await isCut(node))),
      ),
    powerOff: (node) => powerOffMachine(machine(node)),
    power: (node) => powerOf(machine(node)),
    freeze: (node) => freezeMachine(machine(node), true),
    thaw: (node) => freezeMachine(machine(node), false),
    cut: (node) => setCable(node, false),
    heal: (node) => setCable(node, true),
    isCut,
    setPassage: async (from, to, passes) => setPassage(await holderOf(wireGroup), from.id, to.id, passes),

    exec: (node, argv, options) => execIn(machine(node), argv, options),
    attach: (node, argv) => attachTo(machine(node), argv),
    clientCommand: async (argv) => {
      const network = `--net=/proc/${await holderOf(clientGroup)}/ns/net`;
      return [enterScript, workerGroup, 'nsenter', network, '--', ...argv];
    },

    isAlive: () => isPopulated(cgroup),
    destroy: async () => {
      await destroyCgroup(cgroup);
    },
  };
};
