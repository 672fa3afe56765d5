import { formatLsn } from '../../postgres/lsn.ts';
import { factOr } from '../../system/fact.ts';
import { type ClusterFacts, describeUnreadable } from '../cluster-facts.ts';
import { comparePositions } from '../compare.ts';
import type { PgsqlConfig } from '../config.ts';
import { type ElectionNote, notesAfter } from '../election-note.ts';
import type { Memory } from '../memory.ts';
import { DataStatus, Score } from '../names.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Publication } from '../steps.ts';
import { apartObstacle } from './apart.ts';
import { hasFollowed } from './candidate.ts';
import { resourceNodes } from './context.ts';
import { type Reason, reason } from './decision.ts';
import { leavesForWantOfRoom, leavingSentence } from './room.ts';
import { lockObstacle, notYet } from './take-lock.ts';

export interface FirstElection {
  readonly reasons: readonly Reason[];
  readonly scores: readonly Publication[];
  readonly memory: Memory;
}

/**
 * Who becomes primary when nobody is one and Pacemaker has no score to go by: at the first start of a cluster, after
 * all of it was down, or when the recorded primary does not come back.
 *
 * - The recorded primary comes first: it goes on, on the same timeline; but see room.ts.
 * - While it may still come, the others wait for `xlog_check_count` equal observations.
 * - Then, with rep_mode=sync, only a node that holds every acknowledged write may take its place (invariant 1);
 *   without a recorded primary, or with rep_mode=async, the one with the newest position.
 */
export const electWithoutPrimary = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  own: ElectionNote,
  memory: Memory,
): FirstElection => {
  const election = electByPosition(snapshot, config, facts, own, memory);
  const isOwn = election.scores.some(({ node, value }) => node === snapshot.self && value !== Score.never);
  const obstacle = isOwn
    ? (lockObstacle(snapshot, config, facts) ?? apartObstacle(snapshot, config, facts)?.sentence)
    : undefined;
  return obstacle === undefined
    ? election
    : {
        ...election,
        reasons: [reason('election.not-yet', notYet(obstacle), 'warn'), ...election.reasons],
        scores: [],
      };
};

const electByPosition = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  own: ElectionNote,
  memory: Memory,
): FirstElection => {
  const { self, names } = snapshot;
  const recorded = facts.replInfo;
  if (facts.unreadable !== undefined)
    return {
      reasons: [reason('election.record-unreadable', describeUnreadable(facts.unreadable), 'error')],
      scores: [],
      memory,
    };
  if (recorded?.node === self) return electRecorded(snapshot, config, facts, memory);

  const nodes = resourceNodes(config, facts);
  const published = factOr(snapshot.notes, new Map<string, string>());
  // Of one that could not be promoted it is of before.
  const counts = (node: string): boolean => facts.online(node) && facts.refuses(node) === undefined;
  const notes = new Map([...notesAfter(published, facts.replInfoText, counts), [self, own]]);
  const seen = [...notes]
    .map(([node, { position }]) => `${node} ${position.timeline} ${formatLsn(position.lsn)}`)
    .sort()
    .join(' · ');
  const count = memory.withoutPrimary.seen === seen ? memory.withoutPrimary.count + 1 : 1;
  const counted: Memory = { ...memory, withoutPrimary: { count, seen } };
  const complete = nodes.every((node) => notes.has(node));
  const patient = count < config.checkCount;

  if (recorded === undefined ? !complete && patient : patient) {
    const missing = nodes.filter((node) => !notes.has(node));
    return {
      reasons: [
        reason(
          'election.wait',
          recorded === undefined
            ? `no primary is known: waiting for the position of ${missing.join(', ')} (observation ${count} of ${config.checkCount})`
            : `the recorded primary ${recorded.node} is not there: waiting for it (observation ${count} of ${config.checkCount})`,
        ),
      ],
      scores: [],
      memory: counted,
    };
  }

  if (config.repMode === 'sync' && recorded !== undefined) {
    if (facts.dataStatus(self) === DataStatus.sync)
      return elect(
        self,
        String(Score.candidate),
        counted,
        reason(
          'election.sync',
          `${recorded.node} does not come back, and ${self} holds every acknowledged write`,
        ),
        names.score,
      );
    return {
      reasons: [
        reason(
          'election.not-eligible',
          `the recorded primary ${recorded.node} is ${facts.online(recorded.node) ? 'not running' : 'offline'}, and this node is ${facts.dataStatus(self) ?? 'without a data status'}, not ${DataStatus.sync}: it may lack acknowledged writes and waits; to promote it all the same run cls_reset_master ${self}`,
          'warn',
        ),
      ],
      scores: [],
      memory: counted,
    };
  }

  const [winner] = [...notes]
    .filter(([, note]) => recorded === undefined || hasFollowed(note.position, recorded))
    .sort(
      ([a, noteA], [b, noteB]) =>
        comparePositions(noteB.position, noteA.position) || nodes.indexOf(a) - nodes.indexOf(b),
    );
  if (winner === undefined)
    return {
      reasons: [
        reason(
          'election.not-eligible',
          `${recorded?.node} has been promoted, and none of ${[...notes.keys()].sort().join(', ')} has followed it: they may lack all that it has written; to promote this node all the same run cls_reset_master ${self}`,
          'warn',
        ),
      ],
      scores: [],
      memory: counted,
    };
  const [name, note] = winner;
  return elect(
    name,
    String(Score.candidate),
    counted,
    reason(
      'election.newest',
      `${name} holds the newest data of ${[...notes.keys()].sort().join(', ')}: timeline ${note.position.timeline}, ${formatLsn(note.position.lsn)}`,
    ),
    names.score,
  );
};

/** Looks by which a successor is promoted, if it can be: it waits for `xlog_check_count` of its own before it is a candidate. */
const looksForSuccessor = ({ checkCount }: PgsqlConfig): number => checkCount + 2;

const electRecorded = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  memory: Memory,
): FirstElection => {
  const { self, names } = snapshot;
  const count = memory.withoutPrimary.count + 1;
  // Counted too: what lasts is published, and a node that says for ever that it is primary keeps the others waiting.
  const counted: Memory = { ...memory, withoutPrimary: { count, seen: '' } };
  const leaves = leavesForWantOfRoom(snapshot, config, facts);
  if (leaves === undefined)
    return elect(
      self,
      Score.primary,
      counted,
      reason('election.recorded', `${self} is the recorded primary and goes on`),
      names.score,
    );
  if (count <= looksForSuccessor(config))
    return elect(
      self,
      Score.never,
      counted,
      reason('election.no-room', leavingSentence(leaves), 'error'),
      names.score,
    );
  // A constraint may keep that node from it, or its own disk be full: without an end nobody would be primary.
  return elect(
    self,
    Score.primary,
    counted,
    reason(
      'election.no-successor',
      `${leaves.want}, but ${leaves.successor} was not promoted in ${looksForSuccessor(config)} observations: ${self}, the recorded primary, tries all the same; make room here, and see why ${leaves.successor} may not be primary (its log, constraints)`,
      'error',
    ),
    names.score,
  );
};

const elect = (node: string, value: string, memory: Memory, why: Reason, name: string): FirstElection => ({
  reasons: [why],
  scores: [{ node, name, value }],
  memory,
});
