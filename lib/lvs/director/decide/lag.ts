import type { DirectorConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import type { Lag } from '../snapshot.ts';

/** Observations in a row after which a server that is over a limit counts as lagging. */
export const OBSERVATIONS = 3;

/** What is left of the limit when a lagging server has caught up: one that swings about the limit does not flap. */
const HYSTERESIS = 0.5;

export type LagState = Memory['lag'][string];

const isOver = (lag: Lag, { maxLagBytes, maxLagSeconds }: DirectorConfig, share: number): boolean =>
  (maxLagBytes > 0 && lag.bytes > maxLagBytes * share) ||
  (maxLagSeconds > 0 && lag.seconds > maxLagSeconds * share);

/** One more observation. What is not known changes nothing. */
export const observeLag = (
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

export const lagLimits = ({ maxLagBytes, maxLagSeconds }: DirectorConfig): string =>
  [
    ...(maxLagBytes > 0 ? [`${maxLagBytes} bytes`] : []),
    ...(maxLagSeconds > 0 ? [`${maxLagSeconds} s`] : []),
  ].join(', ');
