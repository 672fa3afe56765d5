/** The typed table of an agent's parameters: the one source of metadata, parsing, defaults, checks and docs. */

interface CommonSpec {
  /** a few words, shown in lists */
  readonly shortdesc: string;
  /** paragraphs separated by an empty line; plain text */
  readonly longdesc: string;
  /** the parameter has no usable default; absent or empty is an error */
  readonly required?: boolean;
  /** two resources of this type should not share the value */
  readonly unique?: boolean;
  /**
   * A change needs no restart: every action reads the value anew, or `reload-agent` brings it about (OCF 1.1, Pacemaker
   * 2.1 and later; an older one restarts the resource as ever, since it looks for an action named `reload`).
   */
  readonly reloadable?: boolean;
  /** further spellings under which the value is accepted */
  readonly aliases?: readonly string[];
}

/** Answers with the text that another parameter has, given or by default. */
export type TextOf = (name: string) => string;

export interface TextSpec extends CommonSpec {
  /**
   * `path`: absolute, without characters that a shell or postgresql.conf would take as syntax.
   * `name`: of a user, role or database; quotes and backslashes are refused.
   * `host`: IP address or host name. `command`: any one line, such as a shell command.
   * `text`: may have line breaks. `secret`: one line that never appears in a message.
   */
  readonly type: 'path' | 'name' | 'host' | 'command' | 'text' | 'secret';
  /** a function for a default that follows another parameter */
  readonly default?: string | ((textOf: TextOf) => string);
  /** what is wrong with the value and what to do, such as `must be …`; undefined when nothing is */
  readonly check?: (value: string) => string | undefined;
}

export interface IntegerSpec extends CommonSpec {
  readonly type: 'integer';
  readonly default: number;
  readonly unit?: 'seconds' | 'bytes';
  readonly min?: number;
  readonly max?: number;
}

export interface PortSpec extends CommonSpec {
  readonly type: 'port';
  readonly default?: number;
}

export interface BooleanSpec extends CommonSpec {
  readonly type: 'boolean';
  readonly default: boolean;
}

export interface EnumSpec extends CommonSpec {
  readonly type: 'enum';
  readonly values: readonly string[];
  readonly default: string;
}

/** Node names separated by blanks; none given is an empty list. */
export interface NodesSpec extends CommonSpec {
  readonly type: 'nodes';
}

export type ParameterSpec = TextSpec | IntegerSpec | PortSpec | BooleanSpec | EnumSpec | NodesSpec;
export type ParameterTable = Readonly<Record<string, ParameterSpec>>;

export type ParameterValue<S extends ParameterSpec> = S extends { readonly type: 'integer' | 'port' }
  ? number
  : S extends { readonly type: 'boolean' }
    ? boolean
    : S extends { readonly type: 'enum'; readonly values: readonly (infer V)[] }
      ? V
      : S extends { readonly type: 'nodes' }
        ? readonly string[]
        : string;

/** The values of a table: what was given, else the default. Text that was not given is ''. */
export type ParameterValues<T extends ParameterTable> = { readonly [K in keyof T]: ParameterValue<T[K]> };

/** Keeps the literal types of the table, so that ParameterValues can be inferred from it. */
export const defineParameters = <const T extends ParameterTable>(table: T): T => table;

/** The default as text, as metadata shows it. `textOf` serves defaults that follow another parameter. */
export const defaultText = (spec: ParameterSpec, textOf: TextOf): string => {
  if (spec.type === 'nodes') return '';
  if (typeof spec.default === 'function') return spec.default(textOf);
  return spec.default === undefined ? '' : String(spec.default);
};

/** The default of a named parameter when nothing at all is given. Unknown names have ''. */
export const plainDefault =
  (table: ParameterTable): TextOf =>
  (name) => {
    const spec = table[name];
    return spec === undefined ? '' : defaultText(spec, plainDefault(table));
  };
