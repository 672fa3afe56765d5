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

export interface TextOption extends CommonOption {
  readonly kind: 'text';
  readonly valueName: string;
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
  readonly run: (invocation: Invocation<T>) => Promise<CommandExitCode>;
}

export interface Invocation<T extends OptionTable> {
  readonly options: OptionValues<T>;
  readonly operands: readonly string[];
  readonly terminal: Terminal;
}

/** Keeps the literal types of the options, so that their values can be inferred. */
export const defineCommand = <const T extends OptionTable>(
  command: CommandDeclaration<T>,
): CommandDeclaration<T> => command;
