import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readConfigTree } from '../../../postgres/config-tree.ts';
import { readControlData } from '../../../postgres/control.ts';
import { parseHba } from '../../../postgres/hba.ts';
import { findPostmaster } from '../../../postgres/process.ts';
import { type Deadline, within } from '../../../system/clock.ts';
import { type Fact, known, mapFact, unknown } from '../../../system/fact.ts';
import { readTextIfExists } from '../../../system/files.ts';
import { asUser, findUser, type OsUser } from '../../../system/os-user.ts';
import { spaceAt } from '../../../system/space.ts';
import type { PgsqlResource } from '../../cluster/pgsql-resource.ts';
import { localAddress } from '../../database/addresses.ts';
import { type Assignment, resourceOf } from '../assignment.ts';
import type { ConfigFiles, ControlFacts, DatabaseFacts, DiskSpace, ServerAnswer } from './facts.ts';
import { tryLogins } from './logins.ts';
import { askServer } from './server.ts';

/** A server that is frozen must not use up the time of everything else. */
const ANSWER_MS = 3_000;

/** The database of this node: what runs, what its files say, and where its user gets in. */
export async function examineDatabase(
  assignment: Assignment,
  deadline: Deadline,
): Promise<Fact<DatabaseFacts>> {
  const resource = assignment.database === null ? undefined : resourceOf(assignment.database);
  if (resource === undefined) return unknown('no pgsql resource is defined');
  const { pgdba, pgdata } = resource.parameters;
  const owner = findUser(pgdba);
  if (owner === undefined) return unknown(`there is no user ${pgdba}`);
  const files = readFiles(resource, owner);
  const [control, server, logins] = await Promise.all([
    examineControl(resource, owner, deadline),
    examineServer(resource, owner, deadline),
    tryLogins(assignment, resource, owner, deadline),
  ]);
  const hba = readHba(resource, owner, files);
  const spaces = [spaceOf('data', pgdata, owner), spaceOf('WAL', walDirectoryOf(pgdata, owner), owner)];
  return known({ control, server, files, hba, logins, spaces });
}

const attempt = <T>(what: string, read: () => Fact<T>): Fact<T> => {
  try {
    return read();
  } catch (error) {
    return unknown(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

async function examineControl(
  { parameters: { pgctl, pgdata } }: PgsqlResource,
  owner: OsUser,
  deadline: Deadline,
): Promise<Fact<ControlFacts>> {
  const answer = await readControlData(join(dirname(pgctl), 'pg_controldata'), pgdata, owner, deadline);
  if (!answer.ok) return unknown(answer.reason);
  const { systemIdentifier, state, dataChecksums, walLogHints } = answer.value;
  return known({ systemIdentifier, state, dataChecksums, walLogHints });
}

async function examineServer(
  resource: PgsqlResource,
  owner: OsUser,
  deadline: Deadline,
): Promise<ServerAnswer> {
  const postmaster = findPostmaster(resource.parameters.pgdata);
  if (postmaster === undefined) return { kind: 'stopped' };
  const address = localAddress(resource, owner, postmaster.socketDirectory);
  const answer = await askServer(address, within(deadline, ANSWER_MS));
  return answer.ok
    ? { kind: 'answers', server: answer.value }
    : { kind: 'silent', failure: answer.failure.kind, reason: answer.failure.message };
}

function readFiles({ parameters }: PgsqlResource, owner: OsUser): Fact<ConfigFiles> {
  const { config, pgdata, tmpdir } = parameters;
  return attempt(config, () => {
    if (readTextIfExists(config, owner) === undefined) return unknown(`there is no ${config}`);
    const tree = readConfigTree(config, pgdata, {
      readText: (path) => readTextIfExists(path, owner),
      list: (directory) => asUser(owner, () => readdirSync(directory)),
    });
    return known({ ...tree, agentFile: `${tmpdir}/rep_mode.conf` });
  });
}

/** hba_file of the configuration, else pg_hba.conf in the data directory. */
function readHba(
  { parameters: { pgdata } }: PgsqlResource,
  owner: OsUser,
  files: Fact<ConfigFiles>,
): DatabaseFacts['hba'] {
  const named = mapFact(files, ({ lines }) => lines.filter(({ name }) => name === 'hba_file').at(-1)?.value);
  const path = (named.known ? named.value : undefined) ?? join(pgdata, 'pg_hba.conf');
  return attempt(path, () => {
    const text = readTextIfExists(path, owner);
    return text === undefined ? unknown(`there is no ${path}`) : known({ path, lines: parseHba(text) });
  });
}

/** Often a link to another disk. */
function walDirectoryOf(pgdata: string, owner: OsUser): string {
  for (const name of ['pg_wal', 'pg_xlog']) {
    try {
      return asUser(owner, () => realpathSync(join(pgdata, name)));
    } catch {
      // The other name, then.
    }
  }
  return join(pgdata, 'pg_wal');
}

const spaceOf = (holds: DiskSpace['holds'], path: string, owner: OsUser): DiskSpace => ({
  holds,
  path,
  space: attempt(path, () => known(spaceAt(path, owner))),
});
