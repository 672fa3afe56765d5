import type { Row } from '../../postgres/client.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';

/** Subscriptions stream too, but are no standbys. */
export const STANDBYS_SQL = `SELECT pg_catalog.pg_is_in_recovery() AS in_recovery, NULL AS name, NULL AS state
UNION ALL SELECT NULL, application_name, state FROM pg_catalog.pg_stat_replication AS r
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots
  WHERE active_pid = r.pid AND slot_type = 'logical')`;

export type StandbyList =
  | { readonly ok: true; readonly names: readonly string[]; readonly notices: readonly string[] }
  | { readonly ok: false; readonly code: CommandExitCode; readonly sentence: string };

/** They stream as a standby does, and nobody can read from them. */
const NOT_STANDBYS = /^(pg_receivewal|pg_receivexlog|pg_basebackup)$/;

/** What may be the name or address of a host, and so a real server. */
const HOST = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

/** The standbys that stream from a primary, each once, in the order of their names. Pure. */
export function standbyList(rows: readonly Row[]): StandbyList {
  const [self, ...senders] = rows;
  if (self?.in_recovery !== false) {
    return {
      ok: false,
      code: CommandExit.NOT_IN_STATE,
      sentence: 'that server is a standby and not the primary: use the write VIP',
    };
  }
  if (senders.some(({ state }) => state === null)) {
    return {
      ok: false,
      code: CommandExit.ERROR,
      sentence: 'this role may not see who streams: GRANT pg_monitor TO it, or use another',
    };
  }
  const streaming = senders
    .filter(({ state }) => state === 'streaming')
    .map(({ name }) => String(name))
    .filter((name) => !NOT_STANDBYS.test(name));
  return {
    ok: true,
    names: [...new Set(streaming.filter((name) => HOST.test(name)))].sort(),
    notices: streaming
      .filter((name) => !HOST.test(name))
      .map((name) => `a standby with the application_name "${name}", which is no host name, is left out`),
  };
}
