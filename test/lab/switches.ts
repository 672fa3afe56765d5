/** What the tests of cls_online_switch share. */
import type { Test } from 'tap';
import { type CrmMon, type ExecResult, type Lab, promotedNode } from '../../lab/index.ts';
import { statusOf } from './actions.ts';
import { RECOVERY_MS } from './support.ts';

const ATTRIBUTE = 'pgsql-switch-from';

export const clsSwitch = (lab: Lab, on: string, ...args: readonly string[]): Promise<ExecResult> =>
  lab.exec(on, ['cls_online_switch', ...args], { allowFailure: true, timeoutMs: 120_000 });

export const constraintsOf = async (lab: Lab): Promise<string> =>
  (await lab.exec('node3', ['cibadmin', '--query', '--scope=constraints'])).stdout;

/** Is anybody to take over? */
export const isAsked = (cluster: CrmMon): boolean =>
  Object.values(cluster.attributes).some((attributes) => ATTRIBUTE in attributes);

/**
 * One primary, nobody named any more, no hand-over under way, and the same constraints as before.
 * @returns the primary
 */
export const nothingIsLeft = async (t: Test, lab: Lab, constraints: string): Promise<string> => {
  const cluster = await lab.waitForRest(
    'one primary, and nobody who is to take over',
    (now) => {
      const primary = promotedNode(now);
      return primary !== undefined && statusOf(now, primary) === 'PRI' && !isAsked(now);
    },
    RECOVERY_MS,
  );
  t.equal(await constraintsOf(lab), constraints, 'no constraint is left');
  return promotedNode(cluster) ?? '';
};
