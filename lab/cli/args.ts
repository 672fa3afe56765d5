/** The command line of `npm run lab`, checked as a whole before anything happens. */
import minimist from 'minimist';
import { type Clock, clocks } from '../clock.ts';
import { UsageError } from '../failure.ts';
import { checkLabName, completeOptions, type LabRequest } from '../options.ts';
import { type ArbiterAct, arbiterActs } from '../postgres/arbiter-acts.ts';

export const nodeVerbs = ['shell', 'cut', 'heal', 'poweroff', 'boot', 'freeze', 'thaw'] as const;
export type NodeVerb = (typeof nodeVerbs)[number];

export type Command =
  | { readonly verb: 'help' }
  | { readonly verb: 'up'; readonly request: LabRequest; readonly json: boolean }
  | { readonly verb: 'down' | 'refresh'; readonly name: string }
  | { readonly verb: 'status'; readonly name: string; readonly json: boolean }
  | { readonly verb: 'exec'; readonly name: string; readonly node: string; readonly argv: readonly string[] }
  | { readonly verb: NodeVerb; readonly name: string; readonly node: string }
  | {
      readonly verb: 'pass';
      readonly name: string;
      readonly node: string;
      readonly other: string;
      /** what becomes of the frames between the two */
      readonly change: 'cut' | 'cut-one-way' | 'heal';
    }
  | { readonly verb: 'clock'; readonly name: string; readonly node: string; readonly clock: Clock }
  | { readonly verb: 'arbiter'; readonly name: string; readonly act: ArbiterAct }
  | { readonly verb: 'logs'; readonly name: string; readonly directory: string }
  | {
      readonly verb: 'client';
      readonly name: string;
      readonly seconds: number;
      readonly reads: boolean;
      readonly json: boolean;
    };

const valueOptions = {
  common: ['name'],
  up: [
    'nodes',
    'node-names',
    'template',
    'backend',
    'directors',
    'outside',
    'rep-mode',
    'agent',
    'corosync',
    'migration-threshold',
    'param',
    'lvs-param',
    'property',
  ],
  client: ['seconds'],
  cut: ['from', 'to'],
  heal: ['from'],
} as const;

const allowedOptions = (verb: string): readonly string[] => {
  if (verb === 'up') return [...valueOptions.common, ...valueOptions.up, 'fresh', 'clocks', 'json'];
  if (verb === 'client') return [...valueOptions.common, ...valueOptions.client, 'reads', 'json'];
  if (verb === 'cut' || verb === 'heal') return [...valueOptions.common, ...valueOptions[verb]];
  return verb === 'status' ? [...valueOptions.common, 'json'] : valueOptions.common;
};

const single = (args: minimist.ParsedArgs, option: string): string | undefined => {
  const value: unknown = args[option];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new UsageError(`--${option} is given more than once.`);
  if (value === '') throw new UsageError(`--${option} needs a value.`);
  return value;
};

const wholeNumber = (args: minimist.ParsedArgs, option: string): number | undefined => {
  const value = single(args, option);
  if (value === undefined) return undefined;
  if (!/^\d{1,6}$/.test(value)) throw new UsageError(`--${option} is a whole number, not "${value}".`);
  return Number(value);
};

const pairs = (args: minimist.ParsedArgs, option: string): Record<string, string> => {
  const value: unknown = args[option];
  const list: unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return Object.fromEntries(
    list.map((item): [string, string] => {
      const match = /^([A-Za-z][\w.-]*)=(.*)$/s.exec(String(item));
      if (match === null) throw new UsageError(`--${option} is written name=value, not "${String(item)}".`);
      return [match[1] ?? '', match[2] ?? ''];
    }),
  );
};

const request = (args: minimist.ParsedArgs, name: string): LabRequest => {
  const asked = {
    name,
    nodes: wholeNumber(args, 'nodes'),
    nodeNames: single(args, 'node-names')?.split(','),
    directors: wholeNumber(args, 'directors'),
    outside: wholeNumber(args, 'outside'),
    template: single(args, 'template'),
    backend: single(args, 'backend'),
    agent: single(args, 'agent'),
    fresh: args.fresh === true,
    clocks: args.clocks === true,
    repMode: single(args, 'rep-mode'),
    corosync: single(args, 'corosync'),
    migrationThreshold: wholeNumber(args, 'migration-threshold'),
    params: pairs(args, 'param'),
    balancerParams: pairs(args, 'lvs-param'),
    properties: pairs(args, 'property'),
  };
  // Words from outside become members of the unions only by the check.
  return completeOptions(asked as LabRequest);
};

