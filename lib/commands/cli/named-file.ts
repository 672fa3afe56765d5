import { readTextIfExists } from '../../system/files.ts';

/** The text of a file that an operator has named, undefined where there is none; or what is wrong with the name. */
export type NamedFile =
  | { readonly ok: true; readonly text: string | undefined }
  | { readonly ok: false; readonly objection: string };

export function readNamedFile(path: string): NamedFile {
  try {
    return { ok: true, text: readTextIfExists(path) };
  } catch (error) {
    return { ok: false, objection: objectionToFile(path, error) };
  }
}

/** Why a file cannot be read, and what to do. */
export function objectionToFile(path: string, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return why.startsWith(path) ? `${why}; name a file` : `${path} cannot be read (${why}); name another file`;
}
