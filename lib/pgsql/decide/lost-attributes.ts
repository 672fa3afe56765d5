import type { Snapshot } from '../snapshot.ts';
import { type Decision, reason } from './decision.ts';

/**
 * Pacemaker keeps the attributes until reboot in attrd, which writes one into the CIB when its value changes. Where
 * partitions meet again the CIB of one of them is kept, and may lack what attrd holds. Then an attribute is missing that
 * nobody can set: its value has not changed. Without a promotion score the cluster would be without a primary for ever.
 * So what two monitors in a row had to publish is written anew.
 */
export const rewriteLost = (snapshot: Snapshot, decision: Decision): Decision => {
  // Within one operation it may just not have arrived yet; and a probe sees to that itself.
  if (snapshot.round > 0 || snapshot.isProbe) return decision;
  // Nor has it been published where that comes after a confirmation.
  if (decision.whenStepFails === 'finish-once-confirmed') return decision;
  const wanted = decision.steps.flatMap((step) =>
    step.kind === 'publish'
      ? step.changes.map(({ node, name, value }) => `${name} of ${node} = ${value ?? '(removed)'}`)
      : [],
  );
  const { unpublished: _, ...rest } = decision.memory;
  const memory = wanted.length === 0 ? rest : { ...rest, unpublished: wanted };
  const lost = wanted.filter((change) => snapshot.memory.unpublished?.includes(change));
  if (lost.length === 0) return { ...decision, memory };
  // Early, since a step that fails ends the list; attrd has the values since the monitor before.
  const first = decision.steps.findIndex(({ kind }) => kind === 'publish');
  return {
    ...decision,
    memory,
    reasons: [
      ...decision.reasons,
      reason(
        'attributes.rewrite',
        `the cluster lacks what was published: ${lost.join(', ')}; all attributes are written anew`,
        'warn',
      ),
    ],
    steps: [...decision.steps.slice(0, first + 1), { kind: 'rewrite' }, ...decision.steps.slice(first + 1)],
  };
};
