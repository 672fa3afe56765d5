import { execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerAddress } from '../../../../lib/postgres/client.ts';
import { startServer, stopServer } from '../../../../lib/postgres/control.ts';
import { deadlineIn, monotonicMs, sleep } from '../../../../lib/system/clock.ts';
import { findUser, type OsUser } from '../../../../lib/system/os-user.ts';

const ROOT = '/usr/lib/postgresql';

const findBin = (): string | undefined =>
  (existsSync(ROOT) ? readdirSync(ROOT) : [])
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(ROOT, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));

const bin = findBin();
const user = findUser('postgres');

/** Why tests with a real server must be skipped; undefined when they can run. */
export const whyNoServer = (): string | undefined => {
  if (bin === undefined) return `no PostgreSQL server below ${ROOT}`;
  if (user === undefined) return 'there is no user postgres';
  return process.geteuid?.() === 0 ? undefined : 'only root can act as the user postgres';
};

/** The option that skips a tap test where there is no server. */
export const needsServer = (): { skip: string | false } => ({ skip: whyNoServer() ?? false });

export const postgresUser = (): OsUser => {
  if (user === undefined) throw new Error('there is no user postgres');
  return user;
};

export const program = (name: string): string => join(bin ?? ROOT, name);

/** Runs a program as postgres; throws when it fails. */
export const asPostgres = (name: string, args: readonly string[], cwd = '/'): string =>
  execFileSync(
    'setpriv',
    ['--reuid=postgres', '--regid=postgres', '--init-groups', '--', program(name), ...args],
    {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    },
  );

/** A directory that postgres owns, removed when the test file ends. */
export const tempDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'pha-pg-'));
  chownSync(directory, postgresUser().uid, postgresUser().gid);
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

export interface TempServer {
  readonly base: string;
  readonly pgdata: string;
  readonly port: number;
  readonly logfile: string;
  readonly address: ServerAddress;
  readonly configure: (lines: string) => void;
  readonly start: (options?: { readonly startOptions?: string }) => Promise<number>;
  /** Starts, and waits until it answers. */
  readonly startReady: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

const quiet = (): void => {};

const waitReady = async (base: string, port: number): Promise<void> => {
  const until = monotonicMs() + 20_000;
  for (;;) {
    try {
      asPostgres('pg_isready', ['-q', '-h', base, '-p', String(port)]);
      return;
    } catch (error) {
      if (monotonicMs() > until) throw error;
      await sleep(50);
    }
  }
};

/** The server of a data directory that exists. The port is but a name, since it listens on a socket only. */
export const serverIn = (base: string, name: string, port: number): TempServer => {
  const pgdata = join(base, name);
  const logfile = join(base, `${name}.log`);
  const start = async (options: { readonly startOptions?: string } = {}): Promise<number> => {
    const result = await startServer({
      pgctl: program('pg_ctl'),
      pgdata,
      user: postgresUser(),
      logfile,
      port,
      deadline: deadlineIn(20_000),
      ...options,
    });
    if (!result.ok) throw new Error(result.reason);
    return result.pid;
  };
  return {
    base,
    pgdata,
    port,
    logfile,
    address: { host: base, port, database: 'postgres', user: 'postgres', osUser: postgresUser() },
    configure: (lines) => appendFileSync(join(pgdata, 'postgresql.conf'), `${lines}\n`),
    start,
    startReady: async () => {
      const pid = await start();
      await waitReady(base, port);
      return pid;
    },
    stop: async () => {
      await stopServer({
        pgdata,
        user: postgresUser(),
        escalateAfterMs: 0,
        deadline: deadlineIn(15_000),
        log: quiet,
      });
    },
  };
};

const COMMON_CONF = `
listen_addresses = ''
password_encryption = scram-sha-256
fsync = off
shared_buffers = 8MB
max_connections = 20
wal_level = replica
hot_standby = on
`;

/** A new cluster with `local all all peer`, not started. */
export const createServer = (port: number): TempServer => {
  const base = tempDirectory();
  asPostgres('initdb', ['-D', join(base, 'data'), '-A', 'peer', '--no-sync'], base);
  const server = serverIn(base, 'data', port);
  server.configure(`${COMMON_CONF}unix_socket_directories = '${base}'`);
  return server;
};

/** A standby of a running server, in the same base directory, not started. */
export const createStandby = (primary: TempServer, port: number, name = 'standby'): TempServer => {
  const from = ['-h', primary.base, '-p', String(primary.port), '-U', 'postgres'];
  asPostgres(
    'pg_basebackup',
    [...from, '-D', join(primary.base, name), '-X', 'stream', '-c', 'fast', '-R', '--no-sync'],
    primary.base,
  );
  return serverIn(primary.base, name, port);
};
