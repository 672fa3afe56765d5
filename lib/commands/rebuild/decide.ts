import { describeIncomplete } from '../../postgres/incomplete.ts';
import { formatBytes } from '../cli/text.ts';
import { CommandExit } from '../exit-codes.ts';
import { commonHurdle, heldBack, notInState, primaryOf, refused } from '../node-data/hurdles.ts';
import { slotOf } from '../node-data/slot.ts';
import type { Verdict } from '../plan.ts';
import { lossWarnings } from './loss.ts';
import type { RebuildOptions, RebuildSnapshot } from './snapshot.ts';

export type RebuildStep =
  /** Beside the old data, which stay as they are. */
  | { readonly kind: 'copy'; readonly from: string }
  /** The copy takes the place of the old data. */
  | { readonly kind: 'switch' }
  /** The old data are removed, and the copy is made in their place. */
  | { readonly kind: 'replace'; readonly from: string }
  /** On the primary. */
  | { readonly kind: 'drop-slot'; readonly slot: string }
  | { readonly kind: 'start' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'remove-old' };

/** For the log that comes in while the copy is made, and what PostgreSQL makes at its start. */
const SPARE_BYTES = 256 * 1024 * 1024;

/** Pure. */
export function decideRebuild(snapshot: RebuildSnapshot, options: RebuildOptions): Verdict<RebuildStep> {
  const way = wayOf(snapshot, options);
  const hurdle =
    commonHurdle(snapshot) ??
    healthHurdle(snapshot, options) ??
    (way === 'resume' ? undefined : (originHurdle(snapshot, options) ?? placeHurdle(snapshot, way)));
  if (hurdle !== undefined) return hurdle;
  const { situation, source, origin } = snapshot;
  const held = heldBack(snapshot);
  const slotLost = source.known && source.value.slotLost;
  const isKept = way !== 'in-place' && (options.keepOld || held !== undefined);
  return {
    kind: 'plan',
    plan: {
      purpose: `${situation.self} will get a new copy of the database ${way === 'resume' ? 'that an earlier run has completed' : `from ${origin.node}`}, and be a standby of ${primaryOf(snapshot)}.`,
      warnings: [...lossWarnings(snapshot, isKept), ...warningsFor(snapshot, way, held, options)],
      steps: [
        ...stepsOf(way, origin.node),
        ...(slotLost
          ? [{ kind: 'drop-slot', slot: slotOf(situation.resource, situation.self) } as const]
          : []),
        { kind: 'start' },
        ...(held === undefined ? [{ kind: 'wait' } as const] : []),
        ...(way === 'in-place' || isKept ? [] : [{ kind: 'remove-old' } as const]),
      ],
    },
  };
}

function stepsOf(way: Way, from: string): readonly RebuildStep[] {
  if (way === 'resume') return [{ kind: 'switch' }];
  return way === 'in-place' ? [{ kind: 'replace', from }] : [{ kind: 'copy', from }, { kind: 'switch' }];
}

/**
 * Which way it goes: `resume` where an earlier run was putting its complete copy in place. A copy that is only complete
 * may be of any age, and the primary may not have the log any more that it needs.
 */
type Way = 'resume' | 'in-place' | 'beside';

function wayOf({ hasFresh, isSwitched, disk }: RebuildSnapshot, { inPlace }: RebuildOptions): Way {
  const mark = disk.incomplete?.kind;
  const isThere = hasFresh || (isSwitched && disk.directory === 'present');
  if (mark === 'switching' && isThere) return 'resume';
  // Data that are gone already need no room beside them.
  return inPlace || mark === 'copying' ? 'in-place' : 'beside';
}

function healthHurdle(
  { server, situation }: RebuildSnapshot,
  { force }: RebuildOptions,
): Verdict<never> | undefined {
  return server.state === 'running' && server.receives && !force
    ? notInState(
        `${situation.self} is healthy: it streams, and a new copy would stop it for as long as that takes; --force makes one nevertheless`,
      )
    : undefined;
}

function originHurdle(snapshot: RebuildSnapshot, { from }: RebuildOptions): Verdict<never> | undefined {
  const { situation, origin, config } = snapshot;
  const { self, nodes, facts, view, promoted } = situation;
  if (from !== undefined) {
    if (!nodes.includes(from))
      return refused(CommandExit.ARGUMENTS, `--from ${from}: the cluster has ${nodes.join(', ')}`);
    if (from === self) return refused(CommandExit.ARGUMENTS, `--from ${from} is this node itself`);
    if (!view.nodes.get(from)?.online) return notInState(`--from ${from}: that node is offline`);
    const status = facts.dataStatus(from);
    if (!promoted.includes(from) && !status?.startsWith('STREAMING|'))
      return notInState(`--from ${from}: it does not stream itself (data status ${status ?? 'unknown'})`);
  }
  if (!origin.facts.known && from !== undefined) {
    return refused(
      CommandExit.ERROR,
      `${config.replicationUser} must be able to log in to ${origin.host}, to the database postgres: ${origin.facts.reason}`,
    );
  }
  return undefined;
}

function placeHurdle(
  { rooms, isMountPoint, installation, disk }: RebuildSnapshot,
  way: Way,
): Verdict<never> | undefined {
  if (way === 'beside' && isMountPoint) {
    return notInState(
      `${installation.pgdata} is a mount point and cannot be exchanged for another directory; --in-place removes the old data first`,
    );
  }
  const short = rooms?.find((room) => room.neededBytes + SPARE_BYTES > room.freeBytes + room.oldBytes);
  if (short === undefined) return undefined;
  const needs = `a new copy needs about ${formatBytes(short.neededBytes + SPARE_BYTES)}, and where ${short.path} lies ${formatBytes(short.freeBytes)} are free`;
  if (way === 'in-place')
    return notInState(
      `${needs}${disk.directory === 'present' ? `, with the old data gone ${formatBytes(short.freeBytes + short.oldBytes)}` : ''}; make room first`,
    );
  return notInState(`${needs}; --in-place removes the old data first`);
}

function warningsFor(
  snapshot: RebuildSnapshot,
  way: Way,
  held: string | undefined,
  { force }: RebuildOptions,
): readonly string[] {
  const { disk, server, installation, rooms, origin, situation, hasFresh } = snapshot;
  const old = `the data in ${installation.pgdata}`;
  return [
    ...(disk.incomplete === undefined
      ? []
      : [`${describeIncomplete(disk.incomplete.kind)} by an earlier run`]),
    ...(hasFresh && way !== 'resume'
      ? [
          'a copy that an earlier run completed and did not put in place may be old: it is removed, and a new one made',
        ]
      : []),
    ...(server.state === 'running' && server.receives && force
      ? [`${situation.self} streams and is healthy`]
      : []),
    ...(server.state === 'running' ? [`PostgreSQL runs on ${situation.self} and will be stopped`] : []),
    ...(way === 'in-place' && disk.directory === 'present'
      ? [`${old} are removed before the copy begins; until it is complete ${situation.self} has none`]
      : []),
    ...(way !== 'resume' && rooms === undefined
      ? [`the size of the database on ${origin.node} is not known, and the room for it was not checked`]
      : []),
    ...(held === undefined
      ? []
      : [`PostgreSQL will not be started afterwards, since ${held}; what was replaced is kept`]),
  ];
}
