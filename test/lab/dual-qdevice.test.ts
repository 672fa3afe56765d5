/** Two nodes and corosync-qnetd on a third machine: who has its vote goes on, and waits until the other one surely has none. (docs/quorum-device.md) */
import type { Test } from 'tap';
import { startLocalWriters } from '../../lab/client/local-writers.ts';
import { promotedNode, unpromotedNodes } from '../../lab/index.ts';
import { TOGETHER_MS } from '../../lib/pgsql/decide/apart.ts';
import { parseMemory } from '../../lib/pgsql/memory.ts';
import {
  dataStatusOf,
  rewind,
  scoreOf,
  seesItselfStopped,
  statusOf,
  timelineOf,
  waitForPrimary,
  waitForReturn,
} from './actions.ts';
import { sentencesOf } from './agent-log.ts';
import { expectOneAtATime } from './one-at-a-time.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const DEVICE = 'qnetd';

await withLab(import.meta.url, { template: 'dual_qdevice', corosync: 'fast' }, async (lab, scenario) => {
  /** Does the device vote for both nodes, in the eyes of each? */
  const votesForBoth = async (): Promise<boolean> => {
    const texts = await Promise.all(
      lab.options.nodeNames.map((node) =>
        lab.exec(node, ['corosync-quorumtool', '-s'], { allowFailure: true }),
      ),
    );
    return texts.every(({ stdout }) => (stdout.match(/ A,V,/g) ?? []).length === 2);
  };

  /** Nobody acts alone who has not seen the other one for a while before. */
  const hasBeenTogether = async (node: string): Promise<boolean> => {
    const { stdout } = await lab.exec(node, ['cat', '/run/resource-agents/pha-pgsql.json']);
    const { lookedMs = 0, togetherSinceMs } = parseMemory(stdout).apart ?? {};
    return togetherSinceMs !== undefined && lookedMs - togetherSinceMs >= TOGETHER_MS;
  };

  const cast = async (): Promise<{ primary: string; standby: string }> => {
    const cluster = await lab.waitForRest(
      'a primary and a synchronous standby',
      (now) => {
        const [primary = '', [standby = '']] = [promotedNode(now), unpromotedNodes(now)];
        return (
          statusOf(now, primary) === 'PRI' &&
          statusOf(now, standby) === 'HS:sync' &&
          dataStatusOf(now, standby) === 'STREAMING|SYNC' &&
          scoreOf(now, standby) === '100'
        );
      },
      RECOVERY_MS,
    );
    await lab.waitUntil('the device to vote for both', votesForBoth, RECOVERY_MS);
    for (const node of lab.options.nodeNames)
      await lab.waitUntil(`${node} to know both together`, () => hasBeenTogether(node), RECOVERY_MS);
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
  };

  await scenario('the device is down: nothing happens', async (t) => {
    const { primary, standby } = await cast();
    const before = await Promise.all([primary, standby].map(serverOf));
    await underLoad(t, lab, async (client) => {
      await lab.powerOff(DEVICE);
      await lab.waitUntil(
        'both nodes to be without its vote',
        async () => {
          const { stdout } = await lab.exec(standby, ['corosync-quorumtool', '-s']);
          return (stdout.match(/ A,NV,/g) ?? []).length === 2;
        },
        RECOVERY_MS,
      );
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.boot(DEVICE);
      await cast();
    });
    t.strictSame(await Promise.all([primary, standby].map(serverOf)), before, 'the same servers');
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

  await scenario('the primary is cut off from both', async (t) => {
    const { primary, standby } = await cast();
    await underLoad(t, lab, async (client) => {
      const writers = await startLocalWriters(lab, primary);
      await writers.waitForRows(primary, 5);
      await lab.cut(primary);
      await waitForPrimary(lab, standby);
      await client.waitForWrites(20, RECOVERY_MS);
      await writers.waitForRows(standby, 5);
      t.not((await sentencesOf(lab, standby, 'promote.apart-wait')).length, 0, 'it has waited, and says so');
      await seesItselfStopped(lab, primary);
      await lab.heal(primary);
      await waitForReturn(lab, primary);
      await expectOneAtATime(t, lab, writers, [primary, standby], standby);
    });
  });
});
