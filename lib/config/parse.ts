import { parseParameters, showValue } from '../../heartbeat-ocf/index.ts';
import { shellWords } from '../postgres/shell-words.ts';
import { canonicalAddress, ipVersion } from '../system/ip-address.ts';
import { objectionsToArbiter } from './arbiter.ts';
import type { ClusterConfig } from './config.ts';
import { type ConfigProblem, type IniEntry, inLineOrder, readIni } from './ini.ts';
import { configKeys, NODE_KEY, objectionToNodeName } from './keys.ts';
import { secretIn } from './secrets.ts';

export type ParsedConfig =
  | { readonly ok: true; readonly config: ClusterConfig }
  | {
      readonly ok: false;
      readonly problems: readonly ConfigProblem[];
      /** As far as it can be read: a key with a problem has its default, so that the others can be checked further. */
      readonly partial: ClusterConfig;
    };

/** Reads and checks a whole config.ini. Pure; all problems at once, in the order of their lines. */
export function parseConfigIni(text: string): ParsedConfig {
  const { entries, problems: malformed, unread } = readIni(text);
  const lines = linesOf(entries);
  const nodeEntries = entries
    .filter(({ key, value }) => NODE_KEY.test(key) && value !== '')
    .sort((a, b) => nodeNumber(a) - nodeNumber(b));
  const given = Object.fromEntries(
    entries.map(({ key, value }) => [
      `OCF_RESKEY_${key}`,
      key === 'pgsql_distlock_psql_cmd' ? asPsqlReadsIt(value) : value,
    ]),
  );
  const parsed = parseParameters(configKeys, given);
  const config: ClusterConfig = {
    values: parsed.values,
    nodes: [...nodeEntries.map(({ value }) => value), ...parsed.values.othernodes],
    lines,
    nodeLines: new Map([
      ...parsed.values.othernodes.map((name): [string, number] => [name, lines.get('othernodes') ?? 0]),
      ...nodeEntries.map(({ value, line }): [string, number] => [value, line]),
    ]),
  };
  const lineOf = (key: string) => lines.get(key) ?? 0;
  const wrong = new Set([...parsed.problems.map(({ parameter }) => parameter), ...unread]);
  const problems = inLineOrder([
    ...malformed,
    ...strangersAndDoubles(entries),
    ...parsed.problems
      // A key whose line cannot be read is not missing as well.
      .filter(({ parameter }) => !unread.has(parameter))
      .map(({ parameter, sentence }) => ({ line: lineOf(parameter), sentence })),
    ...nodeProblems(nodeEntries, config, unread),
    ...relations(config, wrong),
  ]);
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems, partial: config };
}

/** The original had two shells read it, and so `\\"` where psql was to see `"`. */
const asPsqlReadsIt = (command: string): string => command.replace(/\\+"/g, '"');

/** `config.ini, line 7: …`, or without a line. */
export const configMessage = (file: string, { line, sentence }: ConfigProblem): string =>
  line === 0 ? `${file}: ${sentence}` : `${file}, line ${line}: ${sentence}`;

const nodeNumber = ({ key }: IniEntry): number => Number(NODE_KEY.exec(key)?.[1]);

/** Also under the table's own spelling of a key that was given under another. */
function linesOf(entries: readonly IniEntry[]): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  for (const { key, line } of entries) lines.set(key, line);
  for (const [name, spec] of Object.entries(configKeys)) {
    for (const alias of 'aliases' in spec ? spec.aliases : []) {
      const line = lines.get(alias);
      if (line !== undefined && !lines.has(name)) lines.set(name, line);
    }
  }
  return lines;
}

const canonicalKey = (key: string): string =>
  Object.entries(configKeys).find(
    ([, spec]) => 'aliases' in spec && (spec.aliases as readonly string[]).includes(key),
  )?.[0] ?? key;

function strangersAndDoubles(entries: readonly IniEntry[]): readonly ConfigProblem[] {
  const first = new Map<string, IniEntry>();
  return entries.flatMap((entry) => {
    const { key, line } = entry;
    const name = canonicalKey(key);
    const earlier = first.get(name);
    if (earlier !== undefined) {
      const also = earlier.key === key ? '' : `, as ${earlier.key},`;
      return [
        { line, sentence: `${key} was given already${also} in line ${earlier.line}; remove one of the two` },
      ];
    }
    first.set(name, entry);
    return Object.hasOwn(configKeys, name) || NODE_KEY.test(key) ? [] : [{ line, sentence: unknownKey(key) }];
  });
}

