import { query, type ServerAddress } from '../../postgres/client.ts';
import { findPostmaster } from '../../postgres/process.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { findUser } from '../../system/os-user.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import { localAddress, primaryAddress } from '../database/addresses.ts';

/** What runs on a node while the cluster does not know of it. */
export type NodeServer =
  | { readonly node: string; readonly state: 'primary' | 'standby' | 'stopped' }
  /** Nobody listens there: it is stopped, or it listens for local clients only (listen_addresses). */
  | { readonly node: string; readonly state: 'refused'; readonly why: string }
  | { readonly node: string; readonly state: 'unknown'; readonly why: string };

const ANSWER_MS = 3000;

/** Asks the server of each node, this one through its socket and the others as a standby would. */
export async function askServers(
  nodes: readonly string[],
  self: string,
  database: PgsqlResource,
  deadline: Deadline,
): Promise<readonly NodeServer[]> {
  const owner = findUser(database.parameters.pgdba);
  if (owner === undefined) return [];
  return Promise.all(
    nodes.map(async (node): Promise<NodeServer> => {
      if (node !== self) {
        const like = primaryAddress(database, owner);
        return like === undefined
          ? { node, state: 'unknown', why: 'master_ip is not given' }
          : ask(node, { ...like, host: node }, deadline);
      }
      const postmaster = findPostmaster(database.parameters.pgdata);
      if (postmaster === undefined) return { node, state: 'stopped' };
      const own = await ask(node, localAddress(database, owner, postmaster.socketDirectory), deadline);
      return own.state === 'refused' ? { ...own, state: 'unknown' } : own;
    }),
  );
}

async function ask(node: string, address: ServerAddress, deadline: Deadline): Promise<NodeServer> {
  const answer = await query(
    address,
    'SELECT pg_is_in_recovery()::text AS standby',
    within(deadline, ANSWER_MS),
  );
  if (answer.ok) return { node, state: answer.rows[0]?.[0]?.standby === 'true' ? 'standby' : 'primary' };
  const { kind, message: why } = answer.failure;
  if (kind === 'no-hot-standby') return { node, state: 'standby' };
  return { node, state: kind === 'refused' ? 'refused' : 'unknown', why };
}
