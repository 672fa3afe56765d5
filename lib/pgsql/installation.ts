import type { LogPlace } from '../postgres/startup-log.ts';
import type { OsUser } from '../system/os-user.ts';
import type { LockInstallation } from './lock/facts.ts';

/** Where PostgreSQL is on this node, and how the agent reaches it. */
export interface Installation {
  readonly pgctl: string;
  /** the folder of pg_ctl, in which pg_controldata and its like are, too */
  readonly binDirectory: string;
  readonly pgdata: string;
  readonly owner: OsUser;
  readonly configFile: string;
  readonly startOptions: string;
  readonly ctlOptions: string;
  readonly logFile: string;
  readonly libraries: string;
  /** holds rep_mode.conf */
  readonly tmpdir: string;
  /** empty: the Unix socket that the running server has named */
  readonly host: string;
  readonly port: number;
  readonly socketDirectory: string;
  readonly database: string;
  /** the liveness check; with a user of its own, over a connection of its own */
  readonly monitorUser: string;
  readonly monitorPassword: string;
  readonly monitorSql: string;
  /** the agent's memory until reboot, readable by root alone */
  readonly memoryFile: string;
  /** which process watches for the end of PostgreSQL */
  readonly watcherFile: string;
  readonly attributeTimeoutMs: number;
  /** absent without enable_distlock */
  readonly lock?: LockInstallation;
}

export const logPlaceOf = ({ pgdata, logFile, owner }: Installation): LogPlace => ({
  pgdata,
  logfile: logFile,
  user: owner,
});

export const settingsFileOf = (installation: Installation): string => `${installation.tmpdir}/rep_mode.conf`;
