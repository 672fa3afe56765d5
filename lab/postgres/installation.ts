import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../failure.ts';

const root = '/usr/lib/postgresql';

export const dataDirectory = '/var/lib/pgsql/data';
export const temporaryDirectory = '/var/lib/pgsql/tmp';
export const serverLog = '/var/log/postgresql/postgresql.log';
export const passfile = '/var/lib/postgresql/.pgpass';
export const port = 5432;

/** The directory of the newest server's programs. @throws LabError if none is installed. */
export const findBinDirectory = async (): Promise<string> => {
  const versions = (await readdir(root).catch(() => []))
    .filter((name) => /^[0-9.]+$/.test(name))
    .sort((left, right) => Number(right) - Number(left));
  for (const version of versions) {
    const directory = join(root, version, 'bin');
    const complete = await access(join(directory, 'initdb')).then(
      () => true,
      () => false,
    );
    if (complete) return directory;
  }
  throw new LabError(`No PostgreSQL server under ${root}: install the Debian package postgresql.`);
};
