import { enumerate } from '../cli/text.ts';
import { CommandExit } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import { countedAsPrimary, nodesDisagree } from '../status/verdict.ts';
import type { NodeDataSnapshot } from './snapshot.ts';

export const refused = (code: Extract<Verdict<never>, { kind: 'refused' }>['code'], sentence: string) =>
  ({ kind: 'refused', code, sentence }) as const;

export const notInState = (sentence: string) => refused(CommandExit.NOT_IN_STATE, sentence);

/** The node whose data are the measure; there is one once `commonHurdle` found nothing. */
export const primaryOf = ({ situation }: NodeDataSnapshot): string => situation.promoted[0] ?? 'the primary';

/** What keeps a node's data from being repaired, whichever way. */
export function commonHurdle(snapshot: NodeDataSnapshot): Verdict<never> | undefined {
  const { situation, server } = snapshot;
  const { resource, self, view, promoted } = situation;
  if (resource.provider !== 'pha') {
    return notInState(
      `${resource.name} is ocf:${resource.provider}:pgsql, which does not know that data under repair must not be started; repair them by hand`,
    );
  }
  const { rep_mode: mode } = resource.parameters;
  if (mode !== 'sync' && mode !== 'async') {
    return notInState(
      `${resource.name} has rep_mode=${mode}: there is no primary in this cluster to repair from`,
    );
  }
  if (!view.haveQuorum) {
    return refused(
      CommandExit.NO_QUORUM,
      `${self} is in a part of the cluster without quorum; the primary may be in the other, and bringing that back comes first`,
    );
  }
  if (nodesDisagree(situation)) {
    return refused(
      CommandExit.NO_QUORUM,
      `${enumerate(countedAsPrimary(situation))} both count as primary: see cls_status, settle which of them is right, and run this again`,
    );
  }
  if (promoted.includes(self)) {
    return notInState(`${self} is the primary; there is nothing to repair it from`);
  }
  if (promoted.length === 0) {
    return notInState('no node is the primary, and so there is nothing to repair from; cls_status tells why');
  }
  if (server.state === 'running' && server.role === 'primary') {
    return notInState(
      `PostgreSQL on ${self} runs as a primary although ${primaryOf(snapshot)} is the primary: stop it first, as ${resource.parameters.pgdba} with pg_ctl stop`,
    );
  }
  return undefined;
}

/** Why Pacemaker will not start PostgreSQL here afterwards, and what ends that; undefined when it will. */
export function heldBack({ situation }: NodeDataSnapshot): string | undefined {
  const { view, self, resource, instances } = situation;
  if (view.maintenanceMode) return 'the cluster is in maintenance mode (cls_unmaintenance)';
  const node = view.nodes.get(self);
  if (node?.maintenance) return `${self} is in maintenance mode (cls_unmaintenance_node ${self})`;
  if (node?.standby) return `${self} is in standby mode (cls_unstandby_node ${self})`;
  if (instances.some(({ managed }) => !managed))
    return `${resource.name} is unmanaged (pcs resource manage ${resource.name})`;
  return undefined;
}
