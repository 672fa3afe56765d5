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

/**
 * The text of the file with the password in force. All other lines stay, in their order. libpq takes the first line that
 * matches: where an old line for one server stands in the way of ours, ours comes before it. Pure.
 *
 * @returns undefined if the text is right as it is
 */
export function withPassword(text: string, password: PasswordLine): string | undefined {
  if (isInForce(text, password)) return undefined;
  const appended = withPgpassLine(text, password.line);
  return isInForce(appended, password) ? appended : `${password.line}\n${text}`;
}

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
