import { type Deadline, deadlineIn } from './clock.ts';
import { pathKind, removeEmptyDirectory } from './files.ts';
import type { OsUser } from './os-user.ts';
import { describeFailure, run, succeeded } from './process.ts';

/** Some terabytes in many files take their time. */
const REMOVE_MS = 3_600_000;

/**
 * Removes directories with all that is in them, as `user`, without following links and without entering another file
 * system. What is not there is no error, and neither is an emptied directory that lies in one of root's: root removes that.
 *
 * @param interrupted ends it half-way
 * @returns what could not be removed, in words
 */
export const removeTrees = async (
  paths: readonly string[],
  user: OsUser,
  interrupted?: AbortSignal,
): Promise<string | undefined> => {
  if (paths.length === 0) return undefined;
  const args = ['--recursive', '--force', '--one-file-system', '--', ...paths];
  const deadline = deadlineIn(REMOVE_MS);
  const result = await run('/bin/rm', args, {
    user,
    deadline,
    ...(interrupted === undefined ? {} : { interrupted }),
  });
  if (succeeded(result)) return undefined;
  const isGone = (path: string): boolean => pathKind(path) === 'missing' || removeEmptyDirectory(path);
  return paths.every(isGone) ? undefined : describeFailure(result);
};

/** Bytes on the disk below a directory, as du(1) counts them; undefined when it cannot tell. */
export const sizeOfTree = async (
  path: string,
  user: OsUser,
  deadline: Deadline,
): Promise<number | undefined> => {
  const args = ['--summarize', '--one-file-system', '--block-size=1', '--', path];
  const result = await run('/usr/bin/du', args, { user, deadline });
  const bytes = Number.parseInt(result.stdout, 10);
  return succeeded(result) && Number.isSafeInteger(bytes) ? bytes : undefined;
};
