import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import type { QueryFailure } from '../../postgres/failure.ts';
import type { ClusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { ArbiterWord, DataStatus, Score } from '../names.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Publication, Step } from '../steps.ts';
import { isRowUnknown, marksProveNothing } from './alone.ts';
import { type Decision, done, type Reason, reason } from './decision.ts';
import { standDown, supersededBy } from './primary.ts';
import { publishChanged } from './publish.ts';
import { isLasting, refusalText } from './refusal-text.ts';
import { departs } from './waiting.ts';

/**
 * So many monitors in a row must have been refused before another node takes over. The same mistake is often on all nodes, and a
 * standby says so at its second monitor, whose interval is often a little longer than the primary's.
 */
export const LOOKS_TO_HEAR_OF_OTHERS = 4;

/**
 * A primary that refuses the agent. Where another node can take over, it fails: the writes come back on a node that can be looked
 * after. Else it goes on: to stop it would make an outage everywhere of a mistake in a file.
 *
 * For whom its commits wait cannot be seen meanwhile. So nobody is released, and nobody keeps a mark that this node cannot vouch
 * for any more: a failover later on could lose what has been acknowledged since (invariant 1).
 */
export const decideRefusingPrimary = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  failure: QueryFailure,
  why: Reason,
): Decision => {
  const { memory, disk } = snapshot;
  const timeline = disk.control.known ? disk.control.value.checkpointTimeline : undefined;
  const superseded = supersededBy(
    snapshot.self,
    facts,
    // The control file may be of before its promotion.
    undefined,
    timeline === undefined ? undefined : { timeline, from: timeline },
  );
  if (superseded !== undefined) return standDown(snapshot, facts, superseded);

  const successor = successorOf(snapshot, config, facts);
  if (successor !== undefined && (memory.refusals ?? 0) >= LOOKS_TO_HEAR_OF_OTHERS)
    return done(
      OcfExit.FAILED_PROMOTED,
      reason(
        'primary.refuses-agent',
        `PostgreSQL refuses the agent: ${failure.message}; ${successor} can take over`,
        'error',
      ),
      { memory },
    );
  return done(OcfExit.RUNNING_PROMOTED, why, {
    memory,
    steps: isLasting(snapshot)
      ? goOn(snapshot, facts, failure, config.repMode === 'sync' && successor === undefined)
      : [],
  });
};

/** Who would be promoted now and lacks nothing that was acknowledged. One that does not, or cannot, is no reason to stop. */
const successorOf = (snapshot: Snapshot, config: PgsqlConfig, facts: ClusterFacts): string | undefined => {
  const { self, names } = snapshot;
  if (!facts.view.haveQuorum) return undefined;
  if (isRowUnknown(snapshot, config) || marksProveNothing(snapshot, config)) return undefined;
  const isNewest = (node: string): boolean =>
    config.repMode === 'sync' ? facts.markedSync.includes(node) : facts.status(node) !== 'HS:alone';
  return [...facts.view.nodes.keys()].find(
    (node) =>
      node !== self &&
      facts.status(node)?.startsWith('HS:') === true &&
      isNewest(node) &&
      Number(facts.score(node)) > 0 &&
      facts.refuses(node) === undefined &&
      !departs(facts, node) &&
      !ArbiterWord.isSilent(facts.transient(node, names.arbiter)),
  );
};

/** The next monitors that are let in mark anew. */
const goOn = (
  snapshot: Snapshot,
  facts: ClusterFacts,
  failure: QueryFailure,
  unmarks: boolean,
): readonly Step[] => {
  const { self, names } = snapshot;
  const marked = unmarks ? facts.markedSync.filter((node) => node !== self) : [];
  const own: Publication[] = [
    { node: self, name: names.refuses, value: refusalText(failure, facts.refuses(self)) },
    ...(facts.replInfo?.node === self
      ? [
          { node: self, name: names.status, value: 'PRI' },
          { node: self, name: names.score, value: Score.primary },
        ]
      : []),
  ];
  const others = marked.map((node) => ({ node, name: names.score, value: Score.never }));
  const dataStatus = Object.fromEntries(marked.map((node) => [node, DataStatus.disconnect]));
  return [
    ...publishChanged(facts, [...own, ...others]),
    ...(marked.length > 0 ? [{ kind: 'record', dataStatus } as const] : []),
  ];
};
