import { isChanging } from '../../pacemaker/crm-mon.ts';
import { comparePositions } from '../../pgsql/compare.ts';
import { DataStatus, stateNames } from '../../pgsql/names.ts';
import type { Timeline } from '../../postgres/lsn.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import type { Situation } from '../status/situation.ts';
import { nodesDisagree } from '../status/verdict.ts';
import { mustBeNamed, objectionToLock, wentAlone } from './lock.ts';
import { describeHeld, lossOf, newestOf } from './loss.ts';
import type { ResetSnapshot } from './observe.ts';

export type ResetStep =
  | { readonly kind: 'record'; readonly node: string | undefined; readonly newest?: Timeline }
  /** Of all nodes the arbiter lets only this one be promoted. */
  | { readonly kind: 'name-alone'; readonly node: string; readonly ifRenewedAt: string }
  | { readonly kind: 'clean-up'; readonly node: string }
  | { readonly kind: 'await-primary'; readonly node: string | undefined };

/** `mayLose`: acknowledged writes may be lost by it, so that the operator has to consent. */
export type ResetVerdict = Verdict<ResetStep> & { readonly mayLose?: boolean };

const refused = (code: CommandExitCode, sentence: string): ResetVerdict => ({
  kind: 'refused',
  code,
  sentence,
});

/** May the record of the primary be reset, to `wanted` or to nobody, and what may be lost by it? Pure. */
export function decideReset(snapshot: ResetSnapshot, wanted: string | undefined): ResetVerdict {
  const { situation } = snapshot;
  const { facts, resource } = situation;
  const objection = objectionToCluster(snapshot, wanted) ?? objectionToNode(snapshot, wanted);
  if (objection !== undefined) return objection;
  const unlocked = objectionToLock(snapshot, wanted);
  if (unlocked !== undefined) return refused(unlocked.code, unlocked.sentence);
  const name = stateNames(resource.id).replInfo;
  const runs = situation.running.length > 0;
  // First, since a cleanup in the middle of the promotion would spoil it.
  const cleanUps = failedNodes(situation, wanted).map((node) => ({ kind: 'clean-up', node }) as const);
  // Before the record: as soon as that is written Pacemaker promotes the node, which is refused without it.
  const named = namesAlone(snapshot, wanted);
  const gone = wentAlone(snapshot, wanted);
  const awaited = runs ? [{ kind: 'await-primary', node: wanted } as const] : [];
  const isNamed = facts.replInfo?.node === wanted && facts.replInfo?.timeline === 0;
  if (wanted !== undefined && isNamed && facts.unreadable === undefined) {
    const sentence = `${wanted} is named already (${name} ${facts.replInfoText})`;
    const steps = [...cleanUps, ...named, ...awaited];
    const warnings = gone === undefined ? [] : [gone.sentence];
    return steps.length === 0
      ? { kind: 'nothing-to-do', sentence: `${sentence}; ${takesEffect(situation)}` }
      : {
          kind: 'plan',
          mayLose: gone !== undefined,
          plan: { purpose: `${sentence}, and is to be promoted.`, warnings, steps },
        };
  }
  if (wanted === undefined && facts.replInfoText === undefined && facts.unreadable === undefined)
    return { kind: 'nothing-to-do', sentence: `nobody is recorded as the primary (${name} is empty)` };

  const holdsAll =
    resource.parameters.rep_mode === 'sync' &&
    wanted !== undefined &&
    // Where the two were cut from each other its mark is still there, and the arbiter alone knows better.
    gone === undefined &&
    facts.dataStatus(wanted) === DataStatus.sync;
  // Without a node the mark of the one that holds everything is erased too, and another may be elected.
  const mayLose =
    facts.replInfoText !== undefined &&
    (wanted === undefined || gone !== undefined || (facts.replInfo?.node !== wanted && !holdsAll));
  const isUnreadable = facts.unreadable !== undefined;
  const newest = isUnreadable ? newestOf(snapshot.held)?.[1].position.timeline : undefined;
  return {
    kind: 'plan',
    mayLose: mayLose || (isUnreadable && newest === undefined),
    plan: {
      purpose:
        wanted === undefined
          ? `The cluster forgets who was primary (${name} ${facts.replInfoText ?? 'is empty'}), and elects the node that holds the newest data.`
          : `${wanted} is to be the next primary (${name} was ${facts.replInfoText ?? 'empty'}).`,
      warnings: [
        ...(mayLose ? lossOf(snapshot, wanted) : []),
        ...(isUnreadable ? [timelinesUsed(newest)] : []),
        ...(runs ? [] : [`${resource.name} runs nowhere: ${takesEffect(situation)}`]),
      ],
      steps: [
        ...cleanUps,
        ...named,
        { kind: 'record', node: wanted, ...(newest === undefined ? {} : { newest }) },
        ...awaited,
      ],
    },
  };
}

