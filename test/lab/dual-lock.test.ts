/** Two nodes and an arbiter: one of them holds the lock and accepts writes, whoever is cut off from whom. (docs/distlock.md) */
import type { Test } from 'tap';
import { startLocalWriters } from '../../lab/client/local-writers.ts';
import { type CrmMon, promotedNode, unpromotedNodes } from '../../lab/index.ts';
import { arbiterConninfo, lockName } from '../../lab/postgres/arbiter.ts';
import {
  dataStatusOf,
  rewind,
  scoreOf,
  statusOf,
  timelineOf,
  waitForPrimary,
  waitForReturn,
} from './actions.ts';
import { expectOneAtATime } from './one-at-a-time.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const ARBITER = 'arbiter';

const params = {
  enable_distlock: 'true',
  distlock_conninfo: arbiterConninfo(ARBITER),
  distlock_lockname: lockName,
  // Of a machine on which a monitor may take seconds to start.
  distlock_lease_seconds: '12',
  distlock_timeout_seconds: '15',
};

await withLab(import.meta.url, { template: 'dual', corosync: 'fast', params }, async (lab, scenario) => {
  const arbiterOf = (cluster: CrmMon, node: string): string | undefined =>
    cluster.attributes[node]?.['pgsql-arbiter'];

  /** Of the lock, or of the row beside it. */
  const ownerOf = (name: string): Promise<string> =>
    lab.sql(ARBITER, `SELECT owner FROM distlock WHERE lockname = '${name}'`, { database: 'distlock' });
  const lock = lockName.replace(/^distlock:/, '');

  /** Also until the arbiter knows that commits wait for the standby: before that it would be promoted by nobody's right. */
  const cast = async (): Promise<{ primary: string; standby: string }> => {
    const cluster = await lab.waitForRest(
      'a primary and a synchronous standby that both reach the arbiter',
      (now) => {
        const [primary = '', [standby = '']] = [promotedNode(now), unpromotedNodes(now)];
        return (
          statusOf(now, primary) === 'PRI' &&
          statusOf(now, standby) === 'HS:sync' &&
          dataStatusOf(now, standby) === 'STREAMING|SYNC' &&
          scoreOf(now, standby) === '100' &&
          [primary, standby].every((node) => arbiterOf(now, node) === 'reached')
        );
      },
      RECOVERY_MS,
    );
    await lab.waitUntil(
      'the arbiter to know that commits wait for the standby',
      async () => (await ownerOf(`${lock}#alone`)) === '',
      RECOVERY_MS,
    );
    return { primary: promotedNode(cluster) ?? '', standby: unpromotedNodes(cluster)[0] ?? '' };
  };

  /** Which PostgreSQL it is: another one after a restart. */
  const serverOf = (node: string): Promise<string> =>
    lab.sql(node, 'SELECT pg_postmaster_start_time(), pg_is_in_recovery()');

  /** What a lost primary had on disk and had not sent makes it diverge; then it says so, and is repaired. */
  const bringBack = async (t: Test, node: string): Promise<void> => {
    const outcome = await waitForReturn(lab, node);
    t.comment(
      `${node}: ${outcome.kind === 'failed' ? outcome.failure.exitReason : 'has rejoined by itself'}`,
    );
    if (outcome.kind === 'failed') await rewind(lab, node);
    await cast();
  };

  await scenario('the guard is killed: there is another one, and nobody notices', async (t) => {
    const { primary } = await cast();
    const before = await serverOf(primary);
    const guard = async (): Promise<string> =>
      (await lab.exec(primary, ['cut', '-d', ' ', '-f', '1', '/run/pha/pgsql.lease-guard'])).stdout;
    const first = await guard();
    await underLoad(t, lab, async () => {
      await lab.exec(primary, ['kill', '-9', first]);
      await lab.waitUntil('another guard', async () => (await guard()) !== first, RECOVERY_MS);
    });
    t.equal(await serverOf(primary), before, 'the same server');
    t.equal(await ownerOf(lock), primary);
  });

  await scenario('the arbiter is down for longer than a lease', async (t) => {
    const { primary, standby } = await cast();
    const before = await serverOf(primary);
    const ordersGiven = async (): Promise<number> =>
      Number(
        (await lab.exec(primary, ['cut', '-d', ' ', '-f', '2', '/run/pha/pgsql.lease-orders'])).stdout.trim(),
      );
    await underLoad(t, lab, async (client) => {
      await lab.powerOff(ARBITER);
      await lab.waitFor(
        'both nodes to say that the arbiter is silent',
        (now) => [primary, standby].every((node) => arbiterOf(now, node)?.startsWith('silent|') === true),
        RECOVERY_MS,
      );
      // One order with each monitor.
      const first = await ordersGiven();
      await lab.waitUntil(
        'the primary to go on by the word of the standby for longer than a lease',
        async () => (await ordersGiven()) >= first + 4,
        RECOVERY_MS,
      );
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.boot(ARBITER);
      await cast();
    });
    t.equal(await serverOf(primary), before, 'the same server');
    t.equal(await ownerOf(lock), primary);
  });

  await scenario('primary and standby are cut from each other', async (t) => {
    const { primary, standby } = await cast();
    const before = await serverOf(primary);
    await underLoad(t, lab, async (client) => {
      const writers = await startLocalWriters(lab, primary);
      await writers.waitForRows(primary, 5);
      await lab.cutBetween(primary, standby);
      await lab.waitUntil(
        'the primary to tell the arbiter that it goes on alone',
        async () => (await ownerOf(`${lock}#alone`)) === primary,
        RECOVERY_MS,
      );
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.waitUntil(
        `${standby} to be refused by the arbiter`,
        async () => scoreOf(await lab.crmMon(standby), standby) === '-INFINITY',
        RECOVERY_MS,
      );
      await lab.healBetween(primary, standby);
      await cast();
      await expectOneAtATime(t, lab, writers, [primary], primary);
    });
    t.equal(await serverOf(primary), before, 'the same server');
  });

  await scenario('the primary is cut off from both', async (t) => {
    const { primary, standby } = await cast();
    await underLoad(t, lab, async (client) => {
      const writers = await startLocalWriters(lab, primary);
      await writers.waitForRows(primary, 5);
      await lab.cut(primary);
      await waitForPrimary(lab, standby);
      t.equal(await ownerOf(lock), standby);
      await client.waitForWrites(20, RECOVERY_MS);
      await writers.waitForRows(standby, 5);
      await lab.waitUntil(
        `${primary} to be started, alone, as a standby that nobody promotes`,
        async () => (await lab.attributes(primary))[primary]?.['pgsql-status'] === 'HS:alone',
        RECOVERY_MS,
      );
      await lab.heal(primary);
      await bringBack(t, primary);
      await expectOneAtATime(t, lab, writers, [primary, standby], standby);
    });
  });

  await scenario('power off and boot of the primary', async (t) => {
    const { primary, standby } = await cast();
    const timeline = await timelineOf(lab, primary);
    await underLoad(t, lab, async (client) => {
      await lab.powerOff(primary);
      await waitForPrimary(lab, standby);
      t.ok((await timelineOf(lab, standby)) > timeline, 'the new primary has opened a timeline');
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.boot(primary);
      await bringBack(t, primary);
    });
  });
});
