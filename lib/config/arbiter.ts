import { hostOf, objectionToArbiter } from '../postgres/arbiter-host.ts';
import { parsePsqlCommand } from '../postgres/psql-command.ts';
import { canonicalAddress } from '../system/ip-address.ts';
import type { ClusterConfig } from './config.ts';
import { secretIn } from './secrets.ts';

/** What is wrong with pgsql_distlock_psql_cmd, as the end of a sentence. Of one with a password no more is said; see secrets(). */
export function objectionsToArbiter({ values, nodes }: ClusterConfig): readonly string[] {
  const command = values.pgsql_distlock_psql_cmd;
  if (command === '' || secretIn(command) !== undefined) return [];
  const target = parsePsqlCommand(command);
  if (!target.ok) return [`cannot be read: ${target.reason}`];
  const objection =
    objectionToArbiter(target.value) ?? objectionToOwnHost(hostOf(target.value), values, nodes);
  return objection === undefined ? [] : [objection];
}

/** With a node, or where an address of the cluster is, the lock would be lost. */
function objectionToOwnHost(
  host: string | undefined,
  { writer_vip, reader_vip }: ClusterConfig['values'],
  nodes: readonly string[],
): string | undefined {
  const same = (other: string): boolean =>
    host !== undefined && canonicalAddress(other).toLowerCase() === canonicalAddress(host).toLowerCase();
  const third = 'the lock would be lost with what it decides about; name a PostgreSQL on a third machine';
  if (nodes.some(same)) return `names ${host}, which is a node of the cluster: ${third}`;
  return [writer_vip, reader_vip].some(same)
    ? `names ${host}, which is an address of the cluster: ${third}`
    : undefined;
}
