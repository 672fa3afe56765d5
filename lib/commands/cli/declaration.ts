import type { CommandExitCode } from '../exit-codes.ts';
import type { Terminal } from './terminal.ts';

interface CommonOption {
  /** Without the dashes, such as `timeout`. */
  readonly long: string;
  readonly short?: string;
  readonly description: string;
}

export interface FlagOption extends CommonOption {
  readonly kind: 'flag';
}

/** What the shell offers for a word that is not written yet. */
export type Completion = 'node' | 'file' | 'directory';

export interface TextOption extends CommonOption {
  readonly kind: 'text';
  readonly valueName: string;
  /** The only values there are; any other is a wrong argument. */
  readonly values?: readonly string[];
  readonly complete?: Completion;
}

export interface SecondsOption extends CommonOption {
  readonly kind: 'seconds';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

export type OptionSpec = FlagOption | TextOption | SecondsOption;
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** A flag that was not given is false, a text that was not given undefined. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends { readonly kind: 'flag' }
    ? boolean
    : T[K] extends { readonly kind: 'seconds' }
      ? number
      : string | undefined;
};

/** A word after the options, such as the name of a node. */
export interface OperandSpec {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
  /** The only words there are; any other is a wrong argument. */
  readonly values?: readonly string[];
  readonly complete?: Completion;
}

export interface Example {
  readonly command: string;
  readonly explanation: string;
}

/** From which `--help`, the manual page and the parsing of arguments are made. */
export interface CommandDeclaration<T extends OptionTable> {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly description: string;
  readonly options: T;
  readonly operands: readonly OperandSpec[];
  readonly examples: readonly [Example, ...Example[]];
  readonly exitCodes: readonly CommandExitCode[];
  /** Any user may run it; without this, only root. */
  readonly anyUser?: true;
  readonly run: (invocation: Invocation<T>) => Promise<CommandExitCode>;
}

/** What texts are made from. */
export type CommandDescription = Omit<CommandDeclaration<OptionTable>, 'run'>;

export interface Invocation<T extends OptionTable> {
  readonly options: OptionValues<T>;
  readonly operands: readonly string[];
  readonly terminal: Terminal;
}

/** Keeps the literal types of the options, so that their values can be inferred. */
export const defineCommand = <const T extends OptionTable>(
  command: CommandDeclaration<T>,
): CommandDeclaration<T> => command;

export const HELP_OPTION: FlagOption = {
  kind: 'flag',
  long: 'help',
  short: 'h',
  description: 'Show this text.',
};

/** `-h`, unless the command has something else of that name. */
export const helpLetter = ({ options }: CommandDescription): string | undefined =>
  Object.values(options).some(({ short }) => short === HELP_OPTION.short) ? undefined : HELP_OPTION.short;

/** All that may be given to a command, `--help` included, in the order in which it is shown. */
export function allOptions(command: CommandDescription): readonly OptionSpec[] {
  const { short: _, ...help } = HELP_OPTION;
  const letter = helpLetter(command);
  return [...Object.values(command.options), letter === undefined ? help : HELP_OPTION];
}

/** `NAME`, as the value of an option is called; undefined for a flag. */
export const valueName = (option: OptionSpec): string | undefined =>
  option.kind === 'flag' ? undefined : option.kind === 'seconds' ? 'SECONDS' : option.valueName;

export const optionDescription = (option: OptionSpec): string =>
  option.kind === 'seconds' ? `${option.description} Default: ${option.default}.` : option.description;

/** `cls_master [OPTIONS] [NODE]` */
export const usageOf = ({ name, operands }: CommandDescription): string =>
  [name, '[OPTIONS]', ...operands.map((each) => (each.required ? each.name : `[${each.name}]`))].join(' ');
