import { parseConninfo } from '../../../postgres/conninfo.ts';
import { type Fact, known, unknown } from '../../../system/fact.ts';
import { fileStatus } from '../../../system/files.ts';
import { asUser, findUser, type OsUser } from '../../../system/os-user.ts';
import { type DatabaseAssignment, resourceOf } from '../assignment.ts';
import type { SecretFile } from './facts.ts';

/** Where install.sh puts the configuration of the cluster, which may hold the replication user's password. */
export const CONFIG_INI = '/etc/pha/config.ini';

/** Who may read the files that hold secrets. Their content is not looked at. */
export function examineSecrets(database: DatabaseAssignment | null): readonly SecretFile[] {
  const configIni: SecretFile = {
    kind: 'config.ini',
    path: CONFIG_INI,
    found: statusOf(CONFIG_INI),
    wanted: { ownerName: 'root', ownerUid: 0 },
  };
  const resource = database === null ? undefined : resourceOf(database);
  const owner = resource === undefined ? undefined : findUser(resource.parameters.pgdba);
  if (resource === undefined || owner === undefined) return [configIni];
  const parsed = parseConninfo(resource.parameters.primary_conninfo_opt);
  const options: ReadonlyMap<string, string> = parsed.ok ? parsed.value : new Map();
  const wanted = { ownerName: owner.name, ownerUid: owner.uid };
  const passfile = options.get('passfile') ?? `${owner.home}/.pgpass`;
  const sslkey = options.get('sslkey');
  return [
    { kind: 'passfile', path: passfile, found: statusOf(passfile, owner), wanted },
    ...(sslkey === undefined
      ? []
      : [{ kind: 'sslkey' as const, path: sslkey, found: statusOf(sslkey, owner), wanted }]),
    configIni,
  ];
}

/** With the rights of the database's user, who may have put a link there. */
function statusOf(path: string, user?: OsUser): Fact<{ mode: number; ownerUid: number } | null> {
  try {
    return known((user === undefined ? fileStatus(path) : asUser(user, () => fileStatus(path))) ?? null);
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  }
}
