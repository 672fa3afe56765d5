/** What a server says about itself in its lock file, since 10. */
export type PostmasterStatus = 'starting' | 'ready' | 'standby' | 'stopping';

export interface PostmasterPid {
  readonly pid: number;
  /** A single-user backend (`postgres --single`) writes its pid with a minus sign. */
  readonly singleUser: boolean;
  readonly dataDirectory: string;
  readonly startEpochSeconds: number;
  readonly port: number;
  /** Empty in the file when the server has no Unix socket. */
  readonly socketDirectory?: string;
  readonly listenAddress?: string;
  readonly status?: PostmasterStatus;
}

const STATUSES: readonly PostmasterStatus[] = ['starting', 'ready', 'standby', 'stopping'];

const integer = (text: string | undefined): number | undefined =>
  /^-?\d{1,15}$/.test(text?.trim() ?? '') ? Number(text) : undefined;

/**
 * Reads postmaster.pid (src/include/utils/pidfile.h): pid, data directory, start time, port, socket
 * directory, first listen address, shared memory key, status. A starting server has written the first lines
 * only. Undefined while even the pid is not there.
 */
export const parsePostmasterPid = (text: string): PostmasterPid | undefined => {
  const [pidLine, dataDirectory, start, port, socketDirectory, listenAddress, , statusLine] =
    text.split('\n');
  const pid = integer(pidLine);
  if (pid === undefined || pid === 0) return undefined;
  const status = STATUSES.find((name) => name === statusLine?.trim());
  return {
    pid: Math.abs(pid),
    singleUser: pid < 0,
    dataDirectory: dataDirectory ?? '',
    startEpochSeconds: integer(start) ?? 0,
    port: integer(port) ?? 0,
    ...(socketDirectory ? { socketDirectory } : {}),
    ...(listenAddress ? { listenAddress } : {}),
    ...(status ? { status } : {}),
  };
};
