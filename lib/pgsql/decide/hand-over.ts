import { formatLsn } from '../../postgres/lsn.ts';
import type { PrimaryState } from '../../postgres/server-state.ts';
import type { ClusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import { ArbiterWord, DataStatus, Score } from '../names.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Publication } from '../steps.ts';
import { aloneOwner } from './alone.ts';
import { NEAR_BYTES } from './choose-standby.ts';
import { type Reason, reason } from './decision.ts';
import { isOneServer, isStreaming, type Standby } from './standby-view.ts';
import type { SyncPlan } from './sync-plan.ts';

/**
 * A planned switch needs no location constraint. `cls_online_switch` names the successor by an attribute on its node,
 * `<rsc>-switch-from`, whose value is the REPL_INFO of the primary that it is to replace, and this primary hands over:
 * it makes the node the synchronous standby if it is not, takes the attribute away, and gives it the highest promotion
 * score, once. So nothing can be left behind, whenever the command, this agent or a node dies: the
 * attribute means nothing to any other primary, every new primary withdraws it, a score that Pacemaker did not act upon is taken back by the next
 * monitor, and a node that fails to be promoted loses its score when it is started again.
 */
export interface HandOver {
  readonly reasons: readonly Reason[];
  /** the node to which the primary gives the highest score now */
  readonly successor: string | undefined;
  /** attributes of this and of earlier switches that are done with */
  readonly withdrawn: readonly Publication[];
  readonly memory: Memory;
}

/**
 * A switch that was asked for while nobody looked, as in maintenance mode, would come unasked when monitors run again. So
 * the primary takes only one that has appeared since it looked last, and that must not be longer ago than this: far more
 * than any sensible interval of monitors. By the time since boot, since clocks of nodes differ.
 */
export const UNWATCHED_MINUTES = 5;

/** So many monitors, half a minute as a rule, a successor gets to become fit. */
export const LOOKS_TO_BECOME_FIT = 10;

/** The node that is to take over from the present primary. One whose attribute is about another primary is not. */
export const namedSuccessor = (
  self: string,
  attribute: string,
  facts: ClusterFacts,
  candidates: readonly string[],
): string | undefined =>
  facts.replInfo?.node === self
    ? candidates.find((node) => node !== self && facts.transient(node, attribute) === facts.replInfoText)
    : undefined;

/** What a primary does about the switch that was asked for; `plan` is for whom its commits wait. */
export const planHandOver = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: PrimaryState,
  standbys: readonly Standby[],
  plan: SyncPlan,
): HandOver => {
  const { names } = snapshot;
  const standby = standbys.find((s) => s.isSuccessor);
  const withdraw = (except?: string): Publication[] =>
    [...facts.view.nodes.keys()]
      .filter((node) => node !== except && facts.transient(node, names.switchFrom) !== undefined)
      .map((node) => ({ node, name: names.switchFrom, value: undefined }));
  const watchedMinute = Math.floor(snapshot.uptimeMs / 60_000);
  const { switchLooks: before, ...rest } = plan.memory;
  const memory = { ...rest, watchedMinute };
  if (standby === undefined)
    return {
      reasons: notPromoted(snapshot, facts),
      successor: undefined,
      withdrawn: withdraw(),
      memory,
    };

  const { name } = standby;
  const lastWatched = snapshot.memory.watchedMinute;
  if (lastWatched === undefined || watchedMinute - lastWatched > UNWATCHED_MINUTES)
    return {
      reasons: [
        reason(
          'switch.stale',
          `${name} was to take over from ${snapshot.self}, but that was asked for while no monitor ran: it is withdrawn; run cls_online_switch again if it is still wanted`,
          'warn',
        ),
      ],
      successor: undefined,
      withdrawn: withdraw(),
      // Not watched yet: should the attribute outlive this monitor, it must be found stale once more.
      memory: rest,
    };
  const obstacle =
    snapshot.memory.monitorsSinceReload === undefined
      ? (obstacleTo(standby, config, facts, state, plan) ?? lockAgainst(name, snapshot, config, facts))
      : 'parameters have just been changed, and Pacemaker has yet to take notice of who is primary';
  if (obstacle === undefined)
    return {
      reasons: [
        reason(
          'switch.hand-over',
          `${name} is to take over from ${snapshot.self} and has what it takes: Pacemaker is to promote it`,
        ),
      ],
      successor: name,
      withdrawn: withdraw(),
      memory,
    };
  const looks = (before?.node === name ? before.looks : 0) + (snapshot.round === 0 ? 1 : 0);
  if (looks > LOOKS_TO_BECOME_FIT)
    return {
      reasons: [
        reason('switch.given-up', `${name} was to take over from ${snapshot.self}, but ${obstacle}`, 'warn'),
      ],
      successor: undefined,
      withdrawn: withdraw(),
      memory,
    };
  return {
    reasons: [reason('switch.wait', `${name} is to take over from ${snapshot.self}: ${obstacle}`)],
    successor: undefined,
    withdrawn: withdraw(name),
    memory: { ...memory, switchLooks: { node: name, looks } },
  };
};

