import { formatSyncNames, type SyncNames } from '../../postgres/sync-names.ts';

/**
 * For whom the commits of a new primary wait until a majority has that its promotion is over: a standby of a name that none has. The
 * old primary, back in the middle of the promotion, may have claimed the record, and any real standby may follow the new one by then,
 * since the write VIP starts before that is known. It stands in the settings file, so that whoever looks at this server next, and
 * whatever was killed before, knows what is left to do. An operator reads it by SHOW synchronous_standby_names.
 */
export const UNCONFIRMED: SyncNames = { kind: 'any', nodes: ['promotion to be confirmed'] };

export const isUnconfirmed = (names: SyncNames | undefined): boolean =>
  names !== undefined && formatSyncNames(names) === formatSyncNames(UNCONFIRMED);
