import { formatConninfo } from '../postgres/conninfo.ts';
import type { ReplicationSettings } from '../postgres/settings.ts';
import type { SyncNames } from '../postgres/sync-names.ts';
import type { PgsqlConfig } from './config.ts';

/** The replication slot of a node: `<prefix>_<node>`, in lower case, with `.` and `-` as `_` (PostgreSQL allows a-z, 0-9 and _). */
export const slotName = (prefix: string, node: string): string =>
  `${prefix}_${node.toLowerCase().replaceAll(/[.-]/g, '_')}`;

/** The settings of this node: as a standby it follows the primary's address under its own name. */
export const replicationSettings = (
  config: PgsqlConfig,
  self: string,
  syncNames: SyncNames,
): ReplicationSettings => {
  const conninfo = formatConninfo([
    ['host', config.primaryHost],
    ['port', String(config.port)],
    ['user', config.replicationUser],
    ['application_name', self],
  ]);
  return {
    syncNames,
    standby: {
      primaryConninfo: [conninfo, config.primaryConninfoOptions].filter((part) => part !== '').join(' '),
      ...(config.slotPrefix === '' ? {} : { primarySlotName: slotName(config.slotPrefix, self) }),
      ...(config.restoreCommand === '' ? {} : { restoreCommand: config.restoreCommand }),
      ...(config.archiveCleanupCommand === '' ? {} : { archiveCleanupCommand: config.archiveCleanupCommand }),
      ...(config.recoveryEndCommand === '' ? {} : { recoveryEndCommand: config.recoveryEndCommand }),
    },
  };
};

/**
 * The same for a standby that is to receive nothing. PostgreSQL ends the WAL receiver at the reload and starts none, since 13
 * (primary_conninfo is read once at the start before).
 */
export const sealedSettings = (settings: ReplicationSettings): ReplicationSettings =>
  settings.standby === undefined
    ? settings
    : { ...settings, standby: { ...settings.standby, primaryConninfo: '' } };
