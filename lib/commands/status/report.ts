import type { DeviceVotes } from '../../pacemaker/quorum-device.ts';
import type { ReplInfo } from '../../pgsql/repl-info.ts';
import type { CommandExitCode } from '../exit-codes.ts';
import { type ArbiterRow, arbiterRow } from './arbiter-row.ts';
import { type BalancerRow, balancerRow } from './balancer-rows.ts';
import { type NodeRow, nodeRows } from './node-rows.ts';
import type { Problem } from './problem.ts';
import { problemsOf } from './problems.ts';
import { type StatusSnapshot, situationOf } from './situation.ts';
import { verdict } from './verdict.ts';

/** What cls_status shows, whether as text or as data. */
export interface StatusReport {
  readonly cluster: { readonly name: string | null; readonly dc: string | null; readonly quorum: boolean };
  /** Name of the primitive, such as `pgsql`, and what operators act on, such as `msPostgresql`. */
  readonly resource: string;
  readonly resourceName: string;
  readonly repMode: string;
  readonly replInfo: ReplInfo | null;
  /** As the cluster has it, also when it is malformed. */
  readonly replInfoText: string | null;
  readonly nodes: readonly NodeRow[];
  /** Null without enable_distlock. */
  readonly arbiter: ArbiterRow | null;
  /** By node, whom the quorum device votes for; null without quorum_device, or where that cannot be told. */
  readonly deviceVotes: DeviceVotes | null;
  readonly balancers: readonly BalancerRow[];
  readonly problems: readonly Problem[];
  readonly code: CommandExitCode;
}

/** Pure: from one snapshot to everything that is said about it. */
export function statusReport(snapshot: StatusSnapshot): StatusReport {
  const situation = situationOf(snapshot);
  const { view, resource, facts } = situation;
  const rows = nodeRows(situation);
  const problems = problemsOf(situation, rows);
  return {
    cluster: {
      name: view.properties.get('cluster-name') ?? null,
      dc: view.dc ?? null,
      quorum: view.haveQuorum,
    },
    resource: resource.id,
    resourceName: resource.name,
    repMode: resource.parameters.rep_mode,
    replInfo: facts.replInfo ?? null,
    replInfoText: facts.replInfoText ?? null,
    nodes: rows,
    arbiter: arbiterRow(situation),
    deviceVotes: snapshot.device?.votes.known ? snapshot.device.votes.value : null,
    balancers: situation.balancers.map(balancerRow),
    problems,
    code: verdict(situation, rows, problems),
  };
}
