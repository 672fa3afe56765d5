import { isChanging, type MonInstance } from '../../pacemaker/crm-mon.ts';
import type { ResourceTree } from '../../pacemaker/resource-tree.ts';
import { NEAR_BYTES } from '../../pgsql/decide/choose-standby.ts';
import { DataStatus, stateNames } from '../../pgsql/names.ts';
import { formatReplInfo } from '../../pgsql/repl-info.ts';
import { cannotLock } from '../arbiter/cannot-lock.ts';
import { enumerate, formatBytes } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import { type NodeRow, nodeRows } from '../status/node-rows.ts';
import { type Situation, type StatusSnapshot, situationOf } from '../status/situation.ts';
import { nodesDisagree } from '../status/verdict.ts';
import { holdingStickiness } from './stickiness.ts';

/** From whom to whom. */
export interface Change {
  readonly primary: string;
  readonly successor: string;
  /** REPL_INFO of the primary that is to be replaced. */
  readonly replInfo: string;
  /** The primary has to make the successor the synchronous standby first. */
  readonly becomesSynchronous: boolean;
}

export type SwitchStep =
  | ({ readonly kind: 'checkpoint' } & Change)
  | ({ readonly kind: 'name-successor' } & Change)
  | ({ readonly kind: 'await-primary' } & Change)
  | ({ readonly kind: 'await-standby' } & Change);

const refused = (code: CommandExitCode, sentence: string): Verdict<SwitchStep> => ({
  kind: 'refused',
  code,
  sentence,
});

/** Another switch, or a failover, is not an error of the cluster. */
const refusedWhileBusy = ({ pending, nodes }: MonInstance): Verdict<SwitchStep> =>
  refused(
    CommandExit.NOT_IN_STATE,
    `the cluster is busy (${pending} on ${enumerate(nodes) || 'a node'}); try again when it has settled`,
  );

/** May the primary be switched to `wanted` (or to the best standby), and how? Pure. */
export function decideSwitch(
  snapshot: StatusSnapshot,
  wanted: string | undefined,
  tree?: ResourceTree,
): Verdict<SwitchStep> {
  const situation = situationOf(snapshot);
  const { facts, promoted, self } = situation;
  const [primary] = promoted;
  const wrong = objectionToCluster(situation) ?? objectionToName(situation, wanted);
  if (wrong !== undefined) return wrong;
  const busy = situation.instances.find(isChanging);
  if (primary === undefined)
    return busy === undefined
      ? refused(CommandExit.NOT_IN_STATE, 'there is no primary to switch from; cls_status tells why')
      : refusedWhileBusy(busy);
  if (wanted === primary) return { kind: 'nothing-to-do', sentence: `${primary} is the primary already` };
  if (facts.replInfo?.node !== primary)
    return refused(
      CommandExit.NOT_IN_STATE,
      `${stateNames(situation.resource.id).replInfo} is ${facts.replInfoText ?? 'missing'} and does not name ${primary}: its next monitor corrects that; try again in some seconds`,
    );
  if (busy !== undefined) return refusedWhileBusy(busy);
  const words = facts.refuses(primary);
  if (words !== undefined)
    return refused(
      CommandExit.NOT_IN_STATE,
      `PostgreSQL on ${primary} refuses its agent, which therefore cannot hand over (${words}): put that right first; see cls_doctor`,
    );

  const candidates = candidatesOf(situation, primary, wanted);
  const [best] = candidates.filter(({ objection }) => objection === undefined);
  if (best === undefined)
    return refused(
      CommandExit.NOT_IN_STATE,
      `${wanted ?? 'no standby'} can${wanted === undefined ? '' : 'not'} take over: ${candidates.map(({ objection }) => objection).join('; ') || `${primary} has no standby`}`,
    );
  const successor = best.row.name;
  const holding = tree === undefined ? undefined : holdingStickiness(tree, situation.resource);
  if (holding !== undefined)
    return refused(
      CommandExit.NOT_IN_STATE,
      `resource-stickiness holds the primary on ${primary} (${holding}): Pacemaker would not promote ${successor}; together they must stay below 500, and 1 is enough (pcs resource meta RESOURCE resource-stickiness=1, or pcs resource defaults update resource-stickiness=1)`,
    );
  const change: Change = {
    primary,
    successor,
    replInfo: formatReplInfo(facts.replInfo),
    becomesSynchronous:
      situation.resource.parameters.rep_mode === 'sync' && best.row.dataStatus !== DataStatus.sync,
  };
  return {
    kind: 'plan',
    plan: {
      purpose: `${successor} becomes the primary, and ${primary} its standby.`,
      warnings: warnings(situation, change, self),
      steps: [
        { kind: 'checkpoint', ...change },
        { kind: 'name-successor', ...change },
        { kind: 'await-primary', ...change },
        { kind: 'await-standby', ...change },
      ],
    },
  };
}

