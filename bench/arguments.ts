/** The command line of `npm run bench`, checked as a whole before anything happens. */
import minimist from 'minimist';
import { UsageError } from '../lab/index.ts';

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

export type Request = MonitorRequest | BalancerRequest | { readonly verb: 'help' };

const VALUE_OPTIONS = ['runs', 'nodes', 'name'];

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

/** minimist throws at `--constructor` and its like, and reads `--no-json` as `--json=false`. */
const refuseStrangers = (argv: readonly string[]): void => {
  const known = ['json', 'help', ...VALUE_OPTIONS].map((name) => `--${name}`);
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
    boolean: ['json', 'help'],
    alias: { h: 'help' },
  });
  const [verb, surplus] = args._;
  if (args.help === true || verb === 'help') return { verb: 'help' };
  if (verb === undefined) throw new UsageError('A verb is missing; --help shows them.');
  if (verb !== 'monitor' && verb !== 'balancer')
    throw new UsageError(`There is no verb "${verb}"; --help shows them.`);
  if (surplus !== undefined) throw new UsageError(`${verb} does not take "${surplus}".`);
  const common = { json: args.json === true, runs: wholeNumber(args, 'runs', 1, 1000) ?? 20 };
  if (verb === 'balancer') {
    for (const option of ['nodes', 'name'])
      if (args[option] !== undefined) throw new UsageError(`balancer does not take --${option}.`);
    return { verb, ...common };
  }
  return {
    verb,
    ...common,
    // With nine names in node_list, one at least belongs to no node.
    nodes: wholeNumber(args, 'nodes', 3, 8),
    name: single(args, 'name'),
  };
};
