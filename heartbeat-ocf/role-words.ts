import { existsSync } from 'node:fs';
import type { RoleWords } from './metadata.ts';

const SCHEMAS = '/usr/share/pacemaker';
const FIRST = 'resources-3.0.rng';
/** Which brought Promoted and Unpromoted. */
const RENAMED = 'resources-3.7.rng';

/**
 * Which roles the Pacemaker of this machine can have in its CIB: its schemas tell, since that of Pacemaker 2.1.0 brought
 * Promoted and Unpromoted. Asking a Pacemaker command would cost more than the rest of
 * `meta-data`, and must work where Pacemaker is not installed; then the current words hold.
 */
export const installedRoleWords = (exists: (path: string) => boolean = existsSync): RoleWords =>
  exists(`${SCHEMAS}/${FIRST}`) && !exists(`${SCHEMAS}/${RENAMED}`) ? 'master' : 'promoted';

/** The same to a shell, in `$words`. */
export const roleWordsInShell = (schemas = SCHEMAS): string =>
  `words=promoted; [ ! -e ${schemas}/${FIRST} ] || [ -e ${schemas}/${RENAMED} ] || words=master;`;
