import { type Lsn, lsnOf, parseLsn, parseTimeline, type Timeline } from './lsn.ts';
import type { Parsed } from './parsed.ts';

const STATES = [
  'starting up',
  'shut down',
  'shut down in recovery',
  'shutting down',
  'in crash recovery',
  'in archive recovery',
  'in production',
] as const;

/** `unrecognized` is PostgreSQL's own word for a state that it does not know. */
export type ControlState = (typeof STATES)[number] | 'unrecognized';

/** What the control file says: the only witness of a server that does not run. */
export interface ControlData {
  readonly controlVersion: number;
  readonly catalogVersion: number;
  readonly systemIdentifier: string;
  readonly state: ControlState;
  /** Start of the latest checkpoint's record. */
  readonly checkpointLsn: Lsn;
  readonly checkpointTimeline: Timeline;
  /** Where replay begins. */
  readonly checkpointRedoLsn: Lsn;
  /** A standby's data need the log up to here; undefined on a primary, where it is written as 0/0. */
  readonly minRecoveryEnd: Lsn | undefined;
  readonly minRecoveryTimeline: Timeline | undefined;
  /** Set while a base backup has not yet been replayed to its end. */
  readonly backupStart: Lsn | undefined;
  readonly backupEnd: Lsn | undefined;
  readonly endOfBackupRequired: boolean;
  readonly walSegmentBytes: number;
  readonly dataChecksums: boolean;
  readonly walLogHints: boolean;
}

const fieldsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, label, value] = /^([^:]+):\s*(.*?)\s*$/.exec(line) ?? [];
      return label === undefined || value === undefined ? [] : [[label, value]];
    }),
  );

const stateOf = (text: string): ControlState => STATES.find((state) => state === text) ?? 'unrecognized';

const NOWHERE = lsnOf(0n);

const nonZero = (lsn: Lsn | undefined): Lsn | undefined => (lsn === 0n ? undefined : lsn);

/**
 * Reads the English output of pg_controldata, 9.6 to 18. Fails when a field is missing that every version
 * prints, or when the program warned that the control file's checksum is wrong.
 */
export const parseControlData = (text: string): Parsed<ControlData> => {
  if (/^WARNING: Calculated CRC checksum does not match/m.test(text)) {
    return { ok: false, reason: 'the checksum of the control file is wrong' };
  }
  const fields = fieldsOf(text);
  const missing: string[] = [];
  const need = <T>(label: string, read: (value: string) => T | undefined, instead: T): T => {
    const value = fields.get(label);
    const result = value === undefined ? undefined : read(value);
    if (result === undefined) missing.push(`${label} (${value ?? 'missing'})`);
    return result ?? instead;
  };
  const optional = <T>(label: string, read: (value: string) => T | undefined): T | undefined =>
    read(fields.get(label) ?? '');
  const integer = (value: string) => (/^\d{1,15}$/.test(value) ? Number(value) : undefined);

  const value: ControlData = {
    controlVersion: need('pg_control version number', integer, 0),
    catalogVersion: need('Catalog version number', integer, 0),
    systemIdentifier: need('Database system identifier', (id) => (/^\d+$/.test(id) ? id : undefined), ''),
    state: need('Database cluster state', stateOf, 'unrecognized'),
    checkpointLsn: need('Latest checkpoint location', parseLsn, NOWHERE),
    checkpointTimeline: need("Latest checkpoint's TimeLineID", parseTimeline, 0),
    checkpointRedoLsn: need("Latest checkpoint's REDO location", parseLsn, NOWHERE),
    minRecoveryEnd: nonZero(need('Minimum recovery ending location', parseLsn, NOWHERE)),
    minRecoveryTimeline: optional("Min recovery ending loc's timeline", parseTimeline),
    backupStart: nonZero(optional('Backup start location', parseLsn)),
    backupEnd: nonZero(optional('Backup end location', parseLsn)),
    endOfBackupRequired: optional('End-of-backup record required', (answer) => answer) === 'yes',
    walSegmentBytes: need('Bytes per WAL segment', integer, 0),
    dataChecksums: (optional('Data page checksum version', integer) ?? 0) > 0,
    walLogHints: optional('wal_log_hints setting', (answer) => answer) === 'on',
  };
  if (missing.length > 0) return { ok: false, reason: `pg_controldata did not print: ${missing.join(', ')}` };
  return { ok: true, value };
};
