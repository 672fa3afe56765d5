import { DataStatus } from '../../pgsql/names.ts';
import { cannotLock } from '../arbiter/cannot-lock.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import { isSwitchedOff, type Scope, scopeOf } from '../run-state/scope.ts';
import type { RunStateSnapshot } from '../run-state/situation.ts';
import { nodeRows } from '../status/node-rows.ts';
import { isReplicated, isWell } from '../status/rules/replication-rules.ts';
import type { Situation } from '../status/situation.ts';
import { leftOn } from './outcome.ts';

export type StandbyStep =
  | { readonly kind: 'set'; readonly on: boolean; readonly node: string }
  /** @property primaryToo whether another primary is to come */
  | {
      readonly kind: 'wait-until-left';
      readonly node: string;
      readonly scope: Scope;
      readonly primaryToo: boolean;
    }
  | { readonly kind: 'wait-until-back'; readonly node: string };

const refused = (code: CommandExitCode, sentence: string) => ({ kind: 'refused', code, sentence }) as const;

/** Pure. */
export function decideStandby(
  { situation, tree }: RunStateSnapshot,
  node: string,
  force: boolean,
): Verdict<StandbyStep> {
  const hurdle = hurdleFor(situation, node);
  if (hurdle !== undefined) return hurdle;
  const { view, promoted, resource } = situation;
  const scope = scopeOf(tree, resource.id, undefined);
  const isPrimary = promoted.includes(node);
  const successor = successorOf(situation, node);
  if (isPrimary && successor === undefined && !force) {
    return refused(
      CommandExit.NOT_IN_STATE,
      `${node} is the primary, and no other node may take over now (${others(situation, node)}): nobody would take writes. cls_status tells what is wrong; --force does it anyway`,
    );
  }
  const isSet = view.nodes.get(node)?.standby === true;
  if (isSet && leftOn(situation, scope, node).length === 0) {
    return { kind: 'nothing-to-do', sentence: `${node} is in standby mode and runs nothing` };
  }
  return {
    kind: 'plan',
    plan: {
      purpose: `${node} will be in standby mode: Pacemaker moves away what runs there, and starts nothing on it.`,
      warnings: warningsFor(situation, node, successor),
      steps: [
        ...(isSet ? [] : [{ kind: 'set', on: true, node } as const]),
        {
          kind: 'wait-until-left',
          node,
          scope,
          primaryToo: (isPrimary || promoted.length === 0) && successor !== undefined,
        },
      ],
    },
  };
}

/** Pure. */
export function decideUnstandby({ situation, tree }: RunStateSnapshot, node: string): Verdict<StandbyStep> {
  const hurdle = hurdleFor(situation, node);
  if (hurdle !== undefined) return hurdle;
  const { view, resource } = situation;
  const { standby, online } = view.nodes.get(node) ?? {};
  const isOff = isSwitchedOff(tree, resource.id);
  const row = nodeRows(situation).find(({ name }) => name === node);
  // What has no database to wait for is done when it is set.
  const isAwaited = row !== undefined && online === true && !isOff;
  if (!standby && (!isAwaited || row.role === 'primary' || isWell(row))) {
    return { kind: 'nothing-to-do', sentence: `${node} is not in standby mode` };
  }
  return {
    kind: 'plan',
    plan: {
      purpose: `${node} will run what Pacemaker gives it.`,
      warnings: [
        ...(online ? [] : [`${node} is offline; it takes part when it is back`]),
        ...(isOff ? [`${resource.name} is switched off, so that nothing is started there: cls_start`] : []),
      ],
      steps: [
        ...(standby ? [{ kind: 'set', on: false, node } as const] : []),
        ...(isAwaited ? [{ kind: 'wait-until-back', node } as const] : []),
      ],
    },
  };
}

function hurdleFor({ view, self }: Situation, node: string): Verdict<never> | undefined {
  if (!view.nodes.has(node)) {
    const names = enumerate([...view.nodes.keys()]);
    return refused(CommandExit.ARGUMENTS, `there is no node ${node}; the cluster has ${names}`);
  }
  if (!view.haveQuorum) {
    return refused(
      CommandExit.NO_QUORUM,
      `${self} is in a part of the cluster without quorum, and the other part would not learn of it; bring the other nodes back (pcs cluster start --all)`,
    );
  }
  const isKept = view.maintenanceMode || view.nodes.get(node)?.maintenance === true;
  return isKept
    ? refused(
        CommandExit.NOT_IN_STATE,
        `in maintenance mode Pacemaker neither stops nor starts anything on ${node}; run cls_unmaintenance${view.maintenanceMode ? '' : ` ${node}`} first`,
      )
    : undefined;
}

/** Who becomes the primary when `node` may not be it: as Pacemaker chooses, the highest promotion score. */
function successorOf(situation: Situation, node: string): string | undefined {
  const { view, facts, running, nodes } = situation;
  const scored = nodes
    .filter((name) => name !== node && running.includes(name) && !view.nodes.get(name)?.standby)
    .filter((name) => !cannotLock(situation, name))
    .map((name) => ({ name, score: Number(facts.score(name) ?? 0) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  return scored[0]?.name;
}

const others = (situation: Situation, node: string): string => {
  const { nodes, facts, view } = situation;
  const described = nodes
    .filter((name) => name !== node)
    .map((name) =>
      view.nodes.get(name)?.online
        ? `${name}: ${facts.dataStatus(name) ?? 'no data status'}, score ${facts.score(name) ?? 'none'}${cannotLock(situation, name) ? ', does not reach the arbiter' : ''}`
        : `${name}: offline`,
    );
  return described.join('; ') || 'there is no other node';
};

function warningsFor(situation: Situation, node: string, successor: string | undefined): readonly string[] {
  const { promoted, facts, resource, view } = situation;
  if (!view.nodes.get(node)?.online)
    return [`${node} is offline; it will be in standby mode when it is back`];
  if (promoted.includes(node)) {
    return [
      successor === undefined
        ? `${node} is the primary, and nobody takes over: no writes until ${node} is back`
        : `${node} is the primary: writes stop for some seconds and go on on ${successor}`,
    ];
  }
  if (!isReplicated(situation) || facts.dataStatus(node) !== DataStatus.sync) return [];
  const next = nodeRows(situation).find((row) => row.name !== node && isWell(row));
  return next !== undefined
    ? [`${node} is the synchronous standby: ${next.name} takes its place, and writes wait for a moment`]
    : [
        resource.parameters.sync_degrade === 'never'
          ? `${node} is the only standby: commits wait until it is back (sync_degrade=never)`
          : `${node} is the only standby: nobody may take over until it is back`,
      ];
}
