import { comparePositions } from '../../pgsql/compare.ts';
import type { ElectionNote } from '../../pgsql/election-note.ts';
import { formatLsn } from '../../postgres/lsn.ts';
import { formatBytes } from '../cli/text.ts';
import type { Situation } from '../status/situation.ts';
import { wentAlone } from './lock.ts';
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
  const gone = wentAlone(snapshot, wanted);
  const isSync = situation.resource.parameters.rep_mode === 'sync';
  return [
    `${whereabouts}: writes that it has acknowledged may be lost for good`,
    ...(gone === undefined ? [] : [gone.sentence]),
    // The marks here are from before, if another node went on alone.
    ...(isSync && gone === undefined ? holdersOfAll(situation, wanted) : []),
    positions.length > 0
      ? `${positions.join(', ')}${missing > 0n ? `; at least ${formatBytes(Number(missing))} of the lost primary are missing on ${chosen}` : ''}`
      : 'what the nodes hold is not known, since none of them runs the database as a standby without a primary',
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