/**
 * Pacemaker records the success of `reload-agent` as a start, and so takes this primary for a standby until it has the
 * result of the next monitor: it would promote the successor without demoting this node. So that monitor hands nothing over.
 */
export const countedSinceReload = (snapshot: Snapshot): Snapshot => {
  const { monitorsSinceReload, ...memory } = snapshot.memory;
  if (snapshot.round > 0 || monitorsSinceReload === undefined) return snapshot;
  return { ...snapshot, memory: monitorsSinceReload === 0 ? { ...memory, monitorsSinceReload: 1 } : memory };
};

/** Why the successor cannot take over yet without a loss, or without a long wait. */
const obstacleTo = (
  standby: Standby,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: PrimaryState,
  plan: SyncPlan,
): string | undefined => {
  const { name, sender } = standby;
  if (!facts.view.haveQuorum) return 'this node has no quorum';
  if (standby.leaving) return `${name} is being stopped`;
  if (standby.refusesAgent) return `PostgreSQL on ${name} refuses its agent`;
  if (!isOneServer(standby)) return `two servers stream as ${name}`;
  if (sender === undefined || !isStreaming(standby)) return `${name} does not stream`;
  const flushed = sender.flushLsn ?? 0n;
  // The shutdown of the primary waits until it has sent everything, and writes stop meanwhile.
  if (state.walInsert - flushed > NEAR_BYTES)
    return `${name} is at ${formatLsn(sender.flushLsn ?? state.walInsert)}, ${state.walInsert - flushed} bytes behind`;
  if (config.repMode !== 'sync') return undefined;
  const isMarked = facts.dataStatus(name) === DataStatus.sync && plan.marked.includes(name);
  return isMarked && plan.again === undefined
    ? undefined
    : `commits do not wait for ${name} alone yet, so it may lack acknowledged writes`;
};

/** Two nodes and an arbiter: the successor must get the lock, and be told by the arbiter that nobody is alone. */
const lockAgainst = (
  successor: string,
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
): string | undefined => {
  const { lock, self, names } = snapshot;
  if (config.lock === undefined) return undefined;
  if (lock?.question.kind !== 'renewed') return 'the arbiter was not asked in this moment';
  const { answer } = lock.question;
  if (!answer.ok) return `the lock cannot be handed over: ${answer.failure.sentence}`;
  if (ArbiterWord.isSilent(facts.transient(successor, names.arbiter)))
    return `${successor} does not reach the arbiter`;
  return aloneOwner(snapshot, config) === self
    ? 'the arbiter still has it that commits wait for no standby'
    : undefined;
};

/** A score that was given and is taken back now. */
const notPromoted = ({ self, names }: Snapshot, facts: ClusterFacts): Reason[] =>
  [...facts.view.nodes.keys()]
    .filter((node) => node !== self && facts.transient(node, names.score) === Score.successor)
    .map((node) =>
      reason(
        'switch.not-promoted',
        `Pacemaker has not promoted ${node}, which was to take over: ${self} stays the primary`,
        'warn',
      ),
    );
