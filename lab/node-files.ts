/** What the lab puts on every node's disk before its first boot. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeFile } from './backend.ts';
import { clockFiles } from './clock.ts';
import { type CibVersion, cibPath, renderSeed } from './cluster/cib.ts';
import { corosyncConfPath, renderCorosyncConf } from './cluster/corosync.ts';
import { deviceFiles } from './cluster/quorum-device.ts';
import { clusterNodes, type LabOptions, machinesOf } from './options.ts';
import { arbiterFiles } from './postgres/arbiter.ts';
import { passfile } from './postgres/installation.ts';
import { nodeSettingsPath, type Passwords, renderNodeSettings, renderPassfile } from './postgres/settings.ts';
import { type SshKeys, sshFiles } from './ssh.ts';
import { type NodeSpec, readVip, writeVip } from './topology.ts';

const clusterStackScript = join(fileURLToPath(new URL('.', import.meta.url)), 'cluster', 'cluster-stack.sh');

const renderHosts = (nodes: readonly NodeSpec[]): string =>
  [
    '127.0.0.1 localhost',
    ...nodes.map(({ address, name }) => `${address} ${name}`),
    `${writeVip} writer`,
    `${readVip} reader`,
    '',
  ].join('\n');

const databaseFiles = (node: NodeSpec, options: LabOptions, passwords: Passwords): NodeFile[] => [
  { path: nodeSettingsPath, content: renderNodeSettings(options, node.name), mode: 0o644 },
  { path: passfile, content: renderPassfile(passwords), mode: 0o600, owner: 'postgres:postgres' },
];

/** By which cluster-stack.sh knows a machine that has no cluster: the machine around may have a corosync.conf. */
const outsideMark = '/etc/pha-lab/outside';

const clusterFiles = (options: LabOptions, version: CibVersion): NodeFile[] => [
  {
    path: corosyncConfPath,
    content: renderCorosyncConf(
      'pgcluster',
      clusterNodes(options),
      options.corosync,
      machinesOf(options).find(({ name }) => options.deviceNames.includes(name)),
    ),
    mode: 0o644,
  },
  // Pacemaker refuses a CIB that others can read.
  { path: cibPath, content: renderSeed(version, options), mode: 0o600, owner: 'hacluster:haclient' },
];

export const nodeFiles = async (
  node: NodeSpec,
  options: LabOptions,
  secrets: { readonly passwords: Passwords; readonly keys: SshKeys },
  version: CibVersion,
  binDirectory: string,
): Promise<NodeFile[]> => {
  const nodes = machinesOf(options);
  const isArbiter = options.arbiterNames.includes(node.name);
  const isDevice = options.deviceNames.includes(node.name);
  return [
    { path: '/etc/hostname', content: `${node.name}\n`, mode: 0o644 },
    { path: '/etc/hosts', content: renderHosts(nodes), mode: 0o644 },
    ...(isArbiter || isDevice || options.outsideNames.includes(node.name)
      ? [{ path: outsideMark, content: '', mode: 0o644 }]
      : clusterFiles(options, version)),
    { path: '/usr/local/sbin/cluster-stack', content: await readFile(clusterStackScript), mode: 0o755 },
    ...sshFiles(nodes, secrets.keys),
    ...(options.clocks ? await clockFiles() : []),
    ...(isArbiter ? arbiterFiles(binDirectory, secrets.passwords) : []),
    ...(isDevice ? deviceFiles : []),
    ...(options.fresh || isArbiter || isDevice || options.directorNames.includes(node.name)
      ? []
      : databaseFiles(node, options, secrets.passwords)),
  ];
};
