import { clusterNodes } from '../../config/index.ts';
import { readCib } from '../../pacemaker/replace-configuration.ts';
import { parsePrimitives } from '../../pacemaker/resources.ts';
import { writeXml, xmlElement } from '../../pacemaker/xml-writer.ts';
import { stateNames } from '../../pgsql/names.ts';
import { type Deadline, wallClockMs } from '../../system/clock.ts';
import type { OsUser } from '../../system/os-user.ts';
import type { Progress } from '../cli/progress.ts';
import { observeCluster } from '../cluster/observe-cluster.ts';
import { choosePgsqlResource } from '../cluster/pgsql-resource.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { whoHasAddress } from './address-in-use.ts';
import { changesBetween } from './changes.ts';
import { withFirstPrimary } from './first-primary.ts';
import { configurationOf, emptied, merged } from './merge.ts';
import { buildOffline } from './offline.ts';
import type { ReadConfig, ReadDefinition } from './prepare.ts';
import { askServers } from './running-servers.ts';
import type { SetupSnapshot } from './snapshot.ts';

export type SetupObservation =
  | { readonly ok: true; readonly snapshot: SetupSnapshot }
  | { readonly ok: false; readonly code: CommandExitCode; readonly sentence: string };

export interface SetupQuestion extends ReadConfig, ReadDefinition {
  /** The operator knows that nobody has the virtual addresses, whatever answers. */
  readonly addressIsFree: boolean;
  readonly master?: string;
  readonly user: OsUser;
  readonly deadline: Deadline;
  readonly progress: Progress;
  readonly interrupted: AbortSignal;
}

const BACKUP_FOLDER = '/var/lib/pha/backup';

/** Looks at the cluster, and carries the definition out on a copy of its configuration. The cluster is left as it is. */
export async function observeSetup(question: SetupQuestion): Promise<SetupObservation> {
  const { config, configFile, definitionFile, lines, master, deadline, progress } = question;
  const refused = (code: CommandExitCode, sentence: string): SetupObservation => ({
    ok: false,
    code,
    sentence,
  });
  const [cluster, cib] = await Promise.all([observeCluster(deadline), readCib(deadline)]);
  if (!cluster.known) {
    return refused(CommandExit.NO_CLUSTER_INFORMATION, `no cluster information: ${cluster.reason}`);
  }
  if (!cib.ok) return refused(CommandExit.NO_CLUSTER_INFORMATION, `no cluster information: ${cib.reason}`);

  progress.state('are the virtual addresses free?');
  const takenAddresses = await strangersAddresses(
    question,
    new Set(cluster.value.primitives.flatMap(({ parameters }) => parameters.get('ip') ?? [])),
  );
  const built = await buildOffline(emptied(cib.cib), lines, question);
  if (!built.ok) {
    const where = built.line === 0 ? definitionFile : `${definitionFile}, line ${built.line}`;
    return refused(CommandExit.ERROR, `${where}: ${built.sentence}\n  The cluster was not changed.`);
  }
  const result = merged(cib.cib, built.cib);
  const primitives = parsePrimitives(writeXml(xmlElement('cib', {}, [result.configuration])));
  const choice = choosePgsqlResource(primitives.ok ? primitives.primitives : []);
  const database = choice.ok ? choice.resource : undefined;
  const before = configurationOf(cib.cib);
  const isManaged = cluster.value.mon.instances.some(
    ({ resource, nodes }) => resource === database?.id && nodes.length > 0,
  );
  const servers =
    database === undefined || isManaged
      ? []
      : await askServers(clusterNodes(config), cluster.value.self, database, deadline);
  const first = master ?? servers.find(({ state }) => state === 'primary')?.node;
  const isRecorded =
    database !== undefined && cluster.value.view.properties.has(stateNames(database.id).replInfo);
  const after =
    first === undefined || database === undefined || isRecorded
      ? result.configuration
      : withFirstPrimary(result.configuration, database.id, first);
  return {
    ok: true,
    snapshot: {
      cluster: cluster.value,
      config,
      configFile,
      definitionFile,
      ...(master === undefined ? {} : { master }),
      before,
      after,
      merged: result,
      changes: changesBetween(before, after),
      ...(database === undefined ? {} : { database }),
      servers,
      takenAddresses,
      backupFile: `${BACKUP_FOLDER}/cib-${timestamp(wallClockMs())}.xml`,
    },
  };
}

/** Only of addresses that no resource of the cluster has: those are the cluster's own. */
async function strangersAddresses(
  { config, deadline, addressIsFree }: SetupQuestion,
  own: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (addressIsFree) return [];
  const { vip_nic: nic } = config.values;
  const wanted = (['writer_vip', 'reader_vip'] as const)
    .map((name) => ({ name, address: config.values[name] }))
    .filter(({ address }) => !own.has(address));
  const question = { nic, nodes: clusterNodes(config), deadline };
  const found = await Promise.all(wanted.map((each) => whoHasAddress(each, question)));
  return found.filter((sentence) => sentence !== undefined);
}

/** `20261121T103000Z`, which sorts by time. */
const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
