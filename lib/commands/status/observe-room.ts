import { join } from 'node:path';
import type { MonReport } from '../../pacemaker/crm-mon.ts';
import { findUser } from '../../system/os-user.ts';
import { spaceAt } from '../../system/space.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';

/** What `crm_resource --fail` leaves, as the watcher of fast_detection calls it; Pacemaker takes no reason with it. */
export const REPORTED_TASK = 'asyncmon';

/**
 * Bytes that PostgreSQL can still write where its WAL lies on this node: asked for where its end was reported here, since nobody
 * has said then whether it was for want of room.
 *
 * @returns undefined where that was not so, or it cannot be found out
 */
export const observeWalRoom = (
  { id, parameters }: PgsqlResource,
  self: string,
  { failures }: MonReport,
): number | undefined => {
  const isReportedHere = failures.some(
    ({ resource, node, task }) => resource === id && node === self && task === REPORTED_TASK,
  );
  const owner = isReportedHere ? findUser(parameters.pgdba) : undefined;
  if (owner === undefined) return undefined;
  try {
    return spaceAt(join(parameters.pgdata, 'pg_wal'), owner).freeBytes;
  } catch {
    return undefined;
  }
};
