import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { asUser } from '../system/as-user.ts';
import { pathKind } from '../system/files.ts';
import type { Installation } from './installation.ts';
import { objectionToPlace } from './lock/parameters.ts';
import type { PgsqlParameters } from './params.ts';

/** @returns what this machine lacks, in one sentence; undefined when nothing is missing */
export const checkInstallation = (
  params: PgsqlParameters,
  installation: Installation | undefined,
): string | undefined => {
  if (installation === undefined)
    return `pgdba is "${params.pgdba}", and this machine has no such user; create it`;
  if (!isExecutable(params.pgctl))
    return `pgctl is "${params.pgctl}", which is no program here; install PostgreSQL or correct the path`;
  const controlData = `${installation.binDirectory}/pg_controldata`;
  if (!isExecutable(controlData))
    return `there is no pg_controldata in ${dirname(params.pgctl)}; point pgctl to the server's own folder`;
  return objectionToPlace(params);
};

/** @returns what is wrong with a path that a start needs; a configuration file is never made, since a typing error would be one */
export const checkConfigFile = (installation: Installation): string | undefined => {
  const { pgdata, configFile, owner } = installation;
  try {
    if (asUser(owner, () => pathKind(pgdata) === 'missing' || pathKind(configFile) !== 'missing'))
      return undefined;
  } catch {
    // Not allowed to look: as good as missing.
  }
  return `config is "${configFile}", and there is no such file that ${owner.name} can read; correct it`;
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return pathKind(path) !== 'directory';
  } catch {
    return false;
  }
};