/** Without quorum Pacemaker starts nothing, whoever asks: a node of two that was rebooted alone waits for the other (wait_for_all). */
const takesEffect = ({ view, nodes, self, facts }: Situation): string => {
  if (view.haveQuorum) return 'it takes effect when it is started (cls_start)';
  const missing = enumerate(nodes.filter((node) => !facts.online(node))) || 'the other node';
  return `it takes effect when ${self} has quorum, without which Pacemaker starts nothing: bring ${missing} back, or, when ${missing} is switched off for certain and cannot come back by itself, run pcs quorum unblock`;
};

const timelinesUsed = (newest: Timeline | undefined): string =>
  newest === undefined
    ? 'the record cannot be read, and no node says what it holds: which timelines lost primaries have opened is not known; better start the standbys first (cls_start), and run this then'
    : `the record cannot be read: timelines up to ${newest + 1} count as used, and are not opened again`;

const namesAlone = (snapshot: ResetSnapshot, wanted: string | undefined): readonly ResetStep[] => {
  const answer = snapshot.arbiter?.answer;
  return wanted !== undefined && answer?.ok && mustBeNamed(snapshot, wanted)
    ? [{ kind: 'name-alone', node: wanted, ifRenewedAt: answer.value.alone?.renewedAt ?? '' }]
    : [];
};

function objectionToCluster(
  { situation, arbiter }: ResetSnapshot,
  wanted: string | undefined,
): ResetVerdict | undefined {
  const { resource, view, promoted, facts, self, instances } = situation;
  const mode = resource.parameters.rep_mode;
  if (resource.provider !== 'pha' || !resource.promotable || (mode !== 'sync' && mode !== 'async'))
    return refused(
      CommandExit.NOT_IN_STATE,
      `${resource.name} is ocf:${resource.provider}:pgsql with rep_mode=${mode}: only a promotable ocf:pha:pgsql keeps a record of its primary`,
    );
  // With a lock the arbiter decides: of two nodes one alone is no majority.
  if (!view.haveQuorum && arbiter === undefined)
    return refused(
      CommandExit.NO_QUORUM,
      `${self} is in a part of the cluster without quorum: the primary may run in the other part`,
    );
  if (nodesDisagree(situation))
    return refused(
      CommandExit.NO_QUORUM,
      `nodes disagree: Pacemaker has promoted ${enumerate(promoted) || 'none'}, and ${enumerate(facts.primaries) || 'none'} says so of itself; see cls_status`,
    );
  const [primary] = promoted;
  if (primary !== undefined && primary === wanted)
    return { kind: 'nothing-to-do', sentence: `${primary} is the primary already` };
  if (primary !== undefined)
    return refused(
      CommandExit.NOT_IN_STATE,
      `${primary} is the primary and runs, so nothing is to be reset; to make another node the primary run cls_online_switch${wanted === undefined ? '' : ` ${wanted}`}`,
    );
  const busy = instances.find((each) => isChanging(each) && each.pending === 'Promoting');
  return busy === undefined
    ? undefined
    : refused(
        CommandExit.NOT_IN_STATE,
        `${enumerate(busy.nodes) || 'a node'} is being promoted right now; wait for how that ends (cls_status --watch)`,
      );
}

function objectionToNode(
  { situation, held }: ResetSnapshot,
  wanted: string | undefined,
): ResetVerdict | undefined {
  if (wanted === undefined) return undefined;
  const { view, nodes, facts } = situation;
  if (!nodes.includes(wanted))
    return refused(
      CommandExit.ARGUMENTS,
      `${view.nodes.has(wanted) ? `${wanted} does not run the database (node_list)` : `the cluster has no node ${wanted}`}; there are ${enumerate(nodes)}`,
    );
  if (!facts.online(wanted))
    return refused(
      CommandExit.NOT_IN_STATE,
      `${wanted} is offline: start it first (pcs cluster start ${wanted})`,
    );
  if (view.nodes.get(wanted)?.standby)
    return refused(
      CommandExit.NOT_IN_STATE,
      `${wanted} is in standby: run cls_unstandby_node ${wanted} first`,
    );
  const own = held.get(wanted);
  const newest = newestOf(held);
  if (own !== undefined && newest !== undefined && comparePositions(newest[1].position, own.position) > 0)
    return refused(
      CommandExit.NOT_IN_STATE,
      `${newest[0]} holds more (${describeHeld(newest[1])}) than ${wanted} (${describeHeld(own)}), and would be promoted instead: run cls_reset_master ${newest[0]}, or take ${newest[0]} out first if its data is not wanted (cls_standby_node ${newest[0]})`,
    );
  return undefined;
}

/** Pacemaker promotes nobody who has failed too often before. */
const failedNodes = ({ mon, resource, facts }: Situation, wanted: string | undefined): readonly string[] => [
  ...new Set(
    mon.failCounts
      .filter(({ resource: id, failCount }) => id === resource.id && failCount > 0)
      .map(({ node }) => node)
      .filter((node) => facts.online(node) && (wanted === undefined || node === wanted)),
  ),
];
