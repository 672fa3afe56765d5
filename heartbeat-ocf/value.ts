import type { EnumSpec, IntegerSpec, ParameterSpec, TextSpec } from './parameters.ts';

export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: string };

const good = (value: unknown): Parsed => ({ ok: true, value });
const bad = (why: string): Parsed => ({ ok: false, why });

const MAX_SHOWN = 60;

/** A connection string within a command, such as `psql "host=node4 password=…"` or `psql postgresql://u:…@node4`. */
const hidePasswords = (text: string): string =>
  text
    .replace(/(pass(?:word|wd)?\s*=\s*)('[^']*'?|[^\s"]+)/gi, '$1***')
    .replace(/(:\/\/[^\s:/@]*:)[^\s@]+@/g, '$1***@');

const shorten = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text);

/** A value as a message shows it: quoted, on one line, control characters spelled out, no password, not too long. */
export const showValue = (value: string): string =>
  JSON.stringify(shorten(hidePasswords(value)))
    // JSON leaves these as they are; a terminal or a log viewer does not
    .replace(
      /[\u007f-\u009f\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL_BUT_LAYOUT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/**
 * pg_ctl hands the data directory and the options to /bin/sh within double quotes, and postgresql.conf puts file
 * names within single quotes: these characters would end or escape them.
 */
const UNSAFE_IN_PATH = /['"\\`$]/;
const UNSAFE_IN_NAME = /['"\\]/;
/** Also scoped IPv6 addresses such as fe80::1%eth0. */
const HOST = /^[A-Za-z0-9:][A-Za-z0-9._:%-]*$/;

/** Node names as corosync and Pacemaker take them. */
export const NODE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

const TRUE = new Set(['1', 'true', 'yes', 'on', 'y', 't', 'ja']);
const FALSE = new Set(['0', 'false', 'no', 'off', 'n', 'f']);

const parseText = (spec: TextSpec, text: string): Parsed => {
  const control = spec.type === 'text' ? CONTROL_BUT_LAYOUT : CONTROL;
  if (control.test(text)) return bad('contains a line break or another control character; remove it');
  switch (spec.type) {
    case 'path':
      if (!text.startsWith('/')) return bad('must be an absolute path; let it begin with /');
      if (UNSAFE_IN_PATH.test(text)) {
        return bad('must not contain quotes, backslashes, ` or $; use a path without them');
      }
      break;
    case 'name':
      if (UNSAFE_IN_NAME.test(text)) return bad('must not contain quotes or backslashes; remove them');
      break;
    case 'host':
      if (!HOST.test(text)) return bad('is neither an IP address nor a host name; give one of these');
      break;
    default:
  }
  const objection = spec.check?.(text);
  return objection === undefined ? good(text) : bad(objection);
};

const boundsOf = (spec: IntegerSpec): string => {
  const unit = spec.unit === undefined ? '' : ` ${spec.unit}`;
  if (spec.min !== undefined && spec.max !== undefined) return `between ${spec.min} and ${spec.max}${unit}`;
  if (spec.min !== undefined) return `of at least ${spec.min}${unit}`;
  return spec.max === undefined ? `of${unit || ' any size'}` : `of at most ${spec.max}${unit}`;
};

const parseInteger = (spec: IntegerSpec, text: string): Parsed => {
  const value = /^[+-]?[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  const inside =
    Number.isSafeInteger(value) &&
    value >= (spec.min ?? Number.NEGATIVE_INFINITY) &&
    value <= (spec.max ?? Number.POSITIVE_INFINITY);
  // `+ 0` makes 0 of -0
  return inside ? good(value + 0) : bad(`must be a whole number ${boundsOf(spec)}`);
};

const parseBoolean = (text: string): Parsed => {
  const word = text.toLowerCase();
  if (TRUE.has(word)) return good(true);
  return FALSE.has(word) ? good(false) : bad('must be true or false (also yes, no, 1, 0, on, off)');
};

const parseEnum = (spec: EnumSpec, text: string): Parsed =>
  spec.values.includes(text) ? good(text) : bad(`must be one of ${spec.values.join(', ')}`);

const parseNodes = (text: string): Parsed => {
  if (CONTROL.test(text))
    return bad('contains a line break or another control character; separate names by blanks');
  const names = text.split(' ').filter((name) => name !== '');
  const malformed = names.find((name) => !NODE_NAME.test(name));
  if (malformed !== undefined) {
    return bad(
      `has ${showValue(malformed)}, which is no node name; list the names of cluster nodes, separated by blanks`,
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? good(names) : bad(`has ${showValue(twice)} twice; list each node once`);
};

/**
 * Reads one value. Total.
 * @param text not empty; what an empty value means is the caller's affair
 * @returns on failure a clause that goes on after "name is "value", which …"
 */
export const parseValue = (spec: ParameterSpec, text: string): Parsed => {
  switch (spec.type) {
    case 'integer':
      return parseInteger(spec, text.trim());
    case 'port':
      return parseInteger({ ...spec, type: 'integer', default: 0, min: 1, max: 65535 }, text.trim());
    case 'boolean':
      return parseBoolean(text.trim());
    case 'enum':
      return parseEnum(spec, text.trim());
    case 'nodes':
      return parseNodes(text);
    default:
      return parseText(spec, text);
  }
};
