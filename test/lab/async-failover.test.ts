/** rep_mode=async, three nodes: when the primary is lost, the standby that received most takes over. */
import type { Test } from 'tap';
import { type CrmMon, type Lab, promotedNode, startedNode, unpromotedNodes } from '../../lab/index.ts';
import {
  cleanUp,
  receiverSignal,
  rewind,
  scoreOf,
  statusOf,
  waitForPrimary,
  waitForReturn,
} from './actions.ts';
import { sentencesOf } from './agent-log.ts';
import { RECOVERY_MS, withLab } from './support.ts';

const MAX_LAG_BYTES = 1024 * 1024;

const request = {
  repMode: 'async',
  corosync: 'fast',
  params: { max_lag_on_failover: String(MAX_LAG_BYTES) },
} as const;

/** Who is what, and whom Pacemaker would promote by the scores alone. */
interface Cast {
  readonly primary: string;
  readonly favourite: string;
  readonly other: string;
}

const castOf = async (lab: Lab): Promise<Cast> => {
  const isFavourite = (now: CrmMon, node: string): boolean => scoreOf(now, node) === '100';
  const cluster = await lab.waitForRest(
    'two standbys that may take over, in some order',
    (now) =>
      promotedNode(now) !== undefined &&
      unpromotedNodes(now).length === 2 &&
      unpromotedNodes(now).every((node) => statusOf(now, node) === 'HS:async') &&
      unpromotedNodes(now).filter((node) => isFavourite(now, node)).length === 1,
    RECOVERY_MS,
  );
  const [favourite = ''] = unpromotedNodes(cluster).filter((node) => isFavourite(cluster, node));
  const [other = ''] = unpromotedNodes(cluster).filter((node) => node !== favourite);
  return { primary: promotedNode(cluster) ?? '', favourite, other };
};

/** Where a node's WAL ends that is on its disk. */
const receivedBy = async (lab: Lab, node: string): Promise<string> =>
  lab.sql(node, 'SELECT coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())');

/** Writes what only `other` receives, and takes the power from the primary, which still takes the favourite for a good one. */
const losePrimaryWhileFavouriteIsHeldBack = async (
  t: Test,
  lab: Lab,
  { primary, favourite, other }: Cast,
  bytes: number,
): Promise<void> => {
  await lab.sql(primary, 'CREATE TABLE IF NOT EXISTS held_back (filling text)');
  const before = await lab.sql(primary, 'SELECT count(*) FROM held_back');
  // However long this takes, the primary does not give the connection up.
  await lab.sql(primary, "ALTER SYSTEM SET wal_sender_timeout = '1min'");
  await lab.sql(primary, 'SELECT pg_reload_conf()');
  await receiverSignal(lab, favourite, 'STOP');
  const written = await lab.sql(
    primary,
    `INSERT INTO held_back SELECT repeat('x', 1000) FROM generate_series(1, ${Math.ceil(bytes / 1000)});
     SELECT pg_current_wal_flush_lsn()`,
  );
  await lab.waitUntil(
    `${other} to receive what ${favourite} does not`,
    async () => (await lab.sql(other, `SELECT pg_last_wal_receive_lsn() >= '${written}'::pg_lsn`)) === 't',
    RECOVERY_MS,
  );
  const cluster = await lab.crmMon(other);
  await lab.powerOff(primary);
  t.equal(scoreOf(cluster, favourite), '100', `${favourite} had the highest score when the primary was lost`);
  const behind = await lab.sql(
    favourite,
    `SELECT '${written}'::pg_lsn - '${await receivedBy(lab, favourite)}'`,
  );
  t.ok(Number(behind) >= bytes, `${favourite} lacks ${behind} bytes (there were ${before} rows before)`);
};

