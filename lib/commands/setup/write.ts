import { type MadeDefinition, makeDefinition, type Shell } from '../../config/index.ts';
import type { Deadline } from '../../system/clock.ts';
import { readTextIfExists, writeFileAtomically } from '../../system/files.ts';
import type { OsUser } from '../../system/os-user.ts';
import { definitionChange } from '../install/definition-file.ts';
import type { ReadConfig } from './prepare.ts';

export interface Written {
  readonly ok: boolean;
  readonly sentences: readonly string[];
}

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
  const made: MadeDefinition = await makeDefinition(config, { ...options, templateFolders });
  if (!made.ok) return { ok: false, sentences: made.sentences };
  const change = definitionChange(readTextIfExists(file), made.text);
  switch (change.kind) {
    case 'none':
      return { ok: true, sentences: [`${file} is up to date`] };
    case 'kept':
      return {
        ok: true,
        sentences: [`${file} was adjusted by hand, and config.ini has not changed since: it stays`],
      };
    case 'write-beside':
      return {
        ok: false,
        sentences: [
          `${file} is there already and was adjusted by hand; move it away, or write elsewhere and carry the adjustments over`,
        ],
      };
    case 'write':
      if (options.dryRun) return { ok: true, sentences: [`would write ${file} from ${made.template}`] };
      writeFileAtomically(file, change.text, { user: options.user, mode: 0o644 });
      return { ok: true, sentences: [`wrote ${file}; adjust it where needed, then load it with cls_setup`] };
  }
}
