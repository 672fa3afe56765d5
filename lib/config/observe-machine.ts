import { readdirSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { basename, join } from 'node:path';
import { deadlineIn } from '../system/clock.ts';
import { fileMode } from '../system/files.ts';
import { isThisMachine } from '../system/host.ts';
import { canonicalAddress, lookUpAddresses } from '../system/ip-address.ts';
import { type RunResult, run, succeeded } from '../system/process.ts';
import { type ClusterConfig, clusterNodes } from './config.ts';
import { type Shell, templateName } from './definition.ts';
import { objectionToNodeName } from './keys.ts';
import { type MachineFacts, type PathTarget, pathsOf } from './machine.ts';

/** Where templates are looked for, besides a folder that the caller knows. */
export const TEMPLATE_FOLDER = '/usr/local/share/pha/templates';

/** Looks at this machine; reads only. Node names that take longer than two seconds to resolve count as unresolved. */
export async function observeMachine(
  config: ClusterConfig,
  { configFile, templateFolders, shell }: MachineQuestion,
): Promise<MachineFacts> {
  const template = findTemplate(config, shell, templateFolders);
  const mode = fileMode(configFile);
  const addresses = await Promise.all(
    clusterNodes(config)
      .filter((name) => objectionToNodeName(name) === undefined)
      .map(async (name) => [name, await addressesOf(name, config)] as const),
  );
  return {
    paths: new Map(pathsOf(config).map((path) => [path, targetOf(path)])),
    ...(template === undefined ? {} : { template }),
    templateFolders,
    interfaces: interfaces(),
    addresses: new Map(addresses),
    ...(mode === undefined ? {} : { configMode: mode }),
  };
}

/** Where the operator works need not be a node: then it has no data directory, and another network. */
export async function observeFromAnywhere(
  config: ClusterConfig,
  question: MachineQuestion,
): Promise<MachineFacts> {
  const facts = await observeMachine(config, question);
  const isNode = (await Promise.all(clusterNodes(config).map(isThisMachine))).includes(true);
  return isNode ? facts : { ...facts, paths: new Map(), interfaces: [config.values.vip_nic] };
}

/**
 * As its name resolves; for this machine also what it has itself, since Debian has the name resolve to 127.0.1.1. A
 * virtual address that the cluster has put here is not the machine's.
 */
async function addressesOf(name: string, { values }: ClusterConfig): Promise<readonly string[]> {
  const resolved = await lookUpAddresses(name);
  if (!(await isThisMachine(name))) return resolved;
  const vips = [values.writer_vip, values.reader_vip].map(canonicalAddress);
  const own = Object.entries(networkInterfaces())
    .filter(([nic]) => nic !== 'lo')
    .flatMap(([, found = []]) => found.map(({ address }) => canonicalAddress(address)));
  const suspects = own.filter((address) => vips.includes(address));
  const managed = await Promise.all(suspects.map(isManaged));
  return [...resolved, ...suspects.filter((_, i) => managed[i] !== true)];
}

async function isManaged(address: string): Promise<boolean> {
  const xpath = `--xpath=//primitive/instance_attributes/nvpair[@name='ip' and @value='${address}']`;
  const query = ['--query', '--local', xpath];
  return mayBeManaged(await run('cibadmin', query, { deadline: deadlineIn(CIB_ANSWER_MS) }));
}

const CIB_ANSWER_MS = 5000;

/**
 * Whether a resource of the cluster has the address that cibadmin was asked for: not, where no cluster runs, but a cluster
 * that does not answer in time has not said so. Pure.
 */
export const mayBeManaged = (answer: RunResult): boolean => succeeded(answer) || answer.timedOut;

export interface MachineQuestion {
  readonly configFile: string;
  readonly templateFolders: readonly string[];
  readonly shell: Shell;
}

/** An absolute path as it is; a name in one of the folders, or in the folder there that has the template's name. */
export function findTemplate(
  config: ClusterConfig,
  shell: Shell,
  folders: readonly string[],
): string | undefined {
  const name = templateName(config, shell);
  const folder = basename(name).split('.')[0] ?? '';
  return name.startsWith('/')
    ? [name].find((path) => targetOf(path) === 'file')
    : folders
        .flatMap((root) => [join(root, name), join(root, folder, name)])
        .find((path) => targetOf(path) === 'file');
}

function targetOf(path: string): PathTarget {
  try {
    const stat = statSync(path);
    if (stat.isFile()) return 'file';
    return stat.isDirectory() ? 'directory' : 'other';
  } catch {
    return 'missing';
  }
}

function interfaces(): readonly string[] {
  try {
    return readdirSync('/sys/class/net').filter((name) => name !== 'lo');
  } catch {
    return [];
  }
}
