/** Entry of `npm run -s simulate`. Exit codes: 0 nothing was found, 1 a violation, 2 wrong usage. */
import { setImmediate } from 'node:timers/promises';
import { joined, MOST_FOUND, type Request, type Result, simulate } from './campaign.ts';
import { MUTANTS } from './mutants.ts';
import { foundText, reportJson, reportText } from './report.ts';
import { REAL_RULES } from './rules.ts';

const HELP = `Runs the agent's decisions in simulated clusters with faults between any two steps (see docs/simulation.md).

  npm run -s simulate -- [--runs 2000] [--seed 1] [--nodes 2..7] [--json] [--mutant NAME]

  --runs N       clusters; each has its own seed, counted from --seed on
  --seed S       the first seed: the same seed is the same cluster with the same faults
  --nodes N      how many nodes each cluster has; without it from 2 to 7, mostly 3
  --json         print the result as JSON
  --mutant NAME  break a rule on purpose, to see that it is found: ${Object.keys(MUTANTS).join(', ')}

It ends at the fifth violation. A long one says how far it is, and Ctrl-C ends it with what it has found so far.
Exit codes: 0 nothing was found, 1 a violation, 2 wrong usage.
`;

interface Options extends Request {
  readonly json: boolean;
  readonly mutant: string | undefined;
}

const parse = (argv: readonly string[]): Options | string => {
  const values = new Map<string, string>();
  let json = false;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--json') {
      json = true;
      continue;
    }
    const [name = '', inline] = word.split('=', 2);
    if (!['--runs', '--seed', '--nodes', '--mutant'].includes(name)) return `unknown option ${word}`;
    const value = inline ?? argv[++index];
    if (value === undefined) return `${name} needs a value`;
    values.set(name, value);
  }
  const number = (
    name: string,
    instead: number | undefined,
    low: number,
    high: number,
  ): number | undefined | string => {
    const text = values.get(name);
    if (text === undefined) return instead;
    const value = Number(text);
    return /^\d+$/.test(text) && value >= low && value <= high
      ? value
      : `${name} is "${text}": give a number from ${low} to ${high}`;
  };
  const runs = number('--runs', 2000, 1, 1e9);
  const seed = number('--seed', 1, 0, 2 ** 31 - 1);
  const nodes = number('--nodes', undefined, 2, 7);
  for (const value of [runs, seed, nodes]) if (typeof value === 'string') return value;
  const mutant = values.get('--mutant');
  if (mutant !== undefined && !(mutant in MUTANTS))
    return `--mutant is "${mutant}": give one of ${Object.keys(MUTANTS).join(', ')}`;
  return { runs: runs as number, seed: seed as number, nodes: nodes as number | undefined, json, mutant };
};

/** Of one core, so that it does not matter what else the machine does. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Between two parts Ctrl-C is heeded. */
const PART = 1_000;
const TELLS_EVERY = 100_000;

const tell = (text: string): void => void process.stderr.write(`${text}\n`);

/** What was found is told at once, too: the whole may take hours. */
const simulateInParts = async (options: Options, isOver: () => boolean): Promise<Result> => {
  const { runs, seed, mutant } = options;
  const rules = (mutant === undefined ? undefined : MUTANTS[mutant]) ?? REAL_RULES;
  let result = simulate({ ...options, runs: 0 }, rules, cpuMs);
  while (result.runs < runs && result.found.length < MOST_FOUND && !isOver()) {
    const part = {
      ...options,
      seed: seed + result.runs,
      runs: Math.min(PART, runs - result.runs),
      mostFound: MOST_FOUND - result.found.length,
    };
    const of = simulate(part, rules, cpuMs);
    result = joined(result, of);
    if (options.json) for (const found of of.found) tell(foundText(found));
    if (result.runs % TELLS_EVERY === 0 && result.runs < runs)
      tell(`${result.runs} of ${runs} clusters, violations: ${result.found.length}`);
    await setImmediate();
  }
  return result;
};

const main = async (argv: readonly string[]): Promise<number> => {
  if (argv.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const options = parse(argv);
  if (typeof options === 'string') {
    process.stderr.write(`simulate: ${options}\n`);
    return 2;
  }
  let isOver = false;
  process.once('SIGINT', () => {
    isOver = true;
  });
  const result = await simulateInParts(options, () => isOver);
  process.stdout.write(`${options.json ? reportJson(result) : reportText(result)}\n`);
  return result.found.length === 0 ? 0 : 1;
};

process.exitCode = await main(process.argv.slice(2));
