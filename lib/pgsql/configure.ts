import { join } from 'node:path';
import {
  ensureInclude,
  MANAGED_SETTINGS,
  type ReplicationSettings,
  renderSettings,
  withoutSettings,
} from '../postgres/settings.ts';
import { parsePgVersionFile } from '../postgres/version.ts';
import {
  ensureDirectory,
  fileMode,
  pathKind,
  readTextIfExists,
  removeFile,
  writeFileAtomically,
} from '../system/files.ts';
import { type Installation, settingsFileOf } from './installation.ts';

/** Holds primary_conninfo, which may hold a password. */
const PRIVATE_MODE = 0o600;

/**
 * Writes the settings that the agent owns and makes PostgreSQL a standby or not at its next start. All files are
 * written with the rights of the database's user, and only when they change.
 *
 * @returns what was done beyond the ordinary, for the log
 * @throws when a file cannot be written
 */
export const configure = (
  installation: Installation,
  settings: ReplicationSettings,
  standby: boolean,
): readonly string[] => {
  const { owner, pgdata, tmpdir } = installation;
  const version = parsePgVersionFile(readTextIfExists(join(pgdata, 'PG_VERSION'), owner) ?? '');
  if (version === undefined) throw new Error(`${pgdata} has no PG_VERSION, or one that is not understood`);
  const notes: string[] = [];
  ensureDirectory(tmpdir, owner);

  const rendered = renderSettings(version, settings);
  const settingsFile = settingsFileOf(installation);
  writeIfChanged(installation, settingsFile, rendered.settingsFile, PRIVATE_MODE);

  const included = ensureInclude(readTextIfExists(installation.configFile, owner) ?? '', settingsFile);
  if (included !== undefined) {
    writeIfChanged(
      installation,
      installation.configFile,
      included,
      fileMode(installation.configFile) ?? PRIVATE_MODE,
    );
    notes.push(`${installation.configFile} includes ${settingsFile} now`);
  }
  notes.push(...dropOverrides(installation));

  if (rendered.recoveryConf !== undefined) {
    const recoveryConf = join(pgdata, 'recovery.conf');
    if (standby) writeIfChanged(installation, recoveryConf, rendered.recoveryConf, PRIVATE_MODE);
    else removeFile(recoveryConf, owner);
  } else {
    const signal = join(pgdata, 'standby.signal');
    if (!standby) removeFile(signal, owner);
    else if (pathKind(signal) !== 'file')
      writeFileAtomically(signal, '', { user: owner, mode: PRIVATE_MODE });
  }
  return notes;
};

/** ALTER SYSTEM and `pg_basebackup -R` write to postgresql.auto.conf, which beats every included file. */
const dropOverrides = (installation: Installation): string[] => {
  const path = join(installation.pgdata, 'postgresql.auto.conf');
  const { text, removed } = withoutSettings(
    readTextIfExists(path, installation.owner) ?? '',
    MANAGED_SETTINGS,
  );
  if (removed.length === 0) return [];
  writeIfChanged(installation, path, text, fileMode(path) ?? PRIVATE_MODE);
  return [`removed from ${path}, where they would override the cluster's: ${removed.join(', ')}`];
};

const writeIfChanged = (installation: Installation, path: string, text: string, mode: number): void => {
  if (readTextIfExists(path, installation.owner) === text) return;
  writeFileAtomically(path, text, { user: installation.owner, mode });
};
