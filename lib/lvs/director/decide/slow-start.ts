import type { RealServer } from '../../ipvs/table.ts';
import type { DirectorConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ServerPlan } from './plan.ts';

/** Weights rise in whole numbers, and never from 0: a newcomer shall be tried. */
const risingWeight = (weight: number, elapsedMs: number, slowStartMs: number): number =>
  Math.min(weight, Math.max(1, Math.ceil((weight * elapsedMs) / slowStartMs)));

/** Who joins others, and was not among them, gets its weight step by step. */
export const slowlyStarted = (
  plans: readonly ServerPlan[],
  present: ReadonlyMap<string, RealServer>,
  { memory, uptimeMs }: Snapshot,
  { slowStartMs }: DirectorConfig,
): { readonly plans: readonly ServerPlan[]; readonly newcomers: Readonly<Record<string, number>> } => {
  if (slowStartMs === 0) return { plans, newcomers: {} };
  const hasOthers = [...present.values()].some(({ weight }) => weight > 0);
  const newcomers: Record<string, number> = {};
  const raised = plans.map((plan): ServerPlan => {
    const { address } = plan.machine;
    if (plan.state !== 'serving') return plan;
    const isNew = hasOthers && (present.get(address)?.weight ?? 0) === 0;
    const since = memory.newcomers[address] ?? (isNew ? uptimeMs : undefined);
    if (since === undefined || uptimeMs - since >= slowStartMs) return plan;
    newcomers[address] = since;
    const weight = risingWeight(plan.weight, uptimeMs - since, slowStartMs);
    const seconds = Math.ceil((slowStartMs - (uptimeMs - since)) / 1000);
    const why = `it has just joined: ${weight} of ${plan.weight}, all of it in ${seconds} s`;
    return { ...plan, state: 'starting', weight, rule: 'server.starting', why };
  });
  return { plans: raised, newcomers };
};
