import { query, type ServerAddress } from '../../postgres/client.ts';
import type { FailureKind } from '../../postgres/failure.ts';
import { findPostmaster } from '../../postgres/process.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { findUser } from '../../system/os-user.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import { localAddress, primaryAddress } from '../database/addresses.ts';

/** What runs on a node while the cluster does not know of it. */
export type NodeServer =
  | { readonly node: string; readonly state: 'primary' | 'standby' | 'stopped' }
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
      return postmaster === undefined
        ? { node, state: 'stopped' }
        : ask(node, localAddress(database, owner, postmaster.socketDirectory), deadline);
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
  const state = WITHOUT_ANSWER[answer.failure.kind];
  return state === undefined ? { node, state: 'unknown', why: answer.failure.message } : { node, state };
}

/** A server that does not take connections from anybody is no primary that clients use. */
const WITHOUT_ANSWER: Readonly<Partial<Record<FailureKind, 'stopped' | 'standby'>>> = {
  refused: 'stopped',
  'no-hot-standby': 'standby',
};
