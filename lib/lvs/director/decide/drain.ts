import { activeConnections } from '../../ipvs/connections.ts';
import type { DirectorConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ServerPlan } from './plan.ts';
import type { Judgement, Machine } from './servers.ts';

/** IPVS does not count a connection as active before its handshake is over, which a lost packet delays by a second. */
const HANDSHAKE_MS = 2_000;

/**
 * A server in the table that should not be there. In good health it gets no new connections and stays until those that
 * it has are gone, for a bounded time; one that is lost is removed at once, and its clients learn of it at once.
 *
 * @param weight which it has in the table
 */
export const drain = (
  machine: Machine,
  verdict: Judgement,
  weight: number,
  snapshot: Snapshot,
  config: DirectorConfig,
): ServerPlan => {
  const removed = (rule: string, why: string): ServerPlan => ({
    machine,
    state: 'removed',
    weight: 0,
    rule,
    why,
  });
  if (verdict.state === 'lost') return removed(verdict.rule, verdict.why);
  if (config.drainTimeoutMs === 0) return removed('drain.off', `${verdict.why}; drain_timeout is 0`);
  const since = snapshot.memory.draining[machine.address];
  const draining = (why: string): ServerPlan => ({
    machine,
    state: 'draining',
    weight: 0,
    rule: 'server.draining',
    why: `${verdict.why}; ${why}`,
  });
  // The weight goes to 0 first: a connection that is just being made would otherwise be cut.
  if (since === undefined || weight > 0) return draining('it gets no new connections');
  const { connections } = snapshot;
  const active = connections.known
    ? activeConnections(connections.value, config, machine.address)
    : undefined;
  const elapsedMs = snapshot.uptimeMs - since;
  if (active === 0 && elapsedMs >= Math.min(HANDSHAKE_MS, config.drainTimeoutMs))
    return removed('drain.done', `${verdict.why}; its connections have ended`);
  const left = active === undefined ? 'connections that cannot be counted' : `${active} connections`;
  return elapsedMs >= config.drainTimeoutMs
    ? removed(
        'drain.timeout',
        `${verdict.why}; ${left} were left after ${config.drainTimeoutMs / 1000} s (drain_timeout)`,
      )
    : draining(`${left} left, ${Math.ceil((config.drainTimeoutMs - elapsedMs) / 1000)} s at most`);
};
