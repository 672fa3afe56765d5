import { withPgpassLine } from '../../../config/pgpass.ts';
import { findPassword } from '../../../postgres/pgpass.ts';
import {
  errorCode,
  fileMode,
  pathKind,
  readTextIfExists,
  writeFileAtomically,
} from '../../../system/files.ts';
import { asUser, findUser, type OsUser } from '../../../system/os-user.ts';
import type { PassfileFact, PasswordLine } from './request.ts';

/** `replication` for the WAL, `postgres` for what asks and rewinds. */
const DATABASES = ['replication', 'postgres'] as const;

const isInForce = (text: string, { user, password, hosts, port }: PasswordLine): boolean =>
  hosts.every((host) =>
    DATABASES.every((database) => findPassword(text, { host, port, database, user }) === password),
  );

/** For one of our servers and our user by name, not by `*`. */
function isOurs(line: string, { user, hosts, port }: PasswordLine): boolean {
  const finds = (host: string, name: string): boolean =>
    DATABASES.some((database) => findPassword(line, { host, port, database, user: name }) !== undefined);
  return hosts.some((host) => finds(host, user) && !finds('', user) && !finds(host, ''));
}

/**
 * The text of the file with the password in force for our servers; for all others, what was in force stays so. libpq takes
 * the first line that matches: old lines for one of our servers go, and where a general one stands in the way, lines for
 * our servers alone come before it. Pure.
 *
 * @returns undefined if the text is right as it is
 */
export function withPassword(text: string, password: PasswordLine): string | undefined {
  if (isInForce(text, password)) return undefined;
  const others = text.split('\n').filter((line) => !isOurs(line, password));
  const candidates = [
    withPgpassLine(text, password.line),
    withPgpassLine(others.join('\n'), password.line),
    [...password.hosts.map((host) => lineFor(host, password)), ...others].join('\n'),
  ];
  return candidates.find((candidate) => isInForce(candidate, password)) ?? candidates.at(-1);
}

/** The general line, for one server. */
const lineFor = (host: string, { line, port }: PasswordLine): string =>
  line.replace(/^\*:\*/, () => `${host.replace(/[\\:]/g, '\\$&')}:${port}`);

const pathOf = (owner: OsUser): string => `${owner.home}/.pgpass`;

/** Why the file cannot be, in words for the operator. */
function objectionTo(owner: OsUser | undefined, { owner: name }: PasswordLine): string | undefined {
  if (owner === undefined) {
    return `there is no user ${name}: install PostgreSQL there first`;
  }
  const home = pathKind(owner.home);
  if (home === 'missing')
    return `the home directory of ${name}, ${owner.home}, is not there: install PostgreSQL there first`;
  const kind = asUser(owner, () => pathKind(pathOf(owner)));
  return kind === 'file' || kind === 'missing'
    ? undefined
    : `${pathOf(owner)} is ${kind === 'link' ? 'a symbolic link' : 'no file'}: move it away`;
}

/** Everything as the owner: nothing in its home directory leads root anywhere. */
export function lookAtPassfile(line: PasswordLine): PassfileFact {
  const owner = findUser(line.owner);
  const objection = objectionTo(owner, line);
  if (owner === undefined || objection !== undefined) return { state: 'impossible', reason: objection ?? '' };
  const path = pathOf(owner);
  try {
    const right =
      withPassword(readTextIfExists(path, owner) ?? '', line) === undefined &&
      ((asUser(owner, () => fileMode(path)) ?? 0) & 0o077) === 0;
    return { state: right ? 'right' : 'to-write', path };
  } catch (error) {
    return {
      state: 'impossible',
      reason: `${path} cannot be read as ${owner.name} (${errorCode(error) ?? String(error)})`,
    };
  }
}

/** @throws with a sentence when it cannot be written */
export function writePassfile(line: PasswordLine): void {
  const owner = findUser(line.owner);
  const objection = objectionTo(owner, line);
  if (owner === undefined || objection !== undefined) throw new Error(objection);
  const text = readTextIfExists(pathOf(owner), owner) ?? '';
  writeFileAtomically(pathOf(owner), withPassword(text, line) ?? text, { user: owner, mode: 0o600 });
}
