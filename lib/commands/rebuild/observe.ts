import { placeTablespaces, readLayout, savedLayout } from '../../postgres/layout.ts';
import { askSource, type SourceFacts } from '../../postgres/source.ts';
import { isSwitched, realDirectory, workAreaOf } from '../../postgres/work-area.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { pathKind } from '../../system/files.ts';
import { fileSystemOf, isMountPoint } from '../../system/room.ts';
import { sizeOfTree } from '../../system/trees.ts';
import type { Terminal } from '../cli/terminal.ts';
import { primaryAddress } from '../database/addresses.ts';
import { primaryOf } from '../node-data/hurdles.ts';
import { lookBeyondFork } from '../node-data/loss.ts';
import { factOf, observeNodeData } from '../node-data/observe.ts';
import { slotOf } from '../node-data/slot.ts';
import type { NodeDataSnapshot } from '../node-data/snapshot.ts';
import type { Origin, RebuildOptions, RebuildSnapshot, Room } from './snapshot.ts';

const ANSWER_MS = 5_000;

/** Reads only. */
export async function observeRebuild(
  wanted: string | undefined,
  options: RebuildOptions,
  deadline: Deadline,
  terminal: Terminal,
) {
  const observed = await observeNodeData(wanted, deadline, terminal);
  if (!observed.ok) return observed;
  const node = observed.snapshot;
  const { pgdata, owner } = node.installation;
  const area = workAreaOf(pgdata);
  const hasFresh = pathKind(area.fresh) !== 'missing';
  const layout =
    (node.disk.incomplete !== undefined ? savedLayout(area, owner) : undefined) ?? readLayout(pgdata, owner);
  const origin = await observeOrigin(node, options.from, within(deadline, ANSWER_MS));
  const inPlace = options.inPlace || node.disk.incomplete?.kind === 'copying';
  const rooms = origin.facts.known
    ? await roomsFor(node, layout, origin.facts.value, inPlace, deadline)
    : undefined;
  const snapshot: RebuildSnapshot = {
    ...node,
    beyondFork: await lookBeyondFork(node, deadline),
    origin,
    rooms,
    layout,
    isMountPoint: isMountPoint(realDirectory(pgdata)),
    hasFresh,
    isSwitched: isSwitched(pgdata),
  };
  return { ok: true, snapshot } as const;
}

/** Copied from where it is named, else from the primary at the address that standbys use. */
async function observeOrigin(
  snapshot: NodeDataSnapshot,
  from: string | undefined,
  deadline: Deadline,
): Promise<Origin> {
  const { config, source, situation, installation } = snapshot;
  const atPrimary = { node: primaryOf(snapshot), host: config.primaryHost, facts: source };
  const address = primaryAddress(situation.resource, installation.owner);
  if (from === undefined || address === undefined) return atPrimary;
  const answer = await askSource(
    { ...address, host: from },
    slotOf(situation.resource, situation.self),
    deadline,
  );
  return { node: from, host: from, facts: factOf(answer, from) };
}

async function roomsFor(
  { installation: { pgdata, owner } }: NodeDataSnapshot,
  layout: RebuildSnapshot['layout'],
  source: SourceFacts,
  inPlace: boolean,
  deadline: Deadline,
): Promise<readonly Room[] | undefined> {
  const placed = placeTablespaces(layout, source.tablespaces);
  const inside = source.tablespaces.filter(({ location }) => !placed.some(({ from }) => from === location));
  const place = realDirectory(pgdata);
  const parts = [
    { path: place, sizes: inside.map(({ bytes }) => bytes) },
    ...placed.map(({ path, bytes }) => ({ path, sizes: [bytes] })),
  ];
  const rooms = new Map<number, Room>();
  for (const { path, sizes } of parts) {
    const { device, freeBytes } = fileSystemOf(path);
    const room = rooms.get(device) ?? { path, freeBytes, neededBytes: 0, oldBytes: 0 };
    const removed = [
      ...(inPlace ? [path] : []),
      // Of an earlier run; removed before a new copy is made.
      ...(path === place ? [workAreaOf(pgdata).fresh] : []),
    ];
    let oldBytes = 0;
    for (const each of removed) oldBytes += (await sizeOfTree(each, owner, deadline)) ?? 0;
    let neededBytes = 0;
    for (const bytes of sizes) {
      if (bytes === undefined) return undefined;
      neededBytes += bytes;
    }
    rooms.set(device, {
      ...room,
      neededBytes: room.neededBytes + neededBytes,
      oldBytes: room.oldBytes + oldBytes,
    });
  }
  return [...rooms.values()];
}
