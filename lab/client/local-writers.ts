/**
 * Writers inside the nodes, each through its node's own socket: what a client sees that is on the wrong side of a cut,
 * or still holds a connection to an old primary. They tell which node acknowledged what, and when.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../lab.ts';

export interface Attempt {
  readonly node: string;
  readonly number: number;
  /** Since this machine has booted, which all nodes share and no wall clock changes. */
  readonly beganMs: number;
  readonly endedMs: number;
  readonly acknowledged: boolean;
  /** On which the server wrote that acknowledged it: a promotion opens another one. */
  readonly timeline: number;
  /** What psql said of an attempt that was not acknowledged. */
  readonly error: string;
}

export interface LocalWriters {
  /** Returns when the writer inside a node, which is the primary, has had so many rows stored. */
  waitForRows(node: string, count: number): Promise<void>;
  /** The last attempts so far of a node that is running. */
  latest(node: string): Promise<readonly Attempt[]>;
  /** Begins again on a node that has lost its power. */
  resume(node: string): Promise<void>;
  /** Ends the writers and returns all attempts. */
  stop(): Promise<readonly Attempt[]>;
}

const TABLE = 'local_writes';
const STOP_FILE = '/run/pha-lab/local-writers-stop';
const LOG = '/run/pha-lab/local-writes';
/** As many as a node makes in half a minute. */
const LATEST = 300;
const WAIT_MS = 60_000;
const MOST_MS = 600_000;

/** As the script below reads it. */
export const sinceBootMs = async (): Promise<number> =>
  Math.round(Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]) * 1000);

/**
 * An attempt that hangs is given up from outside, without a cancel: a cancelled wait would report a success.
 * /proc/uptime is there for every process alike, whatever its clock.
 */
const script = (psql: string, node: string, first: number, pauseSeconds: number): string => `
now() { read -r up _ </proc/uptime; up="\${up%.*}\${up#*.}0"; }
number=${first}
answer=$(mktemp) error=$(mktemp)
until [ -e ${STOP_FILE} ]; do
  number=$((number + 1))
  now; began=$up verdict=refused timeline=0
  if timeout --signal=KILL 2 ${psql} -XAtq -v ON_ERROR_STOP=1 -d app \\
    -c "INSERT INTO ${TABLE} VALUES ('${node}', $number) RETURNING substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)" \\
    >"$answer" 2>"$error"; then verdict=acknowledged; read -r timeline <"$answer"; fi
  now
  line="$began $up $number $verdict $timeline $(tr '\\n' ' ' <"$error")"
  echo "$line"; echo "$line" >>${LOG}
  sleep ${pauseSeconds}
done
`;

const parse = (node: string, line: string): Attempt => {
  const [beganMs, endedMs, number, verdict, timeline = '', ...error] = line.split(' ');
  return {
    node,
    number: Number(number),
    beganMs: Number(beganMs),
    endedMs: Number(endedMs),
    // A commit that comes with a warning has not waited for its standby.
    acknowledged: verdict === 'acknowledged' && !error.join(' ').includes('WARNING'),
    timeline: Number.parseInt(timeline, 16),
    error: error.join(' ').trim(),
  };
};

const parseAll = (node: string, text: string): Attempt[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parse(node, line));

/**
 * Begins to write on all nodes.
 *
 * @param primary where the table is made
 * @param pauseSeconds between two attempts of a node
 */
export const startLocalWriters = async (
  lab: Lab,
  primary: string,
  pauseSeconds = 0.1,
): Promise<LocalWriters> => {
  const names = lab.options.nodeNames;
  await lab.sql(
    primary,
    `DROP TABLE IF EXISTS ${TABLE}; CREATE TABLE ${TABLE} (node text, number integer, PRIMARY KEY (node, number))`,
    { database: 'app' },
  );
  const runs: Promise<Attempt[]>[] = [];
  const start = async (name: string): Promise<void> => {
    await lab.exec(name, ['rm', '-f', STOP_FILE]);
    // In a directory of root's.
    await lab.exec(name, ['install', '-o', 'postgres', '/dev/null', LOG]);
    // A node that loses its power ends the command too, and what it printed until then counts.
    const options = { user: 'postgres', timeoutMs: MOST_MS, allowFailure: true };
    const text = script(join(lab.binDirectory, 'psql'), name, runs.length * 1_000_000, pauseSeconds);
    const run = lab.exec(name, ['sh', '-c', text], options).then(({ stdout }) => parseAll(name, stdout));
    // Whoever stops the writers hears of its failure.
    run.catch(() => undefined);
    runs.push(run);
  };
  await Promise.all(names.map(start));
  const rowsOf = async (node: string): Promise<number> =>
    Number(await lab.sql(node, `SELECT count(*) FROM ${TABLE} WHERE node = '${node}'`, { database: 'app' }));
  return {
    waitForRows: (node, count) =>
      lab.waitUntil(
        `the writer inside ${node} to store ${count} rows`,
        async () => (await rowsOf(node)) >= count,
        WAIT_MS,
      ),
    latest: async (node) =>
      parseAll(node, (await lab.exec(node, ['tail', '-n', String(LATEST), LOG])).stdout),
    resume: start,
    stop: async () => {
      await Promise.all(
        names.map(async (name) => {
          if ((await lab.power(name)) === 'running') await lab.exec(name, ['touch', STOP_FILE]);
        }),
      );
      return (await Promise.all(runs)).flat();
    },
  };
};

/** The acknowledged attempts that the primary does not have. */
export const lostAttempts = async (
  lab: Lab,
  primary: string,
  attempts: readonly Attempt[],
): Promise<string[]> => {
  const rows = await lab.sql(primary, `SELECT node || ' ' || number FROM ${TABLE}`, { database: 'app' });
  const kept = new Set(rows.split('\n'));
  return attempts
    .filter(({ acknowledged, node, number }) => acknowledged && !kept.has(`${node} ${number}`))
    .map(({ node, number }) => `${node} ${number}`);
};

/** The first and the last moment at which each node acknowledged something. */
export const acknowledgingSpans = (
  attempts: readonly Attempt[],
): { readonly node: string; readonly fromMs: number; readonly toMs: number }[] => {
  const acknowledged = attempts.filter((attempt) => attempt.acknowledged);
  return [...new Set(acknowledged.map(({ node }) => node))]
    .map((node) => {
      const times = acknowledged.filter((attempt) => attempt.node === node).map(({ endedMs }) => endedMs);
      return { node, fromMs: Math.min(...times), toMs: Math.max(...times) };
    })
    .sort((a, b) => a.fromMs - b.fromMs);
};
