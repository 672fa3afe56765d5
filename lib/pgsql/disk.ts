import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readControlData } from '../postgres/control.ts';
import type { ControlData } from '../postgres/control-data.ts';
import { parseGucLine } from '../postgres/guc-file.ts';
import { endOf, type History, parseHistory } from '../postgres/history.ts';
import { formatLsn, type Lsn, type Timeline } from '../postgres/lsn.ts';
import { parseSyncNames } from '../postgres/sync-names.ts';
import {
  parsePgVersionFile,
  type ServerVersion,
  usesRecoveryConf,
  walDirectory,
} from '../postgres/version.ts';
import {
  historyFileName,
  isBegun,
  SEGMENT_HEAD_BYTES,
  segmentsOfKnownTimelines,
} from '../postgres/wal-files.ts';
import { readMark } from '../postgres/work-area.ts';
import type { Deadline } from '../system/clock.ts';
import { type Fact, factOr, known, mapFact, unknown } from '../system/fact.ts';
import { pathKind, readHead, readTextIfExists } from '../system/files.ts';
import { run } from '../system/process.ts';
import { spaceAt } from '../system/space.ts';
import { type Installation, settingsFileOf } from './installation.ts';
import type { ReplInfo } from './repl-info.ts';
import type { Disk, PrimaryHistory } from './snapshot.ts';

const tryTo = <T>(what: string, read: () => Fact<T>): Fact<T> => {
  try {
    return read();
  } catch (error) {
    return unknown(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** What every action looks at: cheap, and no process is started for it. */
export const observeDirectory = (
  installation: Installation,
): Pick<Disk, 'directory' | 'version' | 'standbySignal' | 'incomplete' | 'syncNames' | 'isSealed'> => {
  const version = readVersion(installation);
  const settings = readSettings(installation);
  return {
    directory: directoryKind(installation.pgdata, version),
    version,
    standbySignal: hasStandbySignal(installation.pgdata, version),
    incomplete: readMark(installation.pgdata, installation.owner),
    syncNames: mapFact(settings, (value) => parseSyncNames(value('synchronous_standby_names') ?? '')),
    isSealed: factOr(
      mapFact(settings, (value) => value('primary_conninfo') === ''),
      false,
    ),
  };
};

const directoryKind = (pgdata: string, version: Fact<ServerVersion>): Disk['directory'] => {
  if (version.known) return 'present';
  try {
    return pathKind(pgdata) === 'missing' ? 'missing' : 'not-a-database';
  } catch {
    return 'missing';
  }
};

const readVersion = ({ pgdata, owner }: Installation): Fact<ServerVersion> =>
  tryTo('PG_VERSION', () => {
    const text = readTextIfExists(join(pgdata, 'PG_VERSION'), owner);
    if (text === undefined) return unknown(`${pgdata} has no PG_VERSION`);
    const version = parsePgVersionFile(text);
    return version === undefined ? unknown(`PG_VERSION says "${text.trim()}"`) : known(version);
  });

const hasStandbySignal = (pgdata: string, version: Fact<ServerVersion>): boolean => {
  const name = version.known && usesRecoveryConf(version.value) ? 'recovery.conf' : 'standby.signal';
  try {
    return pathKind(join(pgdata, name)) === 'file';
  } catch {
    return false;
  }
};

/** The last value of a setting in the file that the agent owns. */
const readSettings = (installation: Installation): Fact<(name: string) => string | undefined> =>
  tryTo('settings', () => {
    const text = readTextIfExists(settingsFileOf(installation), installation.owner);
    if (text === undefined) return unknown('there is no settings file yet');
    const lines = text.split('\n').map(parseGucLine);
    return known((name) => lines.findLast((setting) => setting?.name === name)?.value);
  });

export const readControl = async (
  installation: Installation,
  deadline: Deadline,
): Promise<Fact<ControlData>> => {
  const program = join(installation.binDirectory, 'pg_controldata');
  const result = await readControlData(program, installation.pgdata, installation.owner, deadline);
  return result.ok ? known(result.value) : unknown(result.reason);
};

export const walPath = ({ pgdata }: Installation, version: ServerVersion | undefined): string =>
  join(pgdata, version === undefined ? 'pg_wal' : walDirectory(version));

export const readSegments = (
  installation: Installation,
  version: Fact<ServerVersion>,
): Fact<readonly string[]> =>
  tryTo('WAL directory', () =>
    known(segmentsOfKnownTimelines(readdirSync(walPath(installation, factOr(version, undefined))))),
  );

export const readWalRoom = (installation: Installation, version: Fact<ServerVersion>): Fact<number> =>
  tryTo('room for WAL', () =>
    known(spaceAt(walPath(installation, factOr(version, undefined)), installation.owner).freeBytes),
  );

/** Those that PostgreSQL has made or recycled ahead are always the last ones. */
export const readSpareSegment = (
  installation: Installation,
  version: Fact<ServerVersion>,
  segments: Fact<readonly string[]>,
  control: Fact<ControlData>,
): Fact<boolean> =>
  tryTo('last WAL segment', () => {
    if (!segments.known) return segments;
    if (!control.known) return control;
    const last = [...segments.value].sort().at(-1);
    if (last === undefined) return known(false);
    const path = join(walPath(installation, factOr(version, undefined)), last);
    const head = readHead(path, SEGMENT_HEAD_BYTES, installation.owner);
    return head === undefined
      ? unknown(`${last} is gone`)
      : known(!isBegun(last, head, control.value.walSegmentBytes));
  });

/** @param timeline the first one has no history file, and no past */
export const readOwnHistory = (
  installation: Installation,
  version: Fact<ServerVersion>,
  timeline: Timeline,
): Fact<History> =>
  tryTo('timeline history', () => {
    if (timeline === 1) return known([]);
    const name = historyFileName(timeline);
    const text = readTextIfExists(
      join(walPath(installation, factOr(version, undefined)), name),
      installation.owner,
    );
    if (text === undefined) return unknown(`there is no ${name}`);
    const history = parseHistory(text);
    return history === undefined ? unknown(`${name} is not a timeline history`) : known(history);
  });

/**
 * Is there a WAL record of this node's timeline at the place where the primary left it? The control file of a crashed
 * server does not tell; the WAL does. A fork is the end of a record, so the first byte after it begins the next one.
 */
export const readRecordAtFork = async (
  installation: Installation,
  version: Fact<ServerVersion>,
  timeline: Timeline,
  recorded: ReplInfo | undefined,
  primary: Fact<PrimaryHistory>,
  deadline: Deadline,
): Promise<Fact<boolean>> => {
  const fork = forkOf(timeline, recorded, primary);
  if (fork === undefined) return unknown(`where timeline ${timeline} was left is not known`);
  const program = version.known && version.value.major < 10 ? 'pg_xlogdump' : 'pg_waldump';
  const result = await run(
    join(installation.binDirectory, program),
    [
      `--path=${walPath(installation, factOr(version, undefined))}`,
      `--timeline=${timeline}`,
      `--start=${formatLsn(fork)}`,
      '--limit=1',
    ],
    { deadline, user: installation.owner },
  );
  if (result.notFound || result.timedOut) return unknown(`${program} could not be run`);
  return known(result.stdout.includes('rmgr:'));
};

const forkOf = (
  timeline: Timeline,
  recorded: ReplInfo | undefined,
  primary: Fact<PrimaryHistory>,
): Lsn | undefined =>
  (primary.known ? endOf(primary.value.history, timeline) : undefined) ??
  (recorded?.timeline === timeline ? recorded.end : undefined);
