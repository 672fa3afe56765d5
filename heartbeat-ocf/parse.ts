import { OcfExit } from './exit-codes.ts';
import {
  defaultText,
  type ParameterSpec,
  type ParameterTable,
  type ParameterValues,
  plainDefault,
} from './parameters.ts';
import { parseValue, showValue } from './value.ts';

/** A parameter that cannot be used as given. */
export interface ParameterProblem {
  /** the parameter's name in the table */
  readonly parameter: string;
  readonly code: typeof OcfExit.CONFIGURED | typeof OcfExit.ARGS | typeof OcfExit.INSTALLED;
  /** one line for the operator: what is wrong and what to do; never a secret's value */
  readonly sentence: string;
}

export interface ParsedParameters<T extends ParameterTable> {
  /** every parameter has a value; one with a problem has its default */
  readonly values: ParameterValues<T>;
  /** names of the parameters that were given (not left to their default) */
  readonly given: ReadonlySet<string>;
  readonly problems: readonly ParameterProblem[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

const problem = (parameter: string, sentence: string): ParameterProblem => ({
  parameter,
  code: OcfExit.CONFIGURED,
  sentence,
});

interface Given {
  readonly spelling: string;
  readonly text: string;
}

/**
 * The value that was given under the name or one of its aliases. An empty one counts as not given: `pcs` cannot
 * store an empty value, and a template with an unused variable leaves one.
 */
const givenOf = (name: string, spec: ParameterSpec, env: Environment): readonly Given[] =>
  [name, ...(spec.aliases ?? [])].flatMap((spelling) => {
    const text = env[`OCF_RESKEY_${spelling}`];
    return text === undefined || text.trim() === '' ? [] : [{ spelling, text }];
  });

const objectionOf = (given: Given, spec: ParameterSpec, why: string): string =>
  spec.type === 'secret'
    ? `${given.spelling} ${why}`
    : `${given.spelling} is ${showValue(given.text)}: it ${why}`;

/**
 * Reads all parameters of a table from the environment (`OCF_RESKEY_<name>`). Total and pure.
 * What belongs to no parameter is left alone: Pacemaker puts much more there (`OCF_RESKEY_CRM_meta_…`).
 */
export const parseParameters = <T extends ParameterTable>(
  table: T,
  env: Environment,
): ParsedParameters<T> => {
  const texts = new Map<string, string>();
  const given = new Set<string>();
  const problems: ParameterProblem[] = [];
  const values: Record<string, unknown> = {};
  const defaults = plainDefault(table);

  const textOf = (name: string): string => {
    const spec = table[name];
    return texts.get(name) ?? (spec === undefined ? '' : defaultText(spec, textOf));
  };
  const accept = (name: string, spec: ParameterSpec, first: Given): boolean => {
    const parsed = parseValue(spec, first.text);
    if (!parsed.ok) {
      problems.push(problem(name, objectionOf(first, spec, parsed.why)));
      return false;
    }
    values[name] = parsed.value;
    texts.set(name, first.text);
    given.add(name);
    return true;
  };

  const left: [string, ParameterSpec][] = [];
  for (const [name, spec] of Object.entries(table)) {
    const [first, second] = givenOf(name, spec, env);
    if (first !== undefined && second !== undefined && first.text !== second.text) {
      problems.push(
        problem(
          name,
          `${first.spelling} and ${second.spelling} are the same parameter and differ; give one of them`,
        ),
      );
      left.push([name, spec]);
    } else if (first === undefined) {
      if (spec.required) problems.push(problem(name, `${name} is missing; set it`));
      left.push([name, spec]);
    } else if (!accept(name, spec, first)) {
      left.push([name, spec]);
    }
  }
  // after the given ones, since a default may follow one of them
  for (const [name, spec] of left)
    values[name] = defaultValue(spec, defaultText(spec, textOf), defaults(name));
  // every key of the table was set above to a value that parseValue made for its spec
  return { values: values as ParameterValues<T>, given, problems };
};

const EMPTY_VALUES: Partial<Record<ParameterSpec['type'], unknown>> = {
  nodes: [],
  port: 0,
  integer: 0,
  boolean: false,
};

/** A default that follows a strange value of another parameter gives way to the plain one. */
const defaultValue = (spec: ParameterSpec, text: string, plain: string): unknown => {
  for (const candidate of [text, plain]) {
    if (candidate === '') continue;
    const parsed = parseValue(spec, candidate);
    if (parsed.ok) return parsed.value;
  }
  return EMPTY_VALUES[spec.type] ?? '';
};
