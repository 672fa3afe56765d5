/** The command line of `npm run bench`, checked as a whole before anything happens. */
import minimist from 'minimist';
import { type CorosyncTiming, UsageError } from '../lab/index.ts';
import { corosyncTimings } from '../lab/options.ts';
import { CONTESTANTS, type Contestant, FAULTS, type Fault } from './failover/plays.ts';

export interface MonitorRequest {
  readonly verb: 'monitor';
  readonly json: boolean;
  /** measured calls of each agent, in each situation */
  readonly runs: number;
  /** how many nodes the lab has, or gets if it has to be made */
  readonly nodes: number | undefined;
  /** a lab, which stays up if it is; undefined: one of the benchmark's own */
  readonly name: string | undefined;
}

export interface BalancerRequest {
  readonly verb: 'balancer';
  readonly json: boolean;
  /** measured calls with few and with many servers, for each kind of list */
  readonly runs: number;
}

export interface TwoNodesRequest {
  readonly verb: 'two-nodes';
  readonly json: boolean;
  /** of the names of the cases; undefined: all */
  readonly only: RegExp | undefined;
  readonly list: boolean;
  readonly write: boolean;
  /** of the lab, which is made and removed */
  readonly name: string | undefined;
}

export interface FailoverRequest {
  readonly verb: 'failover';
  readonly json: boolean;
  readonly agents: readonly Contestant[];
  readonly faults: readonly Fault[];
  /** of each fault, for each agent */
  readonly runs: number;
  readonly corosync: CorosyncTiming;
  /** a file */
  readonly html: string | undefined;
  /** of the labs, which are made and removed one after the other */
  readonly name: string | undefined;
}

export interface CampaignRequest {
  readonly verb: 'campaign';
  readonly json: boolean;
  readonly rounds: number;
  /** of the first round; the next one has the next number */
  readonly seed: number;
  /** of the names of the faults; undefined: all */
  readonly only: RegExp | undefined;
  readonly list: boolean;
  /** of the lab, which is made and removed */
  readonly name: string | undefined;
}

export type Request =
  | MonitorRequest
  | BalancerRequest
  | TwoNodesRequest
  | FailoverRequest
  | CampaignRequest
  | { readonly verb: 'help' };

const OF_FAILOVER = ['agents', 'faults', 'corosync', 'html'] as const;
const OF_CAMPAIGN = ['rounds', 'seed'] as const;
const VALUE_OPTIONS = ['runs', 'nodes', 'name', 'only', ...OF_FAILOVER, ...OF_CAMPAIGN];
const FLAGS = ['json', 'list', 'write'];

/** What each verb does not take. */
const MISPLACED = {
  monitor: ['only', 'list', 'write', ...OF_FAILOVER, ...OF_CAMPAIGN],
  balancer: ['nodes', 'name', 'only', 'list', 'write', ...OF_FAILOVER, ...OF_CAMPAIGN],
  'two-nodes': ['runs', 'nodes', ...OF_FAILOVER, ...OF_CAMPAIGN],
  failover: ['nodes', 'only', 'list', 'write', ...OF_CAMPAIGN],
  campaign: ['runs', 'nodes', 'write', ...OF_FAILOVER],
} as const;

const isVerb = (word: string): word is keyof typeof MISPLACED => Object.hasOwn(MISPLACED, word);

const single = (args: minimist.ParsedArgs, option: string): string | undefined => {
  const value: unknown = args[option];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new UsageError(`--${option} is given more than once.`);
  if (value === '') throw new UsageError(`--${option} needs a value.`);
  return value;
};

const wholeNumber = (
  args: minimist.ParsedArgs,
  option: string,
  least: number,
  most: number,
): number | undefined => {
  const text = single(args, option);
  if (text === undefined) return undefined;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new UsageError(`--${option} is a whole number from ${least} to ${most}, not "${text}".`);
  return value;
};

const pattern = (args: minimist.ParsedArgs, option: string): RegExp | undefined => {
  const text = single(args, option);
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch {
    throw new UsageError(`--${option} is a regular expression, which "${text}" is not.`);
  }
};

const oneOf = <T extends string>(option: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} takes ${allowed.join(', ')}, not "${value}".`);
};

/** Words separated by commas, in the order in which they are given; all of them unless told. */
const listOf = <T extends string>(
  args: minimist.ParsedArgs,
  option: string,
  allowed: readonly T[],
): readonly T[] => {
  const words = single(args, option)?.split(',') ?? allowed;
  return [...new Set(words.map((word) => oneOf(option, word, allowed)))];
};

/** minimist throws at `--constructor` and its like, and reads `--no-json` as `--json=false`. */
const refuseStrangers = (argv: readonly string[]): void => {
  const known = ['help', ...FLAGS, ...VALUE_OPTIONS].map((name) => `--${name}`);
  const stranger = argv.find(
    (word) => word.startsWith('-') && word !== '-h' && !known.includes(word.split('=')[0] ?? ''),
  );
  if (stranger !== undefined) throw new UsageError(`There is no option ${stranger.split('=')[0]}.`);
};

/** @throws UsageError with one sentence on the first thing that is wrong */
export const parseRequest = (argv: readonly string[]): Request => {
  refuseStrangers(argv);
  const args = minimist([...argv], {
    string: ['_', ...VALUE_OPTIONS],
    boolean: ['help', ...FLAGS],
    alias: { h: 'help' },
  });
  const [verb, surplus] = args._;
  if (args.help === true || verb === 'help') return { verb: 'help' };
  if (verb === undefined) throw new UsageError('A verb is missing; --help shows them.');
  if (!isVerb(verb)) throw new UsageError(`There is no verb "${verb}"; --help shows them.`);
  if (surplus !== undefined) throw new UsageError(`${verb} does not take "${surplus}".`);
  const misplaced = MISPLACED[verb].find((option) => args[option] !== undefined && args[option] !== false);
  if (misplaced !== undefined) throw new UsageError(`${verb} does not take --${misplaced}.`);
  const json = args.json === true;
  if (verb === 'two-nodes') {
    const only = pattern(args, 'only');
    return {
      verb,
      json,
      only,
      list: args.list === true,
      write: args.write === true,
      name: single(args, 'name'),
    };
  }
  if (verb === 'failover') {
    return {
      verb,
      json,
      agents: listOf(args, 'agents', CONTESTANTS),
      faults: listOf(args, 'faults', FAULTS),
      runs: wholeNumber(args, 'runs', 1, 1000) ?? 10,
      corosync: oneOf('corosync', single(args, 'corosync') ?? 'default', corosyncTimings),
      html: single(args, 'html'),
      name: single(args, 'name'),
    };
  }
  if (verb === 'campaign') {
    return {
      verb,
      json,
      rounds: wholeNumber(args, 'rounds', 1, 1000) ?? 10,
      seed: wholeNumber(args, 'seed', 1, 999_999) ?? 1,
      only: pattern(args, 'only'),
      list: args.list === true,
      name: single(args, 'name'),
    };
  }
  const common = { json, runs: wholeNumber(args, 'runs', 1, 1000) ?? 20 };
  if (verb === 'balancer') return { verb, ...common };
  return {
    verb,
    ...common,
    // With nine names in node_list, one at least belongs to no node.
    nodes: wholeNumber(args, 'nodes', 3, 8),
    name: single(args, 'name'),
  };
};
