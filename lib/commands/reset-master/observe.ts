import { queryPrivate } from '../../pacemaker/private-attributes.ts';
import { type ElectionNote, electionRound, parseElectionNote } from '../../pgsql/election-note.ts';
import { stateNames } from '../../pgsql/names.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { factOr } from '../../system/fact.ts';
import { type ArbiterSnapshot, observeArbiter } from '../arbiter/observe-arbiter.ts';
import type { CommandExitCode } from '../exit-codes.ts';
import { observeSituation } from '../status/observe-situation.ts';
import type { Situation } from '../status/situation.ts';

/** The cluster, and what each standby has said that it holds since there is no primary. */
export interface ResetSnapshot {
  readonly situation: Situation;
  readonly held: ReadonlyMap<string, ElectionNote>;
  /** Where the database has a lock. */
  readonly arbiter?: ArbiterSnapshot;
}

export type ResetObservation =
  | { readonly ok: true; readonly snapshot: ResetSnapshot }
  | { readonly ok: false; readonly code: CommandExitCode; readonly sentence: string };

const NOTES_MS = 5_000;

/** Reads only. */
export async function observeForReset(
  wanted: string | undefined,
  deadline: Deadline,
): Promise<ResetObservation> {
  const observed = await observeSituation(wanted, deadline);
  if (!observed.ok) return observed;
  const { situation } = observed;
  const [notes, arbiter] = await Promise.all([
    queryPrivate(stateNames(situation.resource.id).election, within(deadline, NOTES_MS)),
    observeArbiter(situation.resource, deadline),
  ]);
  const held = positionsHeld(situation, factOr(notes, new Map()));
  return { ok: true, snapshot: { situation, held, ...(arbiter === undefined ? {} : { arbiter }) } };
}

/** Of nodes that are online, and of no election but the present one. A primary that objected to one has written since. */
export function positionsHeld(
  { facts }: Situation,
  notes: ReadonlyMap<string, string>,
): ReadonlyMap<string, ElectionNote> {
  const present = electionRound('', facts.replInfoText);
  return new Map(
    [...notes].flatMap(([node, text]) => {
      const note = parseElectionNote(text);
      return note?.round.endsWith(present) === true && !note.isPrimary && facts.online(node)
        ? [[node, note] as const]
        : [];
    }),
  );
}
