import { factOr } from '../../../system/fact.ts';
import type { DirectorConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import type { Lag, Snapshot } from '../snapshot.ts';
import type { ServerPlan } from './plan.ts';
import { type Judged, weightOf } from './servers.ts';

/** Observations in a row after which a server that is over a limit counts as lagging. */
const OBSERVATIONS = 3;

/** What is left of the limit when a lagging server has caught up: one that swings about the limit does not flap. */
const HYSTERESIS = 0.5;

type LagState = Memory['lag'][string];

const isOver = (lag: Lag, { maxLagBytes, maxLagSeconds }: DirectorConfig, share: number): boolean =>
  (maxLagBytes > 0 && lag.bytes > maxLagBytes * share) ||
  (maxLagSeconds > 0 && lag.seconds > maxLagSeconds * share);

/** One more observation. What is not known changes nothing. */
const observeLag = (
  before: LagState | undefined,
  lag: Lag | undefined,
  isRegular: boolean,
  config: DirectorConfig,
): LagState => {
  const state = before ?? { over: 0, isLagging: false };
  if (lag === undefined) return state;
  if (state.isLagging) return isOver(lag, config, HYSTERESIS) ? state : { over: 0, isLagging: false };
  if (!isOver(lag, config, 1)) return { over: 0, isLagging: false };
  // A look that an event has caused would count one moment twice.
  const over = isRegular ? state.over + 1 : state.over;
  return { over, isLagging: over >= OBSERVATIONS };
};

const lagLimits = ({ maxLagBytes, maxLagSeconds }: DirectorConfig): string =>
  [
    ...(maxLagBytes > 0 ? [`${maxLagBytes} bytes`] : []),
    ...(maxLagSeconds > 0 ? [`${maxLagSeconds} s`] : []),
  ].join(', ');

/** Servers that are behind get no new connections; the one that is least behind always does, if it is the last. */
export const withLag = (
  fit: readonly Judged[],
  snapshot: Snapshot,
  config: DirectorConfig,
): { readonly plans: readonly ServerPlan[]; readonly lag: Readonly<Record<string, LagState>> } => {
  const isLimited = config.maxLagBytes > 0 || config.maxLagSeconds > 0;
  const lags = factOr(snapshot.lags, new Map());
  const lag: Record<string, LagState> = {};
  const plans = fit.map(({ machine, verdict }): ServerPlan => {
    const weight = weightOf(machine, snapshot, config);
    const served = { machine, weight, state: 'serving' as const, rule: verdict.rule, why: verdict.why };
    const behind = machine.node === undefined ? undefined : lags.get(machine.node);
    const state = observeLag(snapshot.memory.lag[machine.address], behind, snapshot.isRegular, config);
    if (isLimited && (state.over > 0 || state.isLagging)) lag[machine.address] = state;
    if (weight === 0)
      return { ...served, state: 'quiet', rule: 'server.weight-0', why: 'its configured weight is 0' };
    if (!isLimited || !state.isLagging) return served;
    const much = behind === undefined ? 'not known now' : `${behind.bytes} bytes, ${behind.seconds} s`;
    const why = `it is behind: ${much} (limit: ${lagLimits(config)})`;
    return { ...served, state: 'lagging', weight: 0, rule: 'server.lagging', why };
  });
  return { plans: neverTheLast(plans, snapshot, config), lag };
};

const neverTheLast = (
  plans: readonly ServerPlan[],
  snapshot: Snapshot,
  config: DirectorConfig,
): readonly ServerPlan[] => {
  const lagging = plans.filter(({ state }) => state === 'lagging');
  if (lagging.length === 0 || plans.some(({ weight }) => weight > 0)) return plans;
  const lags = factOr(snapshot.lags, new Map());
  const behind = ({ machine }: ServerPlan): number =>
    lags.get(machine.node ?? '')?.bytes ?? Number.POSITIVE_INFINITY;
  const best = lagging.reduce((least, each) => (behind(each) < behind(least) ? each : least));
  const why = `${best.why}, and no other is less so`;
  const weight = weightOf(best.machine, snapshot, config);
  return plans.map((plan) =>
    plan === best ? { ...plan, weight, state: 'serving', rule: 'server.last', why } : plan,
  );
};