function objectionToCluster(situation: Situation): Verdict<SwitchStep> | undefined {
  const { resource, view, promoted, facts, self } = situation;
  const mode = resource.parameters.rep_mode;
  if (resource.provider !== 'pha' || !resource.promotable || (mode !== 'sync' && mode !== 'async'))
    return refused(
      CommandExit.NOT_IN_STATE,
      `${resource.name} is ocf:${resource.provider}:pgsql with rep_mode=${mode}${resource.promotable ? '' : ', not a promotable clone'}: only a promotable ocf:pha:pgsql with rep_mode sync or async can be switched`,
    );
  if (!view.haveQuorum)
    return refused(
      CommandExit.NO_QUORUM,
      `${self} is in a part of the cluster without quorum: nobody can be promoted here`,
    );
  if (nodesDisagree(situation))
    return refused(
      CommandExit.NO_QUORUM,
      `nodes disagree: Pacemaker has promoted ${enumerate(promoted) || 'none'}, and ${enumerate(facts.primaries) || 'none'} says so of itself; see cls_status`,
    );
  if (view.maintenanceMode)
    return refused(
      CommandExit.NOT_IN_STATE,
      'the cluster is in maintenance mode, in which Pacemaker promotes nobody: run cls_unmaintenance first',
    );
  return undefined;
}

function objectionToName(
  { view, nodes }: Situation,
  wanted: string | undefined,
): Verdict<SwitchStep> | undefined {
  if (wanted === undefined || nodes.includes(wanted)) return undefined;
  return refused(
    CommandExit.ARGUMENTS,
    `${view.nodes.has(wanted) ? `${wanted} does not run the database (node_list)` : `the cluster has no node ${wanted}`}; there are ${enumerate(nodes)}`,
  );
}

interface Candidate {
  readonly row: NodeRow;
  readonly objection: string | undefined;
}

/** The one that is marked STREAMING|SYNC first, then by score, then by name. */
function candidatesOf(
  situation: Situation,
  primary: string,
  wanted: string | undefined,
): readonly Candidate[] {
  const rank = ({ dataStatus, score }: NodeRow): number =>
    (dataStatus === DataStatus.sync ? 1_000_000 : 0) + (Number(score) || 0);
  return nodeRows(situation)
    .filter(({ name }) => name !== primary && (wanted === undefined || name === wanted))
    .sort((a, b) => rank(b) - rank(a))
    .map((row) => ({ row, objection: objectionToNode(situation, primary, row) }));
}

/** Why this node cannot take over, with what to do about it. */
function objectionToNode(situation: Situation, primary: string, row: NodeRow): string | undefined {
  const { view, mon, resource, instances } = situation;
  const { name } = row;
  const node = view.nodes.get(name);
  if (!row.online) return `${name} is offline`;
  if (node?.standby) return `${name} is in standby: run cls_unstandby_node ${name} first`;
  const unmanaged = [primary, name].find(
    (each) =>
      view.nodes.get(each)?.maintenance ||
      instances.some(({ nodes, managed }) => nodes.includes(each) && !managed),
  );
  if (unmanaged !== undefined)
    return `Pacemaker does not manage the database of ${unmanaged} now: run cls_unmaintenance first`;
  if (row.role !== 'standby') return `the database of ${name} does not run`;
  const failures = mon.failCounts.find(
    (count) =>
      count.resource === resource.id && count.node === name && count.failCount >= count.migrationThreshold,
  );
  if (failures !== undefined)
    return `${name} has failed ${failures.failCount} times, so Pacemaker does not promote it: look at cls_status, then run cls_cleanup`;
  const ban = mon.bans.find(
    (each) => each.node === name && (each.resource === resource.id || each.resource === resource.name),
  );
  if (ban !== undefined)
    return `${name} is banned by the constraint ${ban.id}: remove it (pcs constraint delete ${ban.id}) first`;
  if (situation.facts.refuses(name) !== undefined)
    return `PostgreSQL on ${name} refuses its agent, which therefore could not promote it: see cls_doctor`;
  if (row.dataStatus === null || !row.dataStatus.startsWith('STREAMING|'))
    return `${name} does not stream from ${primary} (${row.dataStatus ?? 'no data status'})`;
  if (cannotLock(situation, name))
    return `${name} does not reach the arbiter, and without the lock it would not be promoted: look at cls_status`;
  if (row.lagBytes !== null && BigInt(row.lagBytes) > NEAR_BYTES)
    return `${name} is ${formatBytes(row.lagBytes)} behind, and writes would stop until it has caught up: at most ${formatBytes(Number(NEAR_BYTES))} may be missing; try again later`;
  return undefined;
}

function warnings(situation: Situation, { primary, successor }: Change, self: string): readonly string[] {
  const { facts, nodes, databases } = situation;
  const missing = nodes.filter((name) => name !== primary && name !== successor && !facts.online(name));
  const others = nodes.filter((name) => name !== primary && name !== successor && facts.online(name));
  const unknownLag =
    databases.primary.known && databases.primary.value.details === undefined
      ? [
          `how far ${successor} is behind cannot be asked from ${self}; the agent of ${primary} checks it before it hands over`,
        ]
      : [];
  return missing.length > 0 && others.length === 0
    ? [
        `${enumerate(missing)} is offline: until ${primary} is back as a standby, nobody can take over from ${successor}`,
        ...unknownLag,
      ]
    : unknownLag;
}
