import minimist from 'minimist';
import {
  type CommandDeclaration,
  helpLetter,
  type OptionSpec,
  type OptionTable,
  type OptionValues,
} from './declaration.ts';

export type ParsedArguments<T extends OptionTable> =
  | { readonly kind: 'run'; readonly options: OptionValues<T>; readonly operands: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly sentence: string };

const wrong = (sentence: string): { readonly kind: 'wrong'; readonly sentence: string } => ({
  kind: 'wrong',
  sentence,
});

/** Strict and pure: what is not declared is refused, and so is an option given twice or without its value. */
export function parseArguments<T extends OptionTable>(
  command: CommandDeclaration<T>,
  argv: readonly string[],
): ParsedArguments<T> {
  const specs = Object.values(command.options);
  const isFlag = (spec: OptionSpec) => spec.kind === 'flag';
  const strangeLong = argv
    .slice(0, endOfOptions(argv))
    .filter((arg) => arg.startsWith('--'))
    .find((arg) => !['help', ...specs.map(({ long }) => long)].includes(nameOf(arg)));
  // Before minimist, which reads `--no-watch` as `--watch=false` and throws at `--constructor`.
  if (strangeLong !== undefined) return wrong(`unknown option --${nameOf(strangeLong)}`);
  const strangers: string[] = [];
  const parsed = minimist([...argv], {
    // Operands stay text: a node may be called `1`.
    string: ['_', ...specs.filter((spec) => !isFlag(spec)).map((spec) => spec.long)],
    boolean: ['help', ...specs.filter(isFlag).map((spec) => spec.long)],
    alias: Object.fromEntries([
      ['help', helpLetter(command) ?? []],
      ...specs.map((spec) => [spec.long, spec.short ?? []] as const),
    ]),
    unknown: (arg) => {
      if (!arg.startsWith('-')) return true;
      strangers.push(arg);
      return false;
    },
  });
  const [stranger] = strangers;
  if (stranger !== undefined) return wrong(`unknown option ${stranger}`);
  if (parsed.help === true) return { kind: 'help' };

  const options: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(command.options)) {
    const value = readOption(spec, parsed[spec.long]);
    if (!value.ok) return wrong(value.sentence);
    options[key] = value.value;
  }
  const operands = parsed._.map(String);
  const objection = objectionToOperands(command, operands);
  return objection === undefined
    ? { kind: 'run', options: options as OptionValues<T>, operands }
    : wrong(objection);
}

const nameOf = (arg: string): string => arg.slice(2).split('=')[0] ?? '';

const endOfOptions = (argv: readonly string[]): number => {
  const at = argv.indexOf('--');
  return at < 0 ? argv.length : at;
};

type Value =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly sentence: string };

function readOption(spec: OptionSpec, given: unknown): Value {
  if (Array.isArray(given)) {
    // A flag given twice means the same as once.
    return spec.kind === 'flag'
      ? { ok: true, value: given.at(-1) === true }
      : { ok: false, sentence: `--${spec.long} is given more than once` };
  }
  if (spec.kind === 'flag') return { ok: true, value: given === true };
  if (given === undefined) return { ok: true, value: spec.kind === 'seconds' ? spec.default : undefined };
  const text = String(given);
  if (text === '') return { ok: false, sentence: `--${spec.long} needs a value` };
  if (spec.kind === 'text') {
    const { values } = spec;
    return values === undefined || values.includes(text)
      ? { ok: true, value: text }
      : { ok: false, sentence: `--${spec.long} is "${text}": it is one of ${values.join(', ')}` };
  }
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds >= spec.min && seconds <= spec.max)) {
    return {
      ok: false,
      sentence: `--${spec.long} is "${text}": give a number of seconds from ${spec.min} to ${spec.max}`,
    };
  }
  return { ok: true, value: seconds };
}

function objectionToOperands<T extends OptionTable>(
  command: CommandDeclaration<T>,
  operands: readonly string[],
): string | undefined {
  const surplus = operands[command.operands.length];
  if (surplus !== undefined) return `unexpected argument "${surplus}"`;
  for (const [i, { name, values }] of command.operands.entries()) {
    const given = operands[i];
    if (given !== undefined && values !== undefined && !values.includes(given))
      return `${name} is "${given}": it is one of ${values.join(', ')}`;
  }
  const missing = command.operands.slice(operands.length).find((operand) => operand.required);
  return missing === undefined ? undefined : `${missing.name} is missing`;
}
