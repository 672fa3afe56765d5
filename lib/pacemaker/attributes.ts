import type { Deadline } from '../system/clock.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { type ConfigurationChange, configurationPatch } from './configuration-patch.ts';
import { modifyCib } from './modify.ts';
import { DONE, type Outcome } from './outcome.ts';
import type { ClusterView } from './view.ts';

/** A node attribute that lasts until the node leaves; without a value it is deleted. */
export interface TransientChange {
  readonly node: string;
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * Writes transient attributes, promotion scores (`master-<rsc>`) included, side by side. Every option is one word with
 * its value: `-v -INFINITY` would be read as options (design section 5). It returns when attrd has accepted the writes;
 * they reach the CIBs of all nodes some milliseconds later, and in no order among themselves.
 */
export async function writeTransient(
  changes: readonly TransientChange[],
  deadline: Deadline,
): Promise<Outcome> {
  const results = await Promise.all(
    changes.map(async ({ node, name, value }) => {
      const command = value === undefined ? '--delete' : `--update=${value}`;
      const result = await run('attrd_updater', [`--name=${name}`, `--node=${node}`, command], { deadline });
      return succeeded(result) ? undefined : `${name} of ${node} not written: ${describeFailure(result)}`;
    }),
  );
  const failures = results.filter((failure) => failure !== undefined);
  return failures.length === 0 ? DONE : { ok: false, reason: failures.join('; ') };
}

/**
 * Has attrd write all that it holds into the CIB once more. It does so by itself only when a value changes, and a CIB
 * that was replaced when partitions met, or that somebody deleted from, may lack values that have not changed.
 */
export async function rewriteTransient(deadline: Deadline): Promise<Outcome> {
  const result = await run('attrd_updater', ['--refresh'], { deadline });
  return succeeded(result) ? DONE : { ok: false, reason: describeFailure(result) };
}

/**
 * Writes permanent attributes and properties in one transaction: all of them or none. When it returns `ok`, this
 * node's CIB holds them. That is no proof of anything else: a node that was just cut off waits until Corosync has given
 * the others up, and is then told `ok` without quorum. Whoever needs to know that the cluster holds it asks peers.
 */
export async function writeConfiguration(
  change: ConfigurationChange,
  view: ClusterView,
  deadline: Deadline,
): Promise<Outcome> {
  if (change.permanent.length === 0 && change.properties.length === 0) return DONE;
  const stranger = change.permanent.find(({ node }) => !view.nodes.has(node));
  if (stranger !== undefined) return { ok: false, reason: `the cluster has no node ${stranger.node}` };
  return modifyCib(configurationPatch(change, view), deadline);
}
