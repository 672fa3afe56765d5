import { formatLsn16, type Lsn, parseLsn16 } from '../postgres/lsn.ts';
import type { Position } from '../postgres/position.ts';

/**
 * What a standby tells its peers in an election (attribute `<rsc>-election`, which lives in attrd alone). `round` names the election;
 * a note of another round counts for nothing (design section 4, invariant 3).
 */
export interface ElectionNote {
  readonly round: string;
  readonly position: Position;
  /** the furthest end of the lost primary's WAL that this node has heard of */
  readonly primaryEnd?: Lsn;
}

/** The round that belongs to no promotion: a cluster without a primary looks for its first one. */
export const IDLE_ROUND = 'idle';

/** Names the election that promotes `candidate` after the primary of `replInfo` (the text of the property). */
export const electionRound = (candidate: string, replInfo: string | undefined): string =>
  `${candidate}@${replInfo ?? 'first'}`;

export const formatElectionNote = (note: ElectionNote): string =>
  [
    note.round,
    String(note.position.timeline),
    formatLsn16(note.position.lsn),
    note.primaryEnd === undefined ? '-' : formatLsn16(note.primaryEnd),
  ].join(' ');

/** @returns undefined when the text is not of that form */
export const parseElectionNote = (text: string): ElectionNote | undefined => {
  const [round, timelineText, lsnText, endText, ...rest] = text.split(' ');
  if (!round || !timelineText || !lsnText || !endText || rest.length > 0) return undefined;
  if (!/^[1-9][0-9]*$/.test(timelineText)) return undefined;
  const lsn = parseLsn16(lsnText);
  if (lsn === undefined) return undefined;
  const note = { round, position: { timeline: Number(timelineText), lsn } };
  if (endText === '-') return note;
  const primaryEnd = parseLsn16(endText);
  return primaryEnd === undefined ? undefined : { ...note, primaryEnd };
};

/** The notes of this round, of nodes that are online: those of another round or of a lost node count for nothing (invariant 3). */
export const notesOfRound = (
  texts: ReadonlyMap<string, string>,
  round: string,
  online: (node: string) => boolean,
): Map<string, ElectionNote> => {
  const notes = new Map<string, ElectionNote>();
  for (const [node, text] of texts) {
    const note = parseElectionNote(text);
    if (note?.round === round && online(node)) notes.set(node, note);
  }
  return notes;
};
