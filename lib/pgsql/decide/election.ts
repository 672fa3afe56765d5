import type { Position } from '../../postgres/position.ts';
import { factOr } from '../../system/fact.ts';
import type { ClusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { type ElectionNote, electionRound, notesOfRound } from '../election-note.ts';
import { Score } from '../names.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import {
  type Better,
  type Candidacy,
  type CandidacyInput,
  judgeCandidate,
  makesWayFor,
} from './candidate.ts';
import { isLeaving } from './context.ts';

/** The election that Pacemaker's announcement of a promotion opens. */
export interface Election {
  readonly candidate: string;
  readonly round: string;
  readonly own: ElectionNote;
  /** the notes of this round that can be seen, this node's included */
  readonly notes: ReadonlyMap<string, ElectionNote>;
  /** nodes that will publish, or have, a note: active, online, and not about to stop */
  readonly expected: readonly string[];
}

/** @returns undefined when no promotion is announced */
export const electionOf = (
  snapshot: Snapshot,
  facts: ClusterFacts,
  position: Position,
  sealed: boolean,
): Election | undefined => {
  const candidate = snapshot.announced.promote[0];
  if (candidate === undefined) return undefined;
  const round = electionRound(candidate, facts.replInfoText);
  const { primaryEnd } = snapshot.memory;
  const own: ElectionNote = {
    round,
    position,
    ...(primaryEnd === undefined ? {} : { primaryEnd }),
    ...(sealed ? { isSealed: true } : {}),
  };
  const notes = notesOfRound(factOr(snapshot.notes, NO_NOTES), round, facts.online).set(snapshot.self, own);
  const expected = snapshot.announced.active.filter(
    (node) => facts.online(node) && !isLeaving(snapshot.announced, node),
  );
  return { candidate, round, own, notes, expected };
};

const NO_NOTES: ReadonlyMap<string, string> = new Map();

/** The node that objects, since it is a primary that goes on. What a node said that is away or demoted by now counts for nothing. */
export const primaryAmong = (
  { notes }: Pick<Election, 'notes'>,
  { announced }: Snapshot,
): string | undefined =>
  [...notes].find(
    ([node, note]) =>
      note.isPrimary &&
      announced.active.includes(node) &&
      !announced.demote.includes(node) &&
      !announced.stop.includes(node),
  )?.[0];

/** The verdict on the candidate; any node that sees all notes comes to the same one. */
export const judgeElection = (
  election: Election,
  config: PgsqlConfig,
  facts: ClusterFacts,
): Candidacy | undefined => {
  const input = candidacyOf(election, config, facts);
  return input === undefined ? undefined : judgeCandidate(input);
};

/** Is the candidate a marked node that should make way for one that holds more? */
export const passedOverFor = (
  election: Election,
  config: PgsqlConfig,
  facts: ClusterFacts,
): Better | undefined => {
  const input = candidacyOf(election, config, facts);
  return input === undefined ? undefined : makesWayFor(input);
};

const candidacyOf = (
  election: Election,
  config: PgsqlConfig,
  facts: ClusterFacts,
): CandidacyInput | undefined => {
  const { candidate } = election;
  const own = election.notes.get(candidate);
  return own && { self: candidate, config, facts, own, others: comparedWith(election, candidate) };
};

/** What a primary said when it objected is no position to compare with, should it be demoted by now: it went on writing. */
export const comparedWith = (
  { notes }: Pick<Election, 'notes'>,
  candidate: string,
): ReadonlyMap<string, ElectionNote> =>
  new Map([...notes].filter(([node, note]) => node !== candidate && !note.isPrimary));

/** The other gets the better score, and the candidate stays in reserve, in case Pacemaker may not run the other. */
export const yieldTo = ({ names }: Snapshot, candidate: string, better: string): Step => ({
  kind: 'publish',
  changes: [
    { node: better, name: names.score, value: String(Score.candidate) },
    { node: candidate, name: names.score, value: String(Score.reserve) },
  ],
});
