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
  /** this node is a running primary, and objects */
  readonly isPrimary?: true;
  /** this node receives nothing until the election is over, so that nothing is acknowledged by it any more: see decide/seal.ts */
  readonly isSealed?: true;
}

/** Names the election that promotes `candidate` after the primary of `replInfo` (the text of the property). */
export const electionRound = (candidate: string, replInfo: string | undefined): string =>
  `${candidate}@${replInfo ?? 'first'}`;

/** Nobody is to be promoted yet: the monitors look for one. No node can have this name. */
const NO_CANDIDATE = '-';

/**
 * The round that a monitor publishes in. A promotion's own round is kept while it is for the same record: between the
 * announcement of a promotion and the promotion itself a monitor may run, and the candidate still counts on the note.
 */
export const monitorRound = (published: string | undefined, replInfo: string | undefined): string => {
  const note = published === undefined ? undefined : parseElectionNote(published);
  return note !== undefined && isAfter(note, replInfo) ? note.round : electionRound(NO_CANDIDATE, replInfo);
};

const isAfter = ({ round }: ElectionNote, replInfo: string | undefined): boolean =>
  round.endsWith(electionRound('', replInfo));

export const formatElectionNote = (note: ElectionNote): string =>
  [
    note.round,
    String(note.position.timeline),
    formatLsn16(note.position.lsn),
    note.primaryEnd === undefined ? '-' : formatLsn16(note.primaryEnd),
    ...(note.isPrimary ? [PRIMARY] : note.isSealed ? [SEALED] : []),
  ].join(' ');

const PRIMARY = 'primary';
const SEALED = 'sealed';
const SAID = new Map<string | undefined, Pick<ElectionNote, 'isPrimary' | 'isSealed'>>([
  [undefined, {}],
  [PRIMARY, { isPrimary: true }],
  [SEALED, { isSealed: true }],
]);

/** @returns undefined when the text is not of that form */
export const parseElectionNote = (text: string): ElectionNote | undefined => {
  const [round, timelineText, lsnText, endText, said, ...rest] = text.split(' ');
  if (!round || !timelineText || !lsnText || !endText || rest.length > 0) return undefined;
  const more = SAID.get(said);
  if (more === undefined) return undefined;
  if (!/^[1-9][0-9]*$/.test(timelineText)) return undefined;
  const lsn = parseLsn16(lsnText);
  if (lsn === undefined) return undefined;
  const position = { timeline: Number(timelineText), lsn };
  const note = { round, position, ...more };
  if (endText === '-') return note;
  const primaryEnd = parseLsn16(endText);
  return primaryEnd === undefined ? undefined : { ...note, primaryEnd };
};

/** The notes of this round, of nodes that are online: those of another round or of a lost node count for nothing (invariant 3). */
export const notesOfRound = (
  texts: ReadonlyMap<string, string>,
  round: string,
  online: (node: string) => boolean,
): Map<string, ElectionNote> => select(texts, (node, note) => note.round === round && online(node));

/** The notes of all rounds that are about the successor of this record: what monitors elect by. */
export const notesAfter = (
  texts: ReadonlyMap<string, string>,
  replInfo: string | undefined,
  online: (node: string) => boolean,
): Map<string, ElectionNote> =>
  select(texts, (node, note) => isAfter(note, replInfo) && online(node) && !note.isPrimary);

const select = (
  texts: ReadonlyMap<string, string>,
  counts: (node: string, note: ElectionNote) => boolean,
): Map<string, ElectionNote> => {
  const notes = new Map<string, ElectionNote>();
  for (const [node, text] of texts) {
    const note = parseElectionNote(text);
    if (note !== undefined && counts(node, note)) notes.set(node, note);
  }
  return notes;
};
