/**
 * Writers inside the nodes, each through its node's own socket: what a client sees that is on the wrong side of a cut,
 * or still holds a connection to an old primary. They tell which node acknowledged what, and when.
 */
import type { Lab } from '../../lab/index.ts';
import { RECOVERY_MS } from './support.ts';

export interface Attempt {
  readonly node: string;
  readonly number: number;
  /** Of this machine's wall clock, which all nodes share. */
  readonly beganMs: number;
  readonly endedMs: number;
  readonly acknowledged: boolean;
  /** What psql said of an attempt that was not acknowledged. */
  readonly error: string;
}

export interface LocalWriters {
  /** Returns when the writer inside a node, which is the primary, has had so many rows stored. */
  waitForRows(node: string, count: number): Promise<void>;
  /** Ends the writers and returns all attempts. */
  stop(): Promise<readonly Attempt[]>;
}

const TABLE = 'local_writes';
const STOP_FILE = '/run/pha-lab/local-writers-stop';

/** An attempt that hangs is given up from outside, without a cancel: a cancelled wait would report a success. */
const script = (node: string): string => `
number=0
error=$(mktemp)
until [ -e ${STOP_FILE} ]; do
  number=$((number + 1))
  began=$(date +%s%3N)
  verdict=refused
  if timeout --signal=KILL 2 psql -XAtq -v ON_ERROR_STOP=1 -d app \\
    -c "INSERT INTO ${TABLE} VALUES ('${node}', $number)" >/dev/null 2>"$error"; then verdict=acknowledged; fi
  echo "$began $(date +%s%3N) $number $verdict $(tr '\\n' ' ' <"$error")"
  sleep 0.1
done
`;

const parse = (node: string, line: string): Attempt => {
  const [beganMs, endedMs, number, verdict, ...error] = line.split(' ');
  return {
    node,
    number: Number(number),
    beganMs: Number(beganMs),
    endedMs: Number(endedMs),
    // A commit that comes with a warning has not waited for its standby.
    acknowledged: verdict === 'acknowledged' && !error.join(' ').includes('WARNING'),
    error: error.join(' ').trim(),
  };
};

/** Begins to write on all nodes. @param primary where the table is made */
export const startLocalWriters = async (lab: Lab, primary: string): Promise<LocalWriters> => {
  const names = lab.options.nodeNames;
  await lab.sql(
    primary,
    `DROP TABLE IF EXISTS ${TABLE}; CREATE TABLE ${TABLE} (node text, number integer, PRIMARY KEY (node, number))`,
    { database: 'app' },
  );
  await Promise.all(names.map((name) => lab.exec(name, ['rm', '-f', STOP_FILE])));
  const writers = names.map(async (name): Promise<Attempt[]> => {
    // A node that loses its power ends the command too, and what it printed until then counts.
    const options = { user: 'postgres', timeoutMs: 300_000, allowFailure: true };
    const { stdout } = await lab.exec(name, ['sh', '-c', script(name)], options);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parse(name, line));
  });
  const rowsOf = async (node: string): Promise<number> =>
    Number(await lab.sql(node, `SELECT count(*) FROM ${TABLE} WHERE node = '${node}'`, { database: 'app' }));
  return {
    waitForRows: (node, count) =>
      lab.waitUntil(
        `the writer inside ${node} to store ${count} rows`,
        async () => (await rowsOf(node)) >= count,
        RECOVERY_MS,
      ),
    stop: async () => {
      await Promise.all(
        names.map(async (name) => {
          if ((await lab.power(name)) === 'running') await lab.exec(name, ['touch', STOP_FILE]);
        }),
      );
      return (await Promise.all(writers)).flat();
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
