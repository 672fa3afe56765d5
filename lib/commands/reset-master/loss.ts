import { comparePositions } from '../../pgsql/compare.ts';
import { hasFollowed } from '../../pgsql/decide/candidate.ts';
import type { ElectionNote } from '../../pgsql/election-note.ts';
import { formatLsn } from '../../postgres/lsn.ts';
import { formatBytes } from '../cli/text.ts';
import type { Situation } from '../status/situation.ts';
import type { ResetSnapshot } from './observe.ts';

type Held = ResetSnapshot['held'];

export const newestOf = (held: Held): readonly [string, ElectionNote] | undefined =>
  [...held].sort(
    ([nameA, a], [nameB, b]) => comparePositions(b.position, a.position) || nameA.localeCompare(nameB),
  )[0];

export const describeHeld = ({ position }: ElectionNote): string =>
  `timeline ${position.timeline}, ${formatLsn(position.lsn)}`;

/**
 * Who was recorded, who else has everything, what the others hold, and how much is known to be missing. Pure.
 * `wanted` is the node that is named, if any; else the one with the newest data goes on.
 */
export function lossOf(snapshot: ResetSnapshot, wanted: string | undefined): readonly string[] {
  const { situation, held } = snapshot;
  const { facts } = situation;
  const chosen = wanted ?? newestOf(held)?.[0];
  const recorded = facts.replInfo?.node;
  const whereabouts =
    recorded === undefined
      ? `the record is malformed (${facts.replInfoText})`
      : `${recorded} was the primary and is ${facts.online(recorded) ? 'online' : 'offline'}`;
  const positions = [...held].map(([node, note]) => `${node} holds ${describeHeld(note)}`).sort();
  const ends = [...held.values()].flatMap(({ primaryEnd }) => (primaryEnd === undefined ? [] : [primaryEnd]));
  const [furthest = 0n] = ends.sort((a, b) => (a < b ? 1 : -1));
  const own = chosen === undefined ? undefined : held.get(chosen)?.position.lsn;
  const missing = own === undefined || furthest <= own ? 0n : furthest - own;
  return [
    `${whereabouts}: writes that it has acknowledged may be lost for good`,
    ...(situation.resource.parameters.rep_mode === 'sync' ? holdersOfAll(situation, wanted) : []),
    positions.length > 0
      ? `${positions.join(', ')}${missing > 0n ? `; at least ${formatBytes(Number(missing))} of the lost primary are missing on ${chosen}` : ''}`
      : 'what the nodes hold is not known, since none of them runs the database as a standby without a primary',
    ...sharedTimeline(snapshot, chosen),
  ];
}

/** Nodes with which nothing would be lost. */
const holdersOfAll = ({ facts, running }: Situation, wanted: string | undefined): readonly string[] =>
  facts.markedSync
    .filter((node) => node !== wanted)
    .map((node) => {
      const holds = `${node} is STREAMING|SYNC and holds every acknowledged write`;
      if (!facts.online(node))
        return `${holds}, but is offline: bring it back instead (pcs cluster start ${node}), and nothing is lost`;
      if (!running.includes(node))
        return `${holds}, but does not run: bring it back instead (cls_cleanup --node ${node}), and nothing is lost`;
      return `${holds}: name it instead (cls_reset_master ${node}), and nothing is lost`;
    });

/**
 * Will `chosen` open a timeline that the recorded primary has opened, too? Where it never followed that primary, it
 * does. Undefined when it is not known what it holds.
 */
const sharesTimeline = ({ situation, held }: ResetSnapshot, chosen: string): boolean | undefined => {
  const recorded = situation.facts.replInfo;
  if (recorded === undefined || recorded.node === chosen || recorded.timeline === 0) return false;
  const own = held.get(chosen);
  return own === undefined ? undefined : !hasFollowed(own.position, recorded);
};

export const mayShareTimeline = (snapshot: ResetSnapshot, chosen: string): boolean =>
  sharesTimeline(snapshot, chosen) === true;

/** Two timelines of one number fork without a trace: the lost primary would be taken for a fitting standby. */
const sharedTimeline = (snapshot: ResetSnapshot, chosen: string | undefined): readonly string[] => {
  const recorded = snapshot.situation.facts.replInfo;
  if (recorded === undefined) return [];
  const shares = chosen === undefined ? undefined : sharesTimeline(snapshot, chosen);
  if (shares === false) return [];
  const old = recorded.node;
  const who = chosen ?? 'the next primary';
  const never = `never start ${old} on its data again: run cls_rebuild_slave there before it joins`;
  const timeline =
    (chosen === undefined
      ? recorded.timeline
      : (snapshot.held.get(chosen)?.position.timeline ?? recorded.timeline)) + 1;
  return [
    shares === undefined
      ? `whether ${who} has followed ${old} on timeline ${timeline} is not known; if it has not, both will have a timeline ${timeline} with different contents, which nothing tells apart, and then ${never}`
      : `${who} never followed ${old} on timeline ${timeline}, so both will have a timeline ${timeline} with different contents, which nothing tells apart: ${never}`,
  ];
};