function unknownKey(key: string): string {
  const near = Object.keys(configKeys).find(
    (name) => plainLetters(name) === plainLetters(key) || plainLetters(name).endsWith(plainLetters(key)),
  );
  return `there is no key ${key}; ${near === undefined ? 'correct it or remove the line' : `is ${near} meant?`}`;
}

const plainLetters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

function nodeProblems(
  entries: readonly IniEntry[],
  { values, nodes, lines }: ClusterConfig,
  unread: ReadonlySet<string>,
): readonly ConfigProblem[] {
  const missing = ['node1', 'node2']
    .filter((key) => !entries.some((entry) => entry.key === key) && !unread.has(key))
    .map((key) => ({
      line: lines.get(key) ?? 0,
      sentence: `${key} is missing; a cluster has at least two nodes, node1 and node2`,
    }));
  const malformed = entries.flatMap(({ key, value, line }) => {
    const objection = objectionToNodeName(value);
    return objection === undefined ? [] : [{ line, sentence: `${key}: ${objection}` }];
  });
  const doubles = nodes.flatMap((name, index) => {
    if (nodes.indexOf(name) === index) return [];
    const at = entries[index] ?? { key: 'othernodes', line: lines.get('othernodes') ?? 0 };
    return [{ line: at.line, sentence: `${at.key}: the node ${name} is named already; name each node once` }];
  });
  const vips = [values.writer_vip, values.reader_vip].map(canonicalAddress);
  const addresses = nodes.flatMap((name, index) => {
    if (!vips.includes(canonicalAddress(name))) return [];
    const at = entries[index] ?? { key: 'othernodes', line: lines.get('othernodes') ?? 0 };
    return [
      {
        line: at.line,
        sentence: `${at.key} is ${name}, which is also a virtual address; a virtual address must be free`,
      },
    ];
  });
  return [...missing, ...malformed, ...doubles, ...addresses];
}

/** What keys must be to each other; said of the later one. Of keys that are wrong already, nothing more is said. */
const relations = (config: ClusterConfig, wrong: ReadonlySet<string>): readonly ConfigProblem[] => [
  ...addressRelations(config),
  ...secrets(config),
  ...(wrong.has('fence_agent') ? [] : fencing(config)),
  ...distlock(config, wrong),
  ...quorumDevice(config),
];

function addressRelations({ values, lines }: ClusterConfig): readonly ConfigProblem[] {
  const { writer_vip: writer, reader_vip: reader, vip_cidr_netmask: mask } = values;
  const at = (key: string, sentence: string): ConfigProblem => ({ line: lines.get(key) ?? 0, sentence });
  const problems: ConfigProblem[] = [];
  if (writer !== '' && canonicalAddress(writer) === canonicalAddress(reader)) {
    problems.push(
      at('reader_vip', `reader_vip is ${reader}, the same as writer_vip; give it an address of its own`),
    );
  }
  const [ofWriter, ofReader] = [ipVersion(writer), ipVersion(reader)];
  if (ofWriter !== undefined && ofReader !== undefined && ofWriter !== ofReader) {
    problems.push(
      at(
        'reader_vip',
        `reader_vip is ${reader}, of IPv${ofReader}, and writer_vip ${writer} is of IPv${ofWriter}; vip_cidr_netmask is for both, so write two of one family`,
      ),
    );
  } else {
    const objection = objectionToMask(Number(mask), ofWriter ?? ofReader);
    if (objection !== undefined)
      problems.push(at('vip_cidr_netmask', `vip_cidr_netmask is ${mask}, and ${objection}`));
  }
  for (const key of ['writer_vip', 'reader_vip'] as const) {
    const what = reservedAs(values[key], Number(mask));
    if (what !== undefined) {
      problems.push(at(key, `${key} is ${values[key]}, ${what} of its /${mask} network; choose another`));
    }
  }
  return problems;
}

function objectionToMask(bits: number, family: 4 | 6 | undefined): string | undefined {
  if (family === 4 && bits > 32) return 'an IPv4 address has 32 bits; write a number up to 32, such as 24';
  // All of such a network would be looked for on the wire of the nodes.
  if (family === 6 && bits >= 1 && bits <= 32)
    return 'that is no network of IPv6 that machines are in; write its bits, such as 64';
  return undefined;
}

