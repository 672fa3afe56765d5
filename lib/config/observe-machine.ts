import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileMode } from '../system/files.ts';
import { lookUpAddresses } from '../system/ip-address.ts';
import { type ClusterConfig, clusterNodes } from './config.ts';
import { type Shell, templateName } from './definition.ts';
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
    clusterNodes(config).map(async (name) => [name, await lookUpAddresses(name)] as const),
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
