/** The PostgreSQL that decides between two nodes: a server of its own, on a machine that is no node of the cluster. */
import { join } from 'node:path';
import type { NodeFile } from '../backend.ts';
import { bootHook } from '../boot-hook.ts';
import { dataDirectory, passfile, port, serverLog } from './installation.ts';
import { type Passwords, renderHba } from './settings.ts';

export const lockName = 'distlock:pgsql_lab';

/** How the nodes reach it; the password is in their passfile. */
export const arbiterConninfo = (arbiter: string): string =>
  `host=${arbiter} port=${port} user=distlock dbname=distlock passfile=${passfile}`;

const rolesPath = '/etc/pha-lab/arbiter.sql';

const renderRoles = ({ distlock }: Passwords): string =>
  [`CREATE ROLE distlock LOGIN PASSWORD '${distlock}'`, 'CREATE DATABASE distlock OWNER distlock', ''].join(
    '\n',
  );

/**
 * Makes the database when there is none, and starts it at each boot. An arbiter whose directory is removed comes back
 * empty: without a table, as a new one.
 *
 * @param bin directory of the server's programs
 */
export const arbiterFiles = (bin: string, passwords: Passwords): readonly NodeFile[] => [
  { path: rolesPath, content: renderRoles(passwords), mode: 0o600, owner: 'postgres:postgres' },
  {
    path: bootHook,
    content: `#!/bin/sh
set -eu
data=${dataDirectory}
as_owner() { runuser -u postgres -- "$@"; }
if [ ! -e $data/PG_VERSION ]; then
  as_owner ${join(bin, 'initdb')} --pgdata $data --auth peer --encoding UTF8 --locale C.UTF-8 --no-sync
  cat >>$data/postgresql.conf <<'end'
listen_addresses = '*'
port = ${port}
password_encryption = 'scram-sha-256'
shared_buffers = '16MB'
cluster_name = 'arbiter'
end
  cat >$data/pg_hba.conf <<'end'
${renderHba()}end
  as_owner ${join(bin, 'postgres')} --single -D $data postgres <${rolesPath}
fi
exec runuser -u postgres -- ${join(bin, 'pg_ctl')} start -w -D $data -l ${serverLog}
`,
    mode: 0o755,
  },
];
