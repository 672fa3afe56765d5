import type { FailureKind } from '../../postgres/failure.ts';
import type { Lsn, Timeline } from '../../postgres/lsn.ts';
import { findPostmaster } from '../../postgres/process.ts';
import { identifySystem } from '../../postgres/replication.ts';
import type { PrimaryState, ServerState } from '../../postgres/server-state.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import { findUser, type OsUser } from '../../system/os-user.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import type { Activity } from './activity.ts';
import { localAddress, primaryAddress } from './addresses.ts';
import { askServer, type ServerReport } from './ask-server.ts';

/** What is known of the primary. Its `details` are missing when only the replication protocol was open to us. */
export interface PrimaryReport {
  readonly timeline: Timeline;
  /** End of what is on its disk. */
  readonly flushed: Lsn;
  readonly details?: { readonly state: PrimaryState; readonly activity: Activity };
}

export interface DatabaseSnapshot {
  /** The server of this node. */
  readonly local: Fact<ServerState>;
  readonly primary: Fact<PrimaryReport>;
  /** Why the server of this node gives no sign of life. One that refuses us (no right, no free connection) gives one. */
  readonly silence?: string;
}

/** A server that says nothing for so long is not waited for: the cluster's part of the answer is shown anyway. */
const ANSWER_MS = 3_000;

/** Who asks, and which node Pacemaker has promoted. */
export interface Whereabouts {
  readonly self: string;
  readonly primaryNode: string | undefined;
}

/**
 * Asks the server of this node and, unless that is the primary, the primary at the address that standbys use. The
 * primary knows the position of every standby that is connected; those that are not stay unknown, and not zero.
 */
export async function observeDatabases(
  resource: PgsqlResource,
  { self, primaryNode }: Whereabouts,
  deadline: Deadline,
): Promise<DatabaseSnapshot> {
  const owner = findUser(resource.parameters.pgdba);
  if (owner === undefined) {
    const nobody = unknown(`this node has no user ${resource.parameters.pgdba}`);
    return { local: nobody, primary: nobody };
  }
  const { answer: local, silence } = await askLocal(resource, owner, within(deadline, ANSWER_MS));
  const state = local.known ? known(local.value.state) : local;
  const here = { local: state, ...(silence === undefined ? {} : { silence }) };
  if (primaryNode === undefined) return { ...here, primary: unknown('there is no primary') };
  if (primaryNode !== self) {
    return { ...here, primary: await askPrimary(resource, owner, within(deadline, ANSWER_MS)) };
  }
  if (!local.known) return { ...here, primary: local };
  const report = primaryReport(local.value);
  const primary = report === undefined ? unknown(`the server of ${self} is in recovery`) : known(report);
  return { ...here, primary };
}

const SIGNS_OF_LIFE: readonly FailureKind[] = [
  'auth',
  'sql',
  'too-many-clients',
  'no-hot-standby',
  'starting',
];

async function askLocal(
  resource: PgsqlResource,
  owner: OsUser,
  deadline: Deadline,
): Promise<{ readonly answer: Fact<ServerReport>; readonly silence?: string }> {
  const postmaster = findPostmaster(resource.parameters.pgdata);
  if (postmaster === undefined) {
    const silence = 'PostgreSQL does not run on this node';
    return { answer: unknown(silence), silence };
  }
  const result = await askServer(localAddress(resource, owner, postmaster.socketDirectory), deadline);
  if (result.ok) return { answer: known(result.value) };
  const { kind, message } = result.failure;
  const answer = unknown(`the server of this node: ${message}`);
  return SIGNS_OF_LIFE.includes(kind) ? { answer } : { answer, silence: message };
}

function primaryReport({ state, activity }: ServerReport): PrimaryReport | undefined {
  return state.inRecovery
    ? undefined
    : { timeline: state.timeline, flushed: state.walFlush, details: { state, activity } };
}

/**
 * Over SQL, which tells everything; where pg_hba.conf lets the replication user only replicate, over the replication
 * protocol, which tells position and timeline.
 */
async function askPrimary(
  resource: PgsqlResource,
  owner: OsUser,
  deadline: Deadline,
): Promise<Fact<PrimaryReport>> {
  const address = primaryAddress(resource, owner);
  if (address === undefined) return unknown('no address of a primary is configured (master_ip)');
  const answer = await askServer(address, deadline);
  if (answer.ok) {
    const report = primaryReport(answer.value);
    return report === undefined
      ? unknown(`${address.host} leads to a standby, and not to a primary`)
      : known(report);
  }
  if (answer.failure.kind !== 'auth' && answer.failure.kind !== 'sql') {
    return unknown(`the primary at ${address.host}: ${answer.failure.message}`);
  }
  const identity = await identifySystem(address, deadline);
  return identity.ok
    ? known({ timeline: identity.value.timeline, flushed: identity.value.flushed })
    : unknown(`the primary at ${address.host}: ${identity.failure.message}`);
}
