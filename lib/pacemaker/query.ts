import type { Deadline } from '../system/clock.ts';
import { type Fact, known, unknown } from '../system/fact.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { readCibText } from './cib-text.ts';
import { parseResourceTree, type ResourceTree } from './resource-tree.ts';
import { type ClusterView, parseCib } from './view.ts';

async function queryCib(args: readonly string[], deadline: Deadline): Promise<Fact<ClusterView>> {
  const answer = await readCibText(args, { deadline });
  if (!answer.ok) return unknown(answer.reason);
  const parsed = parseCib(answer.text);
  return parsed.ok ? known(parsed.view) : unknown(`cibadmin: ${parsed.reason}`);
}

/** The cluster as this node's own CIB has it; it answers without quorum and without other nodes, too. */
export const queryCluster = (deadline: Deadline): Promise<Fact<ClusterView>> =>
  queryCib(['--local'], deadline);

/**
 * The cluster as `node` has it: the answer comes from that node's own CIB manager, and so proves what that node holds.
 * A node that is gone or unknown never answers and nothing fails (cibadmin waits for 30 s): keep the deadline short,
 * and ask members only. An answer takes about 20 ms.
 */
export const queryPeer = (node: string, deadline: Deadline): Promise<Fact<ClusterView>> =>
  queryCib([`--node=${node}`], deadline);

/** The resources as this node's own CIB has them. */
export async function queryResourceTree(deadline: Deadline): Promise<Fact<ResourceTree>> {
  const answer = await readCibText(['--local'], { deadline });
  if (!answer.ok) return unknown(answer.reason);
  const parsed = parseResourceTree(answer.text);
  return parsed.ok ? known(parsed.tree) : unknown(`cibadmin: ${parsed.reason}`);
}

/**
 * Whether this node's partition has quorum, as the controller has it: after a cut that is true until Corosync's token
 * and consensus time are over.
 */
export async function localQuorum(deadline: Deadline): Promise<Fact<boolean>> {
  const result = await run('crm_node', ['--quorum'], { deadline });
  const answer = result.stdout.trim();
  // Without quorum it prints 0 and, since Pacemaker 2.1, exits with 106 (CRM_EX_QUORUM), which is no failure here.
  const answered = !result.timedOut && (result.exitCode === 0 || result.exitCode === 106);
  if (answered && (answer === '1' || answer === '0')) return known(answer === '1');
  return unknown(succeeded(result) ? `crm_node: unexpected answer "${answer}"` : describeFailure(result));
}
