/** What scenarios see of the servers that reads are spread over. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  type CrmMon,
  dataDirectory,
  type Lab,
  passfile,
  promotedNode,
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

/** So many connections, one after the other; a slow machine is no reason for a missing answer. */
export const readSome = async (lab: Lab, count: number): Promise<ReadReport> => {
  const client = await lab.reads({ connectTimeoutMs: 30_000 });
  await client.waitForReads(count, 60_000).catch(async (error: unknown) => {
    await client.stop();
    throw error;
  });
  return client.stop();
};

export const serversOf = (report: ReadReport): string[] => Object.keys(report.servers).sort();

/** A query through the read VIP from the clients' machine. */
export const askOnce = async (lab: Lab, text: string, timeoutMs?: number): Promise<string> => {
  const [first] = lab.nodes;
  // On the disk of a node, where the lab has put it.
  const file = join(lab.stateDir, 'nodes', first?.name ?? '', passfile);
  const psql = ['psql', '-XAtq', '-h', readVip, '-U', 'replication', '-d', 'postgres', '-c', text];
  return (await lab.execOnClient(['env', `PGPASSFILE=${file}`, ...psql], timeoutMs)).trim();
};

export interface Sessions {
  isOpenOn(server: string): Promise<boolean>;
  /** Lets them end. @returns the servers that have answered, in order */
  end(): Promise<string[]>;
}

/** A session through the read VIP on each of these servers, which are those that take turns. */
export const openSessions = async (lab: Lab, servers: readonly string[]): Promise<Sessions> => {
  // A table that is made when they shall end reaches each server, whoever is primary then.
  const mark = `ended_${randomBytes(4).toString('hex')}`;
  const isThere = `EXISTS (SELECT FROM pg_class WHERE relname = '${mark}')`;
  const wait = `DO $$ BEGIN WHILE NOT ${isThere} LOOP PERFORM pg_sleep(0.1); END LOOP; END $$`;
  const question = `${wait}; SELECT current_setting('cluster_name')`;
  const answers = servers.map(() => askOnce(lab, question, 300_000).catch((error: Error) => error.message));
  const isOpenOn = async (server: string): Promise<boolean> => {
    const count = `SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%${mark}%'`;
    return (await lab.sql(server, count)) === '1';
  };
  for (const server of servers)
    await lab.waitUntil(`a session on ${server}`, () => isOpenOn(server), TABLE_MS);
  return {
    isOpenOn,
    end: async () => {
      const text = `SET synchronous_commit = local; CREATE TABLE ${mark} ()`;
      await lab.sql(promotedNode(await lab.crmMon()) ?? '', text);
      return (await Promise.all(answers)).sort();
    },
  };
};

export const killStandby = async (lab: Lab, node: string): Promise<void> => {
  await lab.exec(node, ['sh', '-c', `kill -9 "$(head -n 1 ${dataDirectory}/postmaster.pid)"`]);
};

/** Changes parameters of lvsdr, all at once; an empty value is the default. */
export const setBalancer = async (lab: Lab, params: Readonly<Record<string, string>>): Promise<void> => {
  const [first] = lab.nodes;
  const pairs = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  await lab.exec(first?.name ?? '', ['pcs', 'resource', 'update', 'lvsdr', ...pairs]);
};
