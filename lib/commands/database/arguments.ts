import { basename } from 'node:path';

/** Everybody can read the arguments of a process, and older definitions have a password there: from here on no more. */
export const hideArguments = (): void => {
  process.title = basename(process.argv[1] ?? 'pha');
};

/** For the whole answer, where connect_timeout does not say it. */
export const DEFAULT_ANSWER_SECONDS = 5;
