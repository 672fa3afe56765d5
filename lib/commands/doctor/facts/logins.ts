import { type QueryFailure, type ServerAddress, withConnection } from '../../../postgres/client.ts';
import { parseConninfo } from '../../../postgres/conninfo.ts';
import { identifySystem } from '../../../postgres/replication.ts';
import { tlsSettingsOf } from '../../../postgres/tls.ts';
import { type Deadline, within } from '../../../system/clock.ts';
import type { OsUser } from '../../../system/os-user.ts';
import type { PgsqlResource } from '../../cluster/pgsql-resource.ts';
import type { Assignment } from '../assignment.ts';
import type { Login } from './facts.ts';

const ANSWER_MS = 3_000;

/** What pg_rewind calls on its source; a role that is no superuser must be allowed to (pg_rewind, "Notes"). */
const REWIND_FUNCTIONS = [
  'pg_ls_dir(text, boolean, boolean)',
  'pg_stat_file(text, boolean)',
  'pg_read_binary_file(text)',
  'pg_read_binary_file(text, bigint, bigint, boolean)',
] as const;

const REWIND_SQL = `SELECT name FROM pg_catalog.unnest(ARRAY[${REWIND_FUNCTIONS.map((name) => `'${name}'`).join(', ')}]) name
  WHERE NOT pg_catalog.has_function_privilege('pg_catalog.' || name, 'EXECUTE')`;

/**
 * Logs in as standbys and pg_rewind do, from here to the address that follows the primary and to every other node, which
 * may be the primary tomorrow.
 */
export async function tryLogins(
  { node, nodes }: Assignment,
  { parameters }: PgsqlResource,
  owner: OsUser,
  deadline: Deadline,
): Promise<readonly Login[]> {
  const { master_ip: masterIp, repuser, pgport, rep_mode: repMode } = parameters;
  if (repMode === 'none') return [];
  const parsed = parseConninfo(parameters.primary_conninfo_opt);
  const options: ReadonlyMap<string, string> = parsed.ok ? parsed.value : new Map();
  const password = options.get('password');
  const passfile = options.get('passfile');
  const address = (host: string): ServerAddress => ({
    host,
    port: pgport,
    database: 'postgres',
    user: repuser,
    osUser: owner,
    applicationName: 'pha-doctor',
    tls: tlsSettingsOf(options),
    ...(password === undefined ? {} : { password }),
    ...(passfile === undefined ? {} : { passfile }),
  });
  const targets = [
    ...(masterIp === '' ? [] : [{ node: null, host: masterIp }]),
    ...(repMode === 'slave' ? [] : nodes.filter(({ name }) => name !== node)).map((other) => ({
      node: other.name,
      host: other.address,
    })),
  ];
  const limit = within(deadline, ANSWER_MS);
  return Promise.all(
    targets.flatMap((target) => [
      identifySystem(address(target.host), limit).then((answer) => ({
        ...target,
        as: 'replication' as const,
        result: answer.ok ? { kind: 'in' as const, lacks: [] } : out(answer.failure),
      })),
      missingRights(address(target.host), limit).then((answer) => ({
        ...target,
        as: 'sql' as const,
        result: answer.ok ? { kind: 'in' as const, lacks: answer.value } : out(answer.failure),
      })),
    ]),
  );
}

const out = ({ kind, message }: QueryFailure): Login['result'] => ({ kind: 'out', failure: kind, message });

/** Before 11 only a superuser can be the source's user. */
const missingRights = (address: ServerAddress, deadline: Deadline) =>
  withConnection(address, deadline, async ({ query, serverVersion }) => {
    const [role] = await query('SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user');
    if (role?.rolsuper === true) return [];
    if ((serverVersion?.major ?? 0) < 11) return ['the attribute SUPERUSER'];
    return (await query(REWIND_SQL)).map(({ name }) => String(name));
  });
