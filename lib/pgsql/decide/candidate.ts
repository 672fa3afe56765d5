import { formatLsn, type Lsn } from '../../postgres/lsn.ts';
import type { Position } from '../../postgres/position.ts';
import { type ClusterFacts, describeUnreadable } from '../cluster-facts.ts';
import { comparePositions } from '../compare.ts';
import type { PgsqlConfig } from '../config.ts';
import type { ElectionNote } from '../election-note.ts';
import { DataStatus } from '../names.ts';
import { openedTimeline, type ReplInfo } from '../repl-info.ts';

/** May this node be promoted now? Decided from the notes of this very election (invariant 3). */
export type Candidacy =
  | { readonly kind: 'fit'; readonly because: string }
  | { readonly kind: 'refused'; readonly because: string }
  | Better;

/** Another node that can be seen holds more. */
export interface Better {
  readonly kind: 'better';
  readonly node: string;
  readonly because: string;
}

export interface CandidacyInput {
  readonly self: string;
  readonly config: PgsqlConfig;
  readonly facts: ClusterFacts;
  readonly own: ElectionNote;
  /** notes of this election, of the other nodes that are online */
  readonly others: ReadonlyMap<string, ElectionNote>;
}

export const judgeCandidate = (input: CandidacyInput): Candidacy => {
  const { self, config, facts, own } = input;
  const recorded = facts.replInfo;
  if (facts.unreadable !== undefined)
    return { kind: 'refused', because: `not promoted: ${describeUnreadable(facts.unreadable)}` };
  if (recorded !== undefined && recorded.node !== self && !mayFollowOn(input, recorded))
    return {
      kind: 'refused',
      because: `${refusal(self)} it never followed ${recorded.node}, which left timeline ${recorded.timeline}, and is at ${describe(own.position)}`,
    };
  if (config.repMode === 'sync' && recorded !== undefined && recorded.node !== self) {
    const everything = holdsEverything(input);
    if (everything === undefined)
      return {
        kind: 'refused',
        because: `${refusal(self)} it may lack writes that ${recorded.node} has acknowledged, since it is ${facts.dataStatus(self) ?? 'without a data status'}, not ${DataStatus.sync}`,
      };
  }
  const better = newestOf(input);
  if (better !== undefined) return better;
  const lag = lagBehindPrimary(input);
  if (config.repMode === 'async' && config.maxLagOnFailover > 0n && lag > config.maxLagOnFailover)
    return {
      kind: 'refused',
      because: `not promoted: ${self} is at ${formatLsn(own.position.lsn)}, ${lag} bytes behind the lost primary, and max_lag_on_failover is ${config.maxLagOnFailover} bytes`,
    };
  return { kind: 'fit', because: `${self} holds the newest data: ${describe(own.position)}` };
};

/** Pacemaker shows the first 128 characters of an exit reason: the command must be among them. */
const refusal = (self: string): string => `not promoted (cls_reset_master ${self} forces it):`;

/**
 * The recorded primary may have opened a timeline and written on it. A node that is still on the one before would open
 * a timeline of the same number with other contents, which no history tells apart. It may only where that primary can be
 * seen, and has not gone beyond this node.
 */
const mayFollowOn = ({ own, others }: CandidacyInput, recorded: ReplInfo): boolean => {
  if (hasFollowed(own.position, recorded)) return true;
  const primary = others.get(recorded.node);
  return primary !== undefined && isNotBehind(own.position, primary.position);
};

/** Is this position on a timeline that the recorded promotion, or a later one, has opened? */
export const hasFollowed = (position: Position, recorded: ReplInfo): boolean =>
  recorded.timeline === 0 || position.timeline >= openedTimeline(recorded);

/** On the same timeline only: a later one may as well be another's that was promoted by hand. */
const isNotBehind = (mine: Position, theirs: Position): boolean =>
  mine.timeline === theirs.timeline && mine.lsn >= theirs.lsn;

/**
 * With rep_mode=sync: marked by the primary, or not behind a node that can acknowledge nothing any more. That is the lost
 * primary itself where it runs as a standby now, or a marked node that has sealed itself (seal.ts). The word of another marked
 * node is not enough: as long as it may receive from the lost primary, every flush of it acknowledges commits there. Nor is that
 * of a recorded node whose promotion was never finished: it may have received ever since.
 */
const holdsEverything = ({ self, facts, own, others }: CandidacyInput): string | undefined => {
  if (facts.dataStatus(self) === DataStatus.sync) return self;
  const isLostPrimary = (node: string): boolean =>
    node === facts.replInfo?.node &&
    (facts.dataStatus(node) === DataStatus.latest || facts.replInfo.timeline === 0);
  const isFinal = (node: string, note: ElectionNote): boolean =>
    isLostPrimary(node) || (note.isSealed === true && facts.dataStatus(node) === DataStatus.sync);
  return [...others].find(
    ([node, note]) => isFinal(node, note) && isNotBehind(own.position, note.position),
  )?.[0];
};

/** A better node is yielded to once, by the scores. A marked node that was chosen yields to nobody: see makesWayFor. */
const newestOf = (input: CandidacyInput): Candidacy | undefined =>
  holdsAll(input) ? undefined : better(input, () => true);

/**
 * A marked node holds all that was acknowledged. It makes way for one that has received more on the same timeline all the
 * same, since that one would have to be rewound otherwise; but only after it has sealed itself. Not for the lost primary, nor
 * for another timeline: what those have more is of another history.
 */
export const makesWayFor = (input: CandidacyInput): Better | undefined =>
  holdsAll(input)
    ? better(
        input,
        (node, { position }) =>
          node !== input.facts.replInfo?.node && position.timeline === input.own.position.timeline,
      )
    : undefined;

const holdsAll = ({ self, config, facts }: CandidacyInput): boolean =>
  config.repMode === 'sync' && facts.dataStatus(self) === DataStatus.sync;

const better = (
  { self, facts, own, others }: CandidacyInput,
  counts: (node: string, note: ElectionNote) => boolean,
): Better | undefined => {
  const [best] = [...others]
    .filter(([node, note]) => counts(node, note))
    .sort(([, a], [, b]) => comparePositions(b.position, a.position));
  if (best === undefined || comparePositions(best[1].position, own.position) <= 0) return undefined;
  const [node, note] = best;
  if (isOutranked(facts, self, node)) return undefined;
  return {
    kind: 'better',
    node,
    because: `${node} holds more: ${describe(note.position)}, this node ${describe(own.position)}`,
  };
};

/**
 * By an earlier yield or, with rep_mode=async, by the rank that the primary gave. Pacemaker has chosen this node in spite of
 * that: it cannot promote the other (which may be banned).
 */
const isOutranked = (facts: ClusterFacts, self: string, other: string): boolean =>
  Number(facts.score(self)) < Number(facts.score(other));

const lagBehindPrimary = ({ own, others }: CandidacyInput): bigint => {
  const ends = [own.primaryEnd, ...[...others.values()].flatMap((n) => [n.primaryEnd, n.position.lsn])];
  const newest = ends.reduce<bigint>(
    (max, end: Lsn | undefined) => (end !== undefined && end > max ? end : max),
    0n,
  );
  return newest > own.position.lsn ? newest - own.position.lsn : 0n;
};

const describe = (position: Position): string => `timeline ${position.timeline}, ${formatLsn(position.lsn)}`;
