import { run } from '../system/process.ts';
import { judged, type RewindRequest, type ToolResult } from './rewind.ts';

/** Where a tablespace lies on the source, and where its copy is to go. Both are absolute. */
export interface TablespaceMapping {
  readonly from: string;
  readonly to: string;
}

export interface BaseBackupRequest extends RewindRequest {
  /** An empty or missing directory for the log, where it does not lie in the data directory. */
  readonly walDirectory: string | undefined;
  readonly mappings: readonly TablespaceMapping[];
}

/** pg_basebackup takes the first `=` that no backslash precedes for the border. */
const escaped = (path: string): string => path.replaceAll('=', '\\=');

export const baseBackupArguments = (request: BaseBackupRequest): readonly string[] => {
  const { version, pgdata, source, walDirectory, mappings } = request;
  const wal = version.major < 10 ? 'xlog' : 'wal';
  return [
    `--pgdata=${pgdata}`,
    `--dbname=${source.conninfo}`,
    '--checkpoint=fast',
    `--${wal}-method=stream`,
    '--no-password',
    '--progress',
    ...(walDirectory === undefined ? [] : [`--${wal}dir=${walDirectory}`]),
    ...mappings.map(({ from, to }) => `--tablespace-mapping=${escaped(from)}=${escaped(to)}`),
  ];
};

/**
 * Copies a running server into `pgdata`, which must be empty or missing. It is on the disk when this returns. It cannot
 * go on from a part of a copy: what was broken off begins anew.
 */
export const baseBackup = async (request: BaseBackupRequest): Promise<ToolResult> => {
  const { binDirectory, user, deadline, onLine, source, interrupted } = request;
  const options = { user, deadline, onLine, env: source.env, interrupted };
  return judged(await run(`${binDirectory}/pg_basebackup`, baseBackupArguments(request), options));
};
