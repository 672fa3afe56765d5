import { existsSync } from 'node:fs';
import type { RoleWords } from './metadata.ts';

const SCHEMAS = '/usr/share/pacemaker';

/**
 * Which roles the Pacemaker of this machine can have in its CIB: its schemas tell, since resources-3.7.rng
 * (Pacemaker 2.1.0) brought Promoted and Unpromoted. Asking a Pacemaker command would cost more than the rest of
 * `meta-data`, and must work where Pacemaker is not installed; then the current words hold.
 */
export const installedRoleWords = (exists: (path: string) => boolean = existsSync): RoleWords =>
  exists(`${SCHEMAS}/resources-3.0.rng`) && !exists(`${SCHEMAS}/resources-3.7.rng`) ? 'master' : 'promoted';
