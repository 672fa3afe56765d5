import { asUser } from '../system/as-user.ts';
import { fileMode, readTextIfExists } from '../system/files.ts';
import type { ServerAddress } from './address.ts';
import { findPassword } from './pgpass.ts';

const DEFAULT_SOCKET_DIRECTORY = /^\/(var\/run\/postgresql|run\/postgresql|tmp)\/?$/;

/** As libpq: a file that others may read is not used. */
const readPassfile = (path: string): string | undefined => {
  const mode = fileMode(path);
  if (mode === undefined) return undefined;
  if ((mode & 0o077) !== 0) {
    throw new Error(`the password file ${path} may be read by others and is not used`);
  }
  return readTextIfExists(path);
};

/** Read with the rights of `osUser` only, who may have put a link there. */
const passfileText = ({ passfile, osUser }: ServerAddress): string | undefined => {
  if (osUser === undefined) return passfile === undefined ? undefined : readPassfile(passfile);
  return asUser(osUser, () => readPassfile(passfile ?? `${osUser.home}/.pgpass`));
};

const passwordFromFile = (address: ServerAddress): string | undefined => {
  const host = DEFAULT_SOCKET_DIRECTORY.test(address.host) ? 'localhost' : address.host;
  const database = address.replication === 'true' ? 'replication' : address.database;
  const text = passfileText(address);
  return text === undefined ? undefined : findPassword(text, { ...address, host, database });
};

/** @throws Error for a password file that may be read by others */
export const knownPassword = (address: ServerAddress): string | undefined =>
  address.password || passwordFromFile(address);

/** Called only when the server asks for a password. */
export const passwordFor = (address: ServerAddress): string => {
  const password = knownPassword(address);
  if (password === undefined)
    throw new Error(`the server wants a password for ${address.user}, and there is none`);
  return password;
};
