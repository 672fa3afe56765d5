import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import { decideStart, decideStop, withoutAddress } from './decide.ts';
import { actOr, type Decision, reason } from './decision.ts';
import type { RealServer } from './real-server.ts';
import type { RealServerSnapshot } from './snapshot.ts';
import type { Step } from './steps.ts';
import { silentElsewhere } from './view.ts';

/*
 * For a machine outside the cluster, where no other interface that keeps silent has a reason to have the address. One
 * that kept it would be answered for as soon as the settings are put back. (In a cluster, a director may announce the
 * address from dummy0 by a routing protocol, so that the agent leaves other interfaces alone.)
 */

/** As decideStart; the address moves from wherever else it was. */
export const decideSoleStart = (server: RealServer, snapshot: RealServerSnapshot): Decision => {
  const decision = decideStart(server, snapshot);
  const strays = straysOf(server, snapshot);
  if (decision.kind === 'done')
    return decision.code === OcfExit.SUCCESS
      ? actOr(
          reason('start.move', `${server.vip} is to be on ${server.device} alone`),
          strays,
          () => decision,
        )
      : decision;
  // Only when it is accepted here is it taken from there.
  const isAdded = decision.steps.every(({ kind }) => kind !== 'loadModule');
  return isAdded ? withSteps(decision, [...decision.steps, ...strays]) : decision;
};

/** As decideStop; the address goes from all interfaces before the settings are put back. */
export const decideSoleStop = (server: RealServer, snapshot: RealServerSnapshot): Decision => {
  const decision = decideStop(server, snapshot);
  const strays = straysOf(server, snapshot);
  if (decision.kind === 'done')
    return decision.code === OcfExit.SUCCESS
      ? actOr(reason('stop.strays', `${server.vip} is on another interface`), strays, () => decision)
      : decision;
  return withSteps(decision, [...strays, ...decision.steps]);
};

const withSteps = (decision: Extract<Decision, { kind: 'act' }>, steps: readonly Step[]): Decision =>
  actOr(decision.reason, steps, () => decision);

const straysOf = (server: RealServer, snapshot: RealServerSnapshot): readonly Step[] =>
  silentElsewhere(server, snapshot).flatMap((device) => withoutAddress(server, device));
