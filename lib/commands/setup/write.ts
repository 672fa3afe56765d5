import { dirname } from 'node:path';
import { type MadeDefinition, makeDefinition, type Shell } from '../../config/index.ts';
import type { Deadline } from '../../system/clock.ts';
import { pathKind, writeFileAtomically } from '../../system/files.ts';
import type { OsUser } from '../../system/os-user.ts';
import { readNamedFile } from '../cli/named-file.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { definitionChange } from '../install/definition-file.ts';
import type { ReadConfig } from './prepare.ts';

export interface Written {
  readonly code: CommandExitCode;
  readonly sentences: readonly string[];
}

const done = (sentence: string): Written => ({ code: CommandExit.DONE, sentences: [sentence] });
const failed = (...sentences: readonly string[]): Written => ({ code: CommandExit.ERROR, sentences });
const wrongArgument = (sentence: string): Written => ({ code: CommandExit.ARGUMENTS, sentences: [sentence] });

/** Makes the definition and writes it. One that is there already, and perhaps adjusted, is never overwritten. */
export async function writeDefinition(
  file: string,
  { config, templateFolders }: ReadConfig,
  options: {
    readonly shell: Shell;
    readonly dryRun: boolean;
    readonly user: OsUser;
    readonly deadline: Deadline;
  },
): Promise<Written> {
  const existing = readNamedFile(file);
  if (!existing.ok) return wrongArgument(existing.objection);
  const folder = dirname(file);
  // A link to a directory is one as well.
  if (pathKind(`${folder}/.`) !== 'directory') {
    return wrongArgument(`there is no directory ${folder} to write ${file} into; make it, or name another`);
  }
  const made: MadeDefinition = await makeDefinition(config, { ...options, templateFolders });
  if (!made.ok) return failed(...made.sentences);
  const change = definitionChange(existing.text, made.text);
  switch (change.kind) {
    case 'none':
      return done(`${file} is up to date`);
    case 'kept':
      return done(`${file} was adjusted by hand, and config.ini has not changed since: it stays`);
    case 'write-beside':
      return failed(
        `${file} is there already and was adjusted by hand; move it away, or write elsewhere and carry the adjustments over`,
      );
    case 'write': {
      if (options.dryRun) return done(`would write ${file} from ${made.template}`);
      const why = reasonNotToWrite(() =>
        writeFileAtomically(file, change.text, { user: options.user, mode: 0o644 }),
      );
      return why === undefined
        ? done(`wrote ${file}; adjust it where needed, then load it with cls_setup`)
        : failed(`${file} cannot be written (${why}); make room or name another, and run it again`);
    }
  }
}

function reasonNotToWrite(write: () => void): string | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
