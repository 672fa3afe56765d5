import { basename, join } from 'node:path';
import { watcherFileOf } from '../../pgsql/from-parameters.ts';
import { endWatch } from '../../pgsql/watcher.ts';
import { stopServer } from '../../postgres/control.ts';
import type { Incomplete } from '../../postgres/incomplete.ts';
import { saveLayout } from '../../postgres/layout.ts';
import { takeOver } from '../../postgres/outposts.ts';
import { copyOwnFiles } from '../../postgres/own-files.ts';
import {
  ensureWorkArea,
  isSwitched,
  readMark,
  realDirectory,
  removeMark,
  writeMark,
} from '../../postgres/work-area.ts';
import { deadlineIn } from '../../system/clock.ts';
import { pathKind, renameEntry } from '../../system/files.ts';
import { removeTrees } from '../../system/trees.ts';
import { CommandExit } from '../exit-codes.ts';
import { releaseNode } from '../node-data/release.ts';
import { serverStartedMeanwhile } from '../node-data/started-meanwhile.ts';
import { failure, STEP_DONE, type StepContext, type StepResult } from '../plan.ts';
import { removeLeftovers } from './copy.ts';
import { dress, entriesOf } from './dress.ts';
import { copyTo, jobOf, NAME, serverVersion } from './job.ts';
import type { RebuildSnapshot } from './snapshot.ts';

const FAST_STOP_MS = 60_000;
const STOP_MS = 90_000;

const NOTHING_REPLACED = failure(CommandExit.ERROR, 'interrupted; no data were replaced or moved after that');

/**
 * Takes the data out of service: marked, so that nobody starts PostgreSQL on them any more; stopped; and a majority of
 * the cluster knows that this node may not take over. When that fails, or is interrupted, the mark is what it was before.
 */
async function takeOutOfService(
  snapshot: RebuildSnapshot,
  kind: Incomplete,
  { progress, deadline, interrupted }: StepContext,
): Promise<StepResult> {
  const { area, owner, pgdata } = jobOf(snapshot);
  const { resource, self } = snapshot.situation;
  const before = readMark(pgdata, owner)?.kind;
  writeMark(area, kind, NAME, owner);
  // What is stopped here has not failed.
  endWatch(watcherFileOf(resource.id));
  const stopped = await stopServer({
    pgdata,
    user: owner,
    escalateAfterMs: FAST_STOP_MS,
    deadline: deadlineIn(STOP_MS),
    log: progress.state,
  });
  const released = stopped.stopped
    ? await releaseNode(resource.id, self, deadline)
    : failure(
        CommandExit.ERROR,
        `PostgreSQL could not be stopped: processes ${stopped.pids.join(', ')} do not end`,
      );
  const unused = interrupted.aborted ? NOTHING_REPLACED : released;
  const result = released.ok ? (serverStartedMeanwhile(pgdata) ?? unused) : released;
  if (!result.ok) {
    if (before === undefined) removeMark(area, owner);
    else writeMark(area, before, NAME, owner);
  }
  return result;
}

/**
 * Puts a complete copy in place of the old data. It may be killed between any two steps: the mark stays, and called again
 * it goes on where it was. The data directory is exchanged last, by two renames; after them nothing is left to do.
 */
export async function switchData(snapshot: RebuildSnapshot, context: StepContext): Promise<StepResult> {
  const { area, owner, pgdata, outposts } = jobOf(snapshot);
  const result = await takeOutOfService(snapshot, 'switching', context);
  if (!result.ok) return result;
  if (pathKind(area.fresh) === 'directory') {
    for (const outpost of outposts) takeOver(outpost, owner);
    const place = realDirectory(pgdata);
    if (pathKind(place) !== 'missing') renameEntry(place, area.old, owner);
    renameEntry(area.fresh, place, owner);
  } else if (!isSwitched(pgdata)) {
    return failure(
      CommandExit.ERROR,
      `there is no copy in ${area.fresh} any more, and none in place of the old data; run ${NAME} again, which makes one`,
    );
  }
  removeMark(area, owner);
  await removeTrees([area.kept, join(area.directory, 'layout.json')], owner);
  return STEP_DONE;
}

/** Removes the old data and makes the copy where they were. When it is broken off there are no data: the mark says so. */
export async function replaceData(snapshot: RebuildSnapshot, context: StepContext): Promise<StepResult> {
  const job = jobOf(snapshot);
  const { area, owner, pgdata, layout } = job;
  // First, since in a directory of root's the owner can make nothing.
  ensureWorkArea(area, owner);
  const wasSpoilt = snapshot.disk.incomplete !== undefined;
  const version = await serverVersion(snapshot, context);
  // From a mark on, what was put aside then counts.
  if (!wasSpoilt || pathKind(area.kept) !== 'directory') {
    await removeTrees([area.kept], owner);
    copyOwnFiles(pgdata, area.kept, owner, context.progress.note);
  }
  const result = await takeOutOfService(snapshot, 'copying', context);
  if (!result.ok) return result;
  saveLayout(area, layout, owner);
  const stuck = (await removeLeftovers(job)) ?? (await removeTrees(oldEntries(), owner));
  if (stuck !== undefined) return failure(CommandExit.ERROR, `the old data could not be removed: ${stuck}`);
  const target = { pgdata, walDirectory: layout.walDirectory, placeOf: (path: string) => path };
  const copied = await copyTo(target, snapshot, job, version, context);
  if (!copied.ok) return failure(CommandExit.ERROR, `${copied.reason}. The old data are gone already`);
  dress(pgdata, area.kept, version, owner, context.progress.note);
  removeMark(area, owner);
  await removeTrees([area.directory], owner);
  return STEP_DONE;

  /** Of a tablespace only what is of this major version: an older server may have its own there. */
  function oldEntries(): readonly string[] {
    const ofThisVersion = new RegExp(`^PG_${String(version.major).replace('.', '\\.')}_`);
    return [
      ...entriesOf(realDirectory(pgdata), owner),
      ...(layout.walDirectory === undefined ? [] : entriesOf(layout.walDirectory, owner)),
      ...layout.tablespaces.flatMap(({ path }) =>
        entriesOf(path, owner).filter((entry) => ofThisVersion.test(basename(entry))),
      ),
    ];
  }
}