/** The first and the last address of an IPv4 network belong to no machine (but for /31 and /32). */
function reservedAs(address: string, bits: number): string | undefined {
  if (ipVersion(address) !== 4 || !(bits >= 1 && bits <= 30)) return undefined;
  const host = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0) % 2 ** (32 - bits);
  if (host === 0) return 'which is the address';
  return host === 2 ** (32 - bits) - 1 ? 'which is the broadcast address' : undefined;
}

/** The definition can be read by everybody who may read the cluster's configuration, and by `ps` while it is loaded. */
const secrets = ({ values, lines }: ClusterConfig): readonly ConfigProblem[] =>
  (['pgsql_restore_command', 'pgsql_distlock_psql_cmd', 'fence_options'] as const).flatMap((key) => {
    const name = secretIn(values[key]);
    if (name === undefined) return [];
    const instead =
      key === 'fence_options'
        ? 'use password_script=FILE'
        : 'keep it in a .pgpass file, or in a file of root';
    return [
      {
        line: lines.get(key) ?? 0,
        sentence: `${key} has a password (${name}), which everybody could read in the cluster; ${instead}`,
      },
    ];
  });

function fencing({ values, nodes, lines }: ClusterConfig): readonly ConfigProblem[] {
  const { fence_agent: agent, fence_options: options } = values;
  const line = lines.get('fence_options') ?? 0;
  if (options === '') return [];
  if (agent === '')
    return [{ line, sentence: 'fence_options is given, but fence_agent is not; name the agent' }];
  const words = shellWords(options);
  // Of such options no word is shown but the names of nodes.
  const hasSecret = secretIn(options) !== undefined;
  if (words === undefined) return [{ line, sentence: 'fence_options: a quote is not closed; correct it' }];
  return words.flatMap((word) => {
    if (!/^[A-Za-z0-9_-]+=./.test(word)) {
      if (hasSecret) return [];
      return [
        { line, sentence: `fence_options has ${showValue(word)}; write name=value, separated by blanks` },
      ];
    }
    if (secretIn(word) !== undefined) return [];
    return nodesOfFencing(word)
      .filter((name) => !nodes.includes(name))
      .map((name) => ({
        line,
        sentence: `fence_options names the node ${name}, which is no node of this file (${nodes.join(', ')}); correct it`,
      }));
  });
}

/** pcmk_host_list="node1 node2" and pcmk_host_map="node1:1;node2:2,3" (pacemaker-fenced(7)). */
function nodesOfFencing(word: string): readonly string[] {
  const [name = '', value = ''] = [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)];
  if (name === 'pcmk_host_list') return value.split(/[\s,;]+/).filter(Boolean);
  if (name !== 'pcmk_host_map') return [];
  return value.split(/[;\s]+/).flatMap((entry) => entry.split(/[:=]/)[0] || []);
}

function distlock(config: ClusterConfig, wrong: ReadonlySet<string>): readonly ConfigProblem[] {
  const { values, lines, nodes } = config;
  if (!values.pgsql_enable_distlock) return [];
  const line = lines.get('pgsql_enable_distlock') ?? 0;
  const of = (sentence: string): ConfigProblem => ({
    line,
    sentence: `pgsql_enable_distlock is true, ${sentence}`,
  });
  const missing = (['pgsql_distlock_psql_cmd', 'pgsql_distlock_lockname'] as const).filter(
    (key) => values[key] === '' && !wrong.has(key),
  );
  return [
    ...missing.map((key) => of(`and ${key} is missing; give it`)),
    ...(nodes.length > 2
      ? [of(`which is for two nodes, and these are ${nodes.length}; set it to false`)]
      : []),
    ...objectionsToArbiter(config).map((sentence) => ({
      line: lines.get('pgsql_distlock_psql_cmd') ?? 0,
      sentence: `pgsql_distlock_psql_cmd ${sentence}`,
    })),
  ];
}

function quorumDevice({ values, lines, nodes }: ClusterConfig): readonly ConfigProblem[] {
  if (!values.pgsql_quorum_device) return [];
  const of = (sentence: string): ConfigProblem => ({
    line: lines.get('pgsql_quorum_device') ?? 0,
    sentence: `pgsql_quorum_device is true, ${sentence}; set it to false`,
  });
  return [
    ...(values.pgsql_enable_distlock ? [of('and so is pgsql_enable_distlock: one of them decides')] : []),
    ...(nodes.length > 2 ? [of(`which is for two nodes, and these are ${nodes.length}`)] : []),
  ];
}