const positional = (verb: string, rest: readonly string[], names: readonly string[]): string[] => {
  if (rest.length < names.length)
    throw new UsageError(`${verb} needs ${names.slice(rest.length).join(' and ')}.`);
  if (rest.length > names.length) throw new UsageError(`${verb} does not take "${rest[names.length]}".`);
  return [...rest];
};

/** @throws UsageError with one sentence on the first thing that is wrong */
export const parseCommand = (argv: readonly string[]): Command => {
  const unknown: string[] = [];
  const args = minimist([...argv], {
    string: ['_', ...Object.values(valueOptions).flat()],
    boolean: ['json', 'fresh', 'clocks', 'reads', 'help'],
    alias: { h: 'help' },
    '--': true,
    unknown: (option) => {
      if (option.startsWith('-')) unknown.push(option);
      return !option.startsWith('-');
    },
  });
  const [verb, ...rest] = args._;
  const after = args['--'] ?? [];
  if (args.help === true || verb === 'help') return { verb: 'help' };
  if (unknown[0] !== undefined) throw new UsageError(`There is no option ${unknown[0]}.`);
  if (verb === undefined) throw new UsageError('A verb is missing; --help shows them.');
  const name = checkLabName(single(args, 'name') ?? 'lab');
  const allowed = allowedOptions(verb);
  const given = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length);
  const misplaced = [...Object.values(valueOptions).flat(), 'reads', 'fresh', 'clocks', 'json']
    .filter((option) => given.some((word) => word === `--${option}` || word.startsWith(`--${option}=`)))
    .find((option) => !allowed.includes(option));

  const checked = (command: Command): Command => {
    if (misplaced !== undefined) throw new UsageError(`${verb} has no option --${misplaced}.`);
    if (command.verb !== 'exec' && after.length > 0) throw new UsageError(`${verb} does not take "--".`);
    return command;
  };
  const json = args.json === true;

  const nodeVerb = nodeVerbs.find((candidate) => candidate === verb);
  if (nodeVerb !== undefined) {
    const [node = ''] = positional(verb, rest, ['the name of a node']);
    const [from, to] = [single(args, 'from'), single(args, 'to')];
    const other = from ?? to;
    if (other === undefined) return checked({ verb: nodeVerb, name, node });
    if (from !== undefined && to !== undefined)
      throw new UsageError(`${verb} has --from, which is both directions, or --to, which is one.`);
    const change = nodeVerb === 'heal' ? 'heal' : from === undefined ? 'cut-one-way' : 'cut';
    return checked({ verb: 'pass', name, node, other, change });
  }
  switch (verb) {
    case 'up':
      positional(verb, rest, []);
      return checked({ verb, request: request(args, name), json });
    case 'down':
    case 'refresh':
      positional(verb, rest, []);
      return checked({ verb, name });
    case 'status':
      positional(verb, rest, []);
      return checked({ verb, name, json });
    case 'client':
      positional(verb, rest, []);
      return checked({
        verb,
        name,
        json,
        reads: args.reads === true,
        seconds: wholeNumber(args, 'seconds') ?? 10,
      });
    case 'clock': {
      const words = ['the name of a node', `one of ${clocks.join(', ')}`];
      const [node = '', word = ''] = positional(verb, rest, words);
      const clock = clocks.find((candidate) => candidate === word);
      if (clock === undefined)
        throw new UsageError(`clock takes one of ${clocks.join(', ')}, not "${word}".`);
      return checked({ verb, name, node, clock });
    }
    case 'arbiter': {
      const [word = ''] = positional(verb, rest, [`one of ${arbiterActs.join(', ')}`]);
      const act = arbiterActs.find((candidate) => candidate === word);
      if (act === undefined)
        throw new UsageError(`arbiter takes one of ${arbiterActs.join(', ')}, not "${word}".`);
      return checked({ verb, name, act });
    }
    case 'logs': {
      const [directory = ''] = positional(verb, rest, ['a directory']);
      return checked({ verb, name, directory });
    }
    case 'exec': {
      const [node = ''] = positional(verb, rest, ['the name of a node']);
      if (after.length === 0)
        throw new UsageError('exec needs "--" and a command after the name of the node.');
      return checked({ verb, name, node, argv: after });
    }
    default:
      throw new UsageError(`There is no verb "${verb}"; --help shows them.`);
  }
};
