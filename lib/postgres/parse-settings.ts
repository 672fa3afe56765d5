import { formatConninfo, parseConninfo, withoutSecrets } from './conninfo.ts';
import { objectOf } from './json.ts';
import type { Setting, Settings } from './server-state.ts';
import { WATCHED_SETTINGS, type WatchedSetting } from './snapshot-sql.ts';
import { parseSyncNames } from './sync-names.ts';

/** A connection string that cannot be read is not shown at all, since it may hold a password. */
const publicConninfo = (text: string): string => {
  const parsed = parseConninfo(text);
  return parsed.ok ? formatConninfo(withoutSecrets(parsed.value)) : '(unreadable)';
};

const settingOf = (name: WatchedSetting, entry: unknown): Setting | undefined => {
  const [value, sourceFile, pendingRestart] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
  if (typeof value !== 'string') return undefined;
  return {
    value: name === 'primary_conninfo' ? publicConninfo(value) : value,
    ...(typeof sourceFile === 'string' ? { sourceFile } : {}),
    pendingRestart: pendingRestart === true,
  };
};

const integer = (text: string | undefined): number | undefined =>
  /^-?\d{1,10}$/.test(text ?? '') ? Number(text) : undefined;

const onOff = (text: string | undefined): boolean | undefined => {
  if (text === 'on') return true;
  return text === 'off' ? false : undefined;
};

/** Drops what is undefined, so that an absent fact is an absent key. */
type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

export const present = <T extends object>(object: T): Present<T> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Present<T>;

/** `'/a', "/b,c"`: a list of identifiers separated by commas, as SplitDirectoriesString() reads it. */
export const parseDirectoryList = (text: string): readonly string[] =>
  [...text.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]+))\s*(?:,|$)/g)]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain?.trim() ?? '')
    .filter((directory) => directory !== '');

/** From the object `name → [value, file, pending restart]`. */
export const parseSettings = (json: unknown): Settings => {
  const object = objectOf(json, 'settings');
  const all = new Map<WatchedSetting, Setting>();
  for (const name of WATCHED_SETTINGS) {
    const setting = Object.hasOwn(object, name) ? settingOf(name, object[name]) : undefined;
    if (setting) all.set(name, setting);
  }
  const value = (name: WatchedSetting): string | undefined => all.get(name)?.value;
  const syncNames = value('synchronous_standby_names');
  return {
    ...present({
      synchronousStandbyNames: syncNames === undefined ? undefined : parseSyncNames(syncNames),
      synchronousCommit: value('synchronous_commit'),
      primaryConninfo: value('primary_conninfo'),
      primarySlotName: value('primary_slot_name'),
      walLevel: value('wal_level'),
      hotStandby: onOff(value('hot_standby')),
      walLogHints: onOff(value('wal_log_hints')),
      restartAfterCrash: onOff(value('restart_after_crash')),
      walSenderTimeoutMs: integer(value('wal_sender_timeout')),
      walReceiverTimeoutMs: integer(value('wal_receiver_timeout')),
      maxSlotWalKeepSizeMb: integer(value('max_slot_wal_keep_size')),
      maxWalSenders: integer(value('max_wal_senders')),
      maxReplicationSlots: integer(value('max_replication_slots')),
      port: integer(value('port')),
    }),
    unixSocketDirectories: parseDirectoryList(value('unix_socket_directories') ?? ''),
    all,
  };
};
