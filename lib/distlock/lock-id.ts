import type { Parsed } from '../postgres/parsed.ts';

/** Which row of which table of the arbiter: `distlock:pgsql_cls1`, `ha.distlock:pgsql_cls1`. */
export interface LockId {
  readonly schema: string | undefined;
  readonly table: string;
  readonly name: string;
}

const DEFAULT_TABLE = 'distlock';
const TABLE = /^(?:([a-z_][a-z0-9_]*)\.)?([a-z_][a-z0-9_]*)$/i;

/** Leaves room for what is made beside the table, such as `<table>_history_id_seq`, in the 63 bytes of a name. */
const LONGEST_TABLE = 40;
const LONGEST_NAME = 200;

/** Without what would have to be escaped, on the way through a definition, a shell and SQL. */
const PLAIN = /^[^\p{Cc}'"\\]+$/u;

/** `table:name` as the original has it; a name alone is one of the table `distlock`. */
export const parseLockId = (text: string): Parsed<LockId> => {
  const colon = text.indexOf(':');
  const path = colon < 0 ? DEFAULT_TABLE : text.slice(0, colon);
  const name = text.slice(colon + 1);
  const [, schema, table] = TABLE.exec(path) ?? [];
  if (table === undefined || table.length > LONGEST_TABLE) {
    const form = 'a table, a colon and a name, such as distlock:pgsql_cls1';
    return { ok: false, reason: `"${text}" does not begin with the name of a table: give ${form}` };
  }
  const objection = objectionToName(name);
  if (objection !== undefined) return { ok: false, reason: `the name in "${text}" ${objection}` };
  // As SQL reads a name without quotes.
  return { ok: true, value: { schema: schema?.toLowerCase(), table: table.toLowerCase(), name } };
};

/** Of a lock or an owner; undefined if there is none. */
export const objectionToName = (name: string): string | undefined => {
  if (name === '') return 'is empty';
  if (name.length > LONGEST_NAME) return `has more than ${LONGEST_NAME} characters`;
  return PLAIN.test(name) ? undefined : 'has a quote, a backslash or a control character';
};

/**
 * The row beside a lock of two nodes that says who has stopped waiting for its standby, and so holds commits that nobody else
 * has: the other node sees it where it cannot see the cluster's own record of that.
 */
export const aloneOf = (lock: LockId): LockId => ({ ...lock, name: `${lock.name}#alone` });

/**
 * The row beside a lock of two nodes whose owner is the system identifier of the database that the lock is of. Two clusters whose
 * nodes have the same names would renew each other's lock, and notice nothing.
 */
export const databaseOf = (lock: LockId): LockId => ({ ...lock, name: `${lock.name}#database` });

/** As it is written in SQL; parseLockId() has let nothing pass that needs more than these quotes. */
export const tableOf = ({ schema, table }: LockId, suffix = ''): string =>
  `${schema === undefined ? '' : `"${schema}".`}"${table}${suffix}"`;

/** As an operator writes it. */
export const formatLockId = ({ schema, table, name }: LockId): string =>
  `${schema === undefined ? '' : `${schema}.`}${table}:${name}`;
