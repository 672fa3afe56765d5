import { saveLayout } from '../../postgres/layout.ts';
import { completeOutpost, outpostPlaces } from '../../postgres/outposts.ts';
import { walDirectory } from '../../postgres/version.ts';
import { ensureWorkArea } from '../../postgres/work-area.ts';
import { fsyncDirectory, pathKind, renameEntry } from '../../system/files.ts';
import { removeTrees } from '../../system/trees.ts';
import { CommandExit } from '../exit-codes.ts';
import { failure, STEP_DONE, type StepContext, type StepResult } from '../plan.ts';
import { dress, ownFilesIn, settleLinks } from './dress.ts';
import { copyTo, type Job, jobOf, serverVersion } from './job.ts';
import type { RebuildSnapshot } from './snapshot.ts';

/** Everything that an earlier copy, or one that was broken off, has left. */
export const removeLeftovers = ({ area, outposts, owner }: Job): Promise<string | undefined> =>
  removeTrees(
    [area.copying, area.fresh, area.old, ...outposts.flatMap((each) => Object.values(outpostPlaces(each)))],
    owner,
  );

/** A copy beside the old data, complete and on the disk once it bears its name. The old data stay as they are. */
export async function copyBeside(snapshot: RebuildSnapshot, context: StepContext): Promise<StepResult> {
  const job = jobOf(snapshot);
  const { area, owner, pgdata, layout, outposts } = job;
  const version = await serverVersion(snapshot, context);
  if (pathKind(area.old) !== 'missing')
    context.progress.note(`removing ${area.old}, which an earlier run has kept`);
  const stuck = await removeLeftovers(job);
  if (stuck !== undefined)
    return failure(CommandExit.ERROR, `what an earlier run has left could not be removed: ${stuck}`);
  ensureWorkArea(area, owner);
  saveLayout(area, layout, owner);
  const copying = (path: string) => outpostPlaces({ path, replaces: 'named' }).copying;
  const target = {
    pgdata: area.copying,
    walDirectory: layout.walDirectory === undefined ? undefined : copying(layout.walDirectory),
    placeOf: copying,
  };
  const copied = await copyTo(target, snapshot, job, version, context);
  if (!copied.ok) {
    await removeLeftovers(job);
    if (snapshot.disk.incomplete === undefined) await removeTrees([area.directory], owner);
    return failure(CommandExit.ERROR, `${copied.reason}. The old data are as they were`);
  }
  const links = new Map(layout.tablespaces.map(({ oid, path }) => [`pg_tblspc/${oid}`, path]));
  if (layout.walDirectory !== undefined) links.set(walDirectory(version), layout.walDirectory);
  settleLinks(area.copying, links, owner);
  dress(
    area.copying,
    ownFilesIn(area, pgdata, snapshot.disk.incomplete !== undefined),
    version,
    owner,
    context.progress.note,
  );
  for (const outpost of outposts) completeOutpost(outpost, owner);
  renameEntry(area.copying, area.fresh, owner);
  fsyncDirectory(area.directory);
  return STEP_DONE;
}
