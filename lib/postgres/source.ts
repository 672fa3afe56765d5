import type { Deadline } from '../system/clock.ts';
import { type QueryResult, type ServerAddress, withConnection } from './client.ts';
import { parseTimeline, type Timeline } from './lsn.ts';

export interface SourceTablespace {
  readonly oid: number;
  readonly name: string;
  /** Empty for those that lie in the data directory. */
  readonly location: string;
  /** Undefined where the login may not ask. */
  readonly bytes: number | undefined;
}

/** What a server that data are copied from says to the login that copies. */
export interface SourceFacts {
  readonly inRecovery: boolean;
  /** Of its control file, by which pg_rewind goes. */
  readonly checkpointTimeline: Timeline;
  /** Functions that pg_rewind calls there and this login may not: their signatures. */
  readonly forbidden: readonly string[];
  /** May force a checkpoint. */
  readonly mayCheckpoint: boolean;
  readonly tablespaces: readonly SourceTablespace[];
  /** Files of the log, by name, with their bytes; undefined where the login may not look. */
  readonly walFiles: ReadonlyMap<string, number> | undefined;
  /** The replication slot that was asked for has lost the log that it was to keep, and can only be dropped. */
  readonly slotLost: boolean;
}

/** pg_rewind(1), "Notes": what a login that is no superuser must be granted. */
const REWIND_FUNCTIONS = [
  'pg_catalog.pg_ls_dir(text, boolean, boolean)',
  'pg_catalog.pg_stat_file(text, boolean)',
  'pg_catalog.pg_read_binary_file(text)',
  'pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)',
] as const;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** `to_jsonb` reads columns that older versions do not have as null. */
const sourceSql = (slot: string): string => `SELECT pg_catalog.json_build_object(
  'inRecovery', pg_catalog.pg_is_in_recovery(),
  'checkpointTimeline', (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
  'forbidden', (SELECT coalesce(pg_catalog.json_agg(f), '[]') FROM pg_catalog.unnest(ARRAY[${REWIND_FUNCTIONS.map(literal).join(', ')}]) f
    WHERE NOT pg_catalog.has_function_privilege(f, 'EXECUTE')),
  'mayCheckpoint', (SELECT r.rolsuper OR EXISTS (SELECT FROM pg_catalog.pg_roles c
    WHERE c.rolname = 'pg_checkpoint' AND pg_catalog.pg_has_role(c.oid, 'USAGE')) FROM pg_catalog.pg_roles r WHERE r.rolname = current_user),
  'tablespaces', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('oid', t.oid::bigint, 'name', t.spcname,
    'location', pg_catalog.pg_tablespace_location(t.oid),
    'bytes', CASE WHEN pg_catalog.has_tablespace_privilege(t.oid, 'CREATE') OR EXISTS (SELECT FROM pg_catalog.pg_roles c
      WHERE c.rolname = 'pg_read_all_stats' AND pg_catalog.pg_has_role(c.oid, 'USAGE')) THEN pg_catalog.pg_tablespace_size(t.oid) END))
    FROM pg_catalog.pg_tablespace t),
  'slotLost', EXISTS (SELECT FROM pg_catalog.pg_replication_slots s
    WHERE s.slot_name = ${literal(slot)} AND NOT s.active AND pg_catalog.to_jsonb(s) ->> 'wal_status' = 'lost')
)::text AS facts`;

/** By functions that pg_rewind calls as well. */
const WAL_SQL = `SELECT pg_catalog.json_agg(pg_catalog.json_build_array(n, s.size))::text AS files
  FROM (SELECT CASE WHEN current_setting('server_version_num')::int < 100000 THEN 'pg_xlog' ELSE 'pg_wal' END) d(dir),
    pg_catalog.pg_ls_dir(d.dir, true, false) n, pg_catalog.pg_stat_file(d.dir || '/' || n, true) s
  WHERE NOT s.isdir`;

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Undefined when it is not an answer to {@link sourceSql}. */
export const parseSourceFacts = (text: string): Omit<SourceFacts, 'walFiles'> | undefined => {
  const facts: unknown = JSON.parse(text);
  if (!isJson(facts) || typeof facts.inRecovery !== 'boolean') return undefined;
  const checkpointTimeline = parseTimeline(String(facts.checkpointTimeline));
  if (checkpointTimeline === undefined) return undefined;
  return {
    inRecovery: facts.inRecovery,
    checkpointTimeline,
    forbidden: listOf(facts.forbidden).map(String),
    mayCheckpoint: facts.mayCheckpoint === true,
    tablespaces: listOf(facts.tablespaces)
      .filter(isJson)
      .map(({ oid, name, location, bytes }) => ({
        oid: Number(oid),
        name: String(name),
        location: typeof location === 'string' ? location : '',
        bytes: typeof bytes === 'number' ? bytes : undefined,
      })),
    slotLost: facts.slotLost === true,
  };
};

/** Pure. */
export const parseWalFiles = (text: string): ReadonlyMap<string, number> =>
  new Map(
    listOf(JSON.parse(text)).map((entry): [string, number] => {
      const [name, bytes] = listOf(entry);
      return [String(name), Number(bytes)];
    }),
  );

/** @param slot the replication slot of the node that is repaired; empty where there are none */
export const askSource = (
  address: ServerAddress,
  slot: string,
  deadline: Deadline,
): Promise<QueryResult<SourceFacts>> =>
  withConnection(address, deadline, async ({ query }) => {
    const [row] = await query(sourceSql(slot));
    const facts = parseSourceFacts(String(row?.facts));
    if (facts === undefined) throw new Error('an answer that is not understood');
    if (facts.forbidden.length > 0) return { ...facts, walFiles: undefined };
    const [files] = await query(WAL_SQL);
    return { ...facts, walFiles: parseWalFiles(String(files?.files ?? '[]')) };
  });
