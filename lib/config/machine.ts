import { canonicalAddress } from '../system/ip-address.ts';
import { type ClusterConfig, clusterNodes } from './config.ts';
import type { ConfigProblem } from './ini.ts';

export type PathTarget = 'file' | 'directory' | 'other' | 'missing';

/** What this machine has of what config.ini names. */
export interface MachineFacts {
  /** What is at a path, links followed. */
  readonly paths: ReadonlyMap<string, PathTarget>;
  /** The template's file; undefined when it is nowhere. */
  readonly template?: string;
  /** Where it was looked for. */
  readonly templateFolders: readonly string[];
  readonly interfaces: readonly string[];
  /** The addresses of each node; none when its name does not resolve. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** Permission bits of config.ini. */
  readonly configMode?: number;
}

export interface MachineProblem extends ConfigProblem {
  readonly about: 'template' | 'path' | 'interface' | 'unresolved-node' | 'virtual-address';
}

export interface MachineCheck {
  /** In the order of their lines. */
  readonly problems: readonly MachineProblem[];
  /** Worth knowing, and no reason to stop. */
  readonly warnings: readonly ConfigProblem[];
}

const FILES = ['pgsql_pgctl', 'pgsql_psql'] as const;
const FOLDERS = ['OCF_ROOT', 'pgsql_pgdata', 'pgsql_socketdir'] as const;

/** The paths that {@link checkOnThisMachine} wants to know of. */
export const pathsOf = ({ values }: ClusterConfig): readonly string[] =>
  [...FILES, ...FOLDERS].map((key) => values[key]).filter((path) => path !== '');

/** What config.ini says and this machine cannot follow; a key that could not be read is empty, and passed over. Pure. */
export function checkOnThisMachine(config: ClusterConfig, facts: MachineFacts): MachineCheck {
  const { values, lines } = config;
  const at = (about: MachineProblem['about'], key: string, sentence: string): MachineProblem => ({
    about,
    line: lines.get(key) ?? 0,
    sentence,
  });
  const wrongPaths = (
    keys: readonly ((typeof FILES)[number] | (typeof FOLDERS)[number])[],
    want: PathTarget,
  ) =>
    keys.flatMap((key) => {
      const path = values[key];
      const found = facts.paths.get(path);
      if (path === '' || found === undefined || found === want) return [];
      const what = found === 'missing' ? 'is not there' : `is no ${want}`;
      return [
        at('path', key, `${key} is ${path}, which ${what} on this machine; correct it, or ${REMEDY[key]}`),
      ];
    });
  const problems = [
    ...(facts.template === undefined && values.pcs_template !== ''
      ? [
          at(
            'template',
            'pcs_template',
            `pcs_template is ${values.pcs_template}, which is not in ${facts.templateFolders.join(' or ')}; correct it`,
          ),
        ]
      : []),
    ...wrongPaths(FILES, 'file'),
    ...wrongPaths(FOLDERS, 'directory'),
    ...(values.vip_nic !== '' && !facts.interfaces.includes(values.vip_nic)
      ? [
          at(
            'interface',
            'vip_nic',
            `vip_nic is ${values.vip_nic}, and this machine has ${facts.interfaces.join(', ')}; correct it, or leave it empty`,
          ),
        ]
      : []),
    ...nodeAddresses(config, facts),
  ];
  return { problems: problems.sort((a, b) => a.line - b.line), warnings: fileMode(config, facts) };
}

const REMEDY: Readonly<Record<(typeof FILES)[number] | (typeof FOLDERS)[number], string>> = {
  pgsql_pgctl: 'install PostgreSQL',
  pgsql_psql: 'install it, or leave the value empty',
  OCF_ROOT: 'install resource-agents',
  pgsql_pgdata: 'create it (initdb, pg_basebackup)',
  pgsql_socketdir: 'create it',
};

function nodeAddresses(config: ClusterConfig, facts: MachineFacts): readonly MachineProblem[] {
  const { values, lines } = config;
  return [...new Set(clusterNodes(config))].flatMap((name) => {
    const addresses = facts.addresses.get(name);
    if (addresses === undefined) return [];
    const unresolved: MachineProblem = {
      about: 'unresolved-node',
      line: config.nodeLines.get(name) ?? 0,
      sentence: `the node ${name} has no address here; add it to /etc/hosts or to DNS`,
    };
    if (addresses.length === 0) return [unresolved];
    return (['writer_vip', 'reader_vip'] as const)
      .filter((key) => addresses.map(canonicalAddress).includes(canonicalAddress(values[key])))
      .map(
        (key): MachineProblem => ({
          about: 'virtual-address',
          line: lines.get(key) ?? 0,
          sentence: `${key} is ${values[key]}, which is the address of the node ${name}; it must be one of its own`,
        }),
      );
  });
}

function fileMode({ values }: ClusterConfig, { configMode }: MachineFacts): readonly ConfigProblem[] {
  if (values.pgsql_reppassord === '' || configMode === undefined || (configMode & 0o077) === 0) return [];
  const mode = configMode.toString(8).padStart(4, '0');
  return [
    {
      line: 0,
      sentence: `it holds a password, and its mode ${mode} lets others read it; run chmod 600 on it`,
    },
  ];
}
