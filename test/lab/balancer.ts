/** What scenarios see of the servers that reads are spread over. */
import { join } from 'node:path';
import {
  type CrmMon,
  dataDirectory,
  type Lab,
  type ReadReport,
  readVip,
  startedNode,
} from '../../lab/index.ts';

/** Weights by server; a server that is a node has the node's name. */
export type Weights = Readonly<Record<string, number>>;

/** How long the director may take: in a guest of User-Mode Linux a monitor takes seconds. */
export const TABLE_MS = 90_000;

export const directorOf = (cluster: CrmMon): string => {
  const node = startedNode(cluster, 'lvsdr');
  if (node === undefined) throw new Error('lvsdr is started nowhere');
  return node;
};

/** The lines of `ipvsadm -Sn` on the director. */
export const tableOn = async (lab: Lab, node: string): Promise<string[]> =>
  (await lab.exec(node, ['ipvsadm', '-Sn'])).stdout.split('\n');

const weightsOf = (lab: Lab, lines: readonly string[]): Weights =>
  Object.fromEntries(
    lines.flatMap((line) => {
      const match = new RegExp(`^-a -t ${readVip}:5432 -r ([0-9.]+):5432 .*-w (\\d+)`).exec(line);
      if (match === null) return [];
      const name = lab.nodes.find(({ address }) => address === match[1])?.name ?? String(match[1]);
      return [[name, Number(match[2])]];
    }),
  );

export const currentWeights = async (lab: Lab): Promise<Weights> =>
  weightsOf(lab, await tableOn(lab, directorOf(await lab.crmMon())));

const inWords = (weights: Weights): string =>
  Object.entries(weights)
    .map(([name, weight]) => `${name},${weight}`)
    .sort()
    .join(' ');

/** Waits until the director's table has exactly these servers. */
export const waitForServers = async (lab: Lab, wanted: Weights): Promise<void> => {
  await lab.waitUntil(
    `the servers ${inWords(wanted)} in the table of IPVS`,
    async () => {
      const now = inWords(await currentWeights(lab));
      if (now !== inWords(wanted)) throw new Error(`it has ${now || 'none'}`);
      return true;
    },
    TABLE_MS,
  );
};

/** So many connections, one after the other. */
export const readSome = async (lab: Lab, count: number): Promise<ReadReport> => {
  const client = await lab.reads();
  await client.waitForReads(count, 60_000).catch(async (error: unknown) => {
    await client.stop();
    throw error;
  });
  return client.stop();
};

export const serversOf = (report: ReadReport): string[] => Object.keys(report.servers).sort();

/** A session through the read VIP from the clients' machine that lasts. @returns the server it was on */
export const longRead = (lab: Lab, seconds: number): Promise<string> => {
  const [first] = lab.nodes;
  // On the disk of a node, where the lab has put it.
  const passfile = join(lab.stateDir, 'nodes', first?.name ?? '', 'var/lib/postgresql/.pgpass');
  return lab.execOnClient(
    [
      ...[
        'env',
        `PGPASSFILE=${passfile}`,
        'psql',
        '-XAtq',
        '-h',
        readVip,
        '-U',
        'replication',
        '-d',
        'postgres',
      ],
      ...['-c', `SELECT current_setting('cluster_name') FROM pg_sleep(${seconds})`],
    ],
    120_000,
  );
};

export const killStandby = async (lab: Lab, node: string): Promise<void> => {
  await lab.exec(node, ['sh', '-c', `kill -9 "$(head -n 1 ${dataDirectory}/postmaster.pid)"`]);
};

/** Changes parameters of lvsdr; an empty value is the default. */
export const setBalancer = async (lab: Lab, params: Readonly<Record<string, string>>): Promise<void> => {
  const [first] = lab.nodes;
  for (const [name, value] of Object.entries(params)) {
    const parameter =
      value === ''
        ? [`--delete-parameter=${name}`]
        : [`--set-parameter=${name}`, `--parameter-value=${value}`];
    await lab.exec(first?.name ?? '', ['crm_resource', '--resource=lvsdr', ...parameter]);
  }
};