await withLab(import.meta.url, request, async (lab, scenario) => {
  const rowsOf = (node: string): Promise<string> => lab.sql(node, 'SELECT count(*) FROM held_back');

  /** The node that lost its power comes back, by a rewind if it had something that no standby received. */
  const bringBack = async (node: string): Promise<void> => {
    await lab.boot(node);
    if ((await waitForReturn(lab, node)).kind === 'failed') await rewind(lab, node);
    await lab.waitHealthy(RECOVERY_MS);
  };

  await scenario('the one that received most wins, although the other has the higher score', async (t) => {
    const cast = await castOf(lab);
    const { primary, favourite, other } = cast;
    const slowElections = async (): Promise<number> =>
      (await Promise.all([favourite, other].map((node) => sentencesOf(lab, node, 'election.newest')))).flat()
        .length;
    const known = await slowElections();
    await losePrimaryWhileFavouriteIsHeldBack(t, lab, cast, 100_000);
    await waitForPrimary(lab, other);
    t.equal(await rowsOf(other), '100', 'everything that any standby had received is there');
    // On a slow machine the candidate does not see the other's position in time, and finds out when it is promoted.
    const rules = ['election.better-node', 'promote.better-node'];
    const reasons = rules.flatMap((rule) => [favourite, other].map((node) => sentencesOf(lab, node, rule)));
    t.match((await Promise.all(reasons)).flat().join('\n'), `${other} holds more: timeline 2, `);
    t.equal(await slowElections(), known, 'by the election of this promotion, not after several monitors');
    await receiverSignal(lab, favourite, 'CONT').catch(() => undefined);
    await lab.waitUntil(
      `${favourite} to have the same from ${other}`,
      async () => (await rowsOf(favourite)) === '100',
      RECOVERY_MS,
    );
    await cleanUp(lab, favourite);
    await bringBack(primary);
  });

  await scenario(
    'max_lag_on_failover: one that is too far behind is refused, with the figures',
    async (t) => {
      const cast = await castOf(lab);
      const { primary, favourite, other } = cast;
      // As for a standby that is only there for reports.
      await lab.exec(primary, [
        ...['crm_resource', '--ban', '--promoted', '--resource', 'msPostgresql', '--node', other],
      ]);
      await losePrimaryWhileFavouriteIsHeldBack(t, lab, cast, 4 * MAX_LAG_BYTES);
      const refusal =
        /^not promoted: (\S+) is at \S+, (\d+) bytes behind the lost primary, and max_lag_on_failover is (\d+) bytes/;
      const cluster = await lab.waitFor(
        `the promotion of ${favourite} to be refused`,
        (now) => now.failures.some(({ exitReason }) => refusal.test(exitReason)),
        RECOVERY_MS,
      );
      const failure = cluster.failures.find(({ exitReason }) => refusal.test(exitReason));
      const [, named, lag, limit] = refusal.exec(failure?.exitReason ?? '') ?? [];
      t.match(failure, { node: favourite, operation: 'pgsql_promote_0' });
      t.match({ named, limit }, { named: favourite, limit: String(MAX_LAG_BYTES) });
      t.ok(Number(lag) >= 4 * MAX_LAG_BYTES, `a lag of ${lag} bytes`);
      const refused = await lab.waitFor(
        `${favourite} to run as a standby again`,
        (now) => unpromotedNodes(now).includes(favourite) && scoreOf(now, favourite) === '-INFINITY',
        RECOVERY_MS,
      );
      t.equal(promotedNode(refused), undefined, 'nobody is promoted');
      t.equal(startedNode(refused, 'vip-master'), undefined, 'and nobody has the write VIP');

      // The administrator decides for the other one.
      await lab.exec(other, ['crm_resource', '--clear', '--resource', 'msPostgresql']);
      await waitForPrimary(lab, other);
      t.equal(await rowsOf(other), String(100 + Math.ceil((4 * MAX_LAG_BYTES) / 1000)), 'nothing is missing');
      await cleanUp(lab, favourite);
      await bringBack(primary);
      t.strictSame((await lab.crmMon()).failures, [], 'nothing is left to clean up');
    },
  );
});
