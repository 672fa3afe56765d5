import { makeStandby } from '../../postgres/as-standby.ts';
import { copyOwnFiles } from '../../postgres/own-files.ts';
import { type RewindRequest, rewind } from '../../postgres/rewind.ts';
import { parseToolLine } from '../../postgres/tool-output.ts';
import { ensureWorkArea, removeMark, workAreaOf, writeMark } from '../../postgres/work-area.ts';
import { removeTrees } from '../../system/trees.ts';
import type { Progress } from '../cli/progress.ts';
import { CommandExit } from '../exit-codes.ts';
import { serverStartedMeanwhile } from '../node-data/started-meanwhile.ts';
import { failure, type StepContext, type StepResult } from '../plan.ts';

/** What pg_rewind says stays on the screen, as operators know it; how much it has copied is a bar. */
export const tellProgress =
  (progress: Progress) =>
  (line: string): void => {
    const said = parseToolLine(line);
    if (said.kind === 'amount') progress.amount(said.doneBytes, said.totalBytes);
    if (said.kind === 'text' || said.doneBytes === said.totalBytes)
      progress.note(line.trim().replace(/^pg_rewind: /, ''));
  };

/**
 * Rewinds, as one step that cannot be left half-way without a trace. Before the first byte changes, this node's own files
 * are put aside and the data are marked, so that neither a kill -9 nor a power failure can lead to PostgreSQL being
 * started on them; the mark goes when everything is in its place again.
 */
export async function rewindData(
  request: Omit<RewindRequest, 'onLine'>,
  command: string,
  { progress, interrupted }: StepContext,
): Promise<StepResult> {
  const { pgdata, user, version } = request;
  const area = workAreaOf(pgdata);
  ensureWorkArea(area, user);
  await removeTrees([area.kept], user);
  copyOwnFiles(pgdata, area.kept, user, progress.note);
  writeMark(area, 'rewinding', command, user);
  const started = serverStartedMeanwhile(pgdata);
  if (started !== undefined) {
    removeMark(area, user);
    return started;
  }
  const explain = (): void =>
    progress.note(
      'pg_rewind cannot be broken off without making the data useless: it goes on to its end first',
    );
  interrupted.addEventListener('abort', explain);
  const result = await rewind({ ...request, onLine: tellProgress(progress) });
  interrupted.removeEventListener('abort', explain);
  if (!result.ok) {
    return failure(
      CommandExit.ERROR,
      `${result.reason}; the data are half rewound, and cannot be used: run cls_rebuild_slave here. Until then ${area.mark} keeps PostgreSQL from being started on them`,
    );
  }
  copyOwnFiles(area.kept, pgdata, user, progress.note);
  // The source is a primary, and has none of what makes a standby.
  makeStandby(pgdata, version, user);
  removeMark(area, user);
  await removeTrees([area.directory], user);
  progress.note('pg_rewind complete!');
  return { ok: true };
}
