/** A cluster at rest, the faults that end it, and how each agent is asked for a planned switch. */
import { dataDirectory, type Lab, LabError, promotedNode } from '../../lab/index.ts';
import type { Fault } from './plays.ts';

export interface Cast {
  readonly primary: string;
  /** one for which commits wait */
  readonly standby: string;
}

const REST_MS = 90_000;

/** Nobody looks after that with the agent floor. Who is promoted first must be waited for first. */
const makeFloorSynchronous = async (lab: Lab, primary: string): Promise<void> => {
  const others = lab.options.nodeNames.filter((name) => name !== primary);
  const names = `FIRST 1 (${others.map((name) => `"${name}"`).join(', ')})`;
  await lab.sql(primary, `ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
  await lab.sql(primary, 'SELECT pg_reload_conf()');
};

const STANDBYS = `SELECT application_name, sync_state IN ('sync', 'quorum') FROM pg_stat_replication
WHERE state = 'streaming' AND current_setting('synchronous_standby_names') <> '' ORDER BY sync_priority, 1`;

/**
 * Until all standbys stream, the primary waits for at least one of them, nothing has failed, and Pacemaker has nothing
 * left to do: the same for each agent, whatever it says of itself.
 */
export const waitUntilAtRest = async (lab: Lab): Promise<Cast> => {
  const cluster = await lab.waitHealthy(REST_MS);
  const primary = promotedNode(cluster) ?? '';
  if (lab.options.agent === 'floor') await makeFloorSynchronous(lab, primary);
  let standby: string | undefined;
  await lab.waitUntil(
    'all standbys to stream, and one to be waited for',
    async () => {
      const rows = (await lab.sql(primary, STANDBYS)).split('\n').map((row) => row.split('|'));
      standby = rows.find(([, isSynchronous]) => isSynchronous === 't')?.[0];
      return standby !== undefined && rows.length === lab.options.nodeNames.length - 1;
    },
    REST_MS,
  );
  const now = await lab.waitForRest(
    'the same primary, and nothing that has failed',
    (now) =>
      promotedNode(now) === primary &&
      now.failures.length === 0 &&
      Object.values(now.failCounts).every(isEmpty),
    REST_MS,
  );
  if (standby === undefined) throw new LabError(`${promotedNode(now)} has no synchronous standby.`);
  return { primary, standby };
};

const isEmpty = (counts: object): boolean => Object.keys(counts).length === 0;

const killPostmaster = async (lab: Lab, node: string): Promise<void> => {
  const { stdout } = await lab.exec(node, ['head', '-n', '1', `${dataDirectory}/postmaster.pid`]);
  await lab.exec(node, ['kill', '-KILL', stdout.trim()]);
};

/** pha has a command; the documentation of PAF, and Pacemaker's for any agent, has a constraint, to be removed later. */
const switchTo = async (lab: Lab, { primary, standby }: Cast): Promise<void> => {
  if (lab.options.agent === 'pha') {
    await lab.exec(primary, ['cls_online_switch'], { timeoutMs: 60_000 });
    return;
  }
  const move = ['--move', '--resource', 'msPostgresql', '--promoted', '--node', standby];
  await lab.exec(primary, ['crm_resource', ...move]);
};

export const inflict = async (lab: Lab, fault: Fault, cast: Cast): Promise<void> => {
  switch (fault) {
    case 'kill9':
      return killPostmaster(lab, cast.primary);
    case 'cut':
      return lab.cut(cast.primary);
    case 'poweroff':
      return lab.powerOff(cast.primary);
    case 'switch':
      return switchTo(lab, cast);
  }
};
