/** rep_mode=sync, what ends on the same primary and the same timeline, as a rule. */
import { isDeepStrictEqual } from 'node:util';
import { type Client, type CrmMon, promotedNode } from '../../lab/index.ts';
import { bringBack, type Cast, castOf, killPostmaster, statusOf, timelineOf } from './actions.ts';
import { sentencesOf } from './agent-log.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  const everyNode = (action: (node: string) => Promise<void>): Promise<unknown> =>
    Promise.all(lab.options.nodeNames.map(action));

  await scenario('the first start reads as the healthy cluster of the original', async (t) => {
    await underLoad(t, lab, async () => {
      const sayWhatTheyAre = (now: CrmMon): boolean =>
        ['node2', 'node3']
          .map((name) => statusOf(now, name))
          .sort()
          .join() === 'HS:async,HS:sync';
      const cluster = await lab.waitForRest(
        'both standbys to say what they are, and the positions of the election to be gone',
        (now) =>
          sayWhatTheyAre(now) &&
          lab.options.nodeNames.every((name) => now.attributes[name]?.['pgsql-xlog-loc'] === undefined),
        RECOVERY_MS,
      );
      // node2 comes first in node_list, and yet after node3 if it streams later.
      const [sync, other] =
        statusOf(cluster, 'node2') === 'HS:sync'
          ? (['node2', 'node3'] as const)
          : (['node3', 'node2'] as const);
      const baseline = cluster.attributes.node1?.['pgsql-master-baseline'] ?? '';
      t.match(baseline, /^[0-9A-F]{16}$/, 'the baseline is 16 hexadecimal digits');
      t.strictSame(cluster.attributes, {
        node1: {
          'master-pgsql': '1000',
          'pgsql-data-status': 'LATEST',
          'pgsql-master-baseline': baseline,
          'pgsql-status': 'PRI',
        },
        [sync]: {
          'master-pgsql': '100',
          'pgsql-data-status': 'STREAMING|SYNC',
          'pgsql-status': 'HS:sync',
        },
        [other]: {
          'master-pgsql': '-INFINITY',
          'pgsql-data-status': 'STREAMING|ASYNC',
          'pgsql-status': 'HS:async',
        },
      });
      t.equal(await lab.replInfo(), `node1|1|${baseline}`);
      t.strictSame(cluster.failures, [], 'nothing has failed');
    });
  });

  /** Runs something under load, after which the same node is to be primary on the same timeline. */
  const samePrimaryAfter = async (
    t: Parameters<Parameters<typeof scenario>[1]>[0],
    disturb: (cast: Cast, client: Client) => Promise<void>,
  ): Promise<Cast> => {
    const cast = await castOf(lab);
    const before = { timeline: await timelineOf(lab, cast.primary), replInfo: await lab.replInfo() };
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await disturb(cast, client);
      await client.waitForWrites(20, RECOVERY_MS);
      const cluster = await lab.waitHealthy(RECOVERY_MS);
      t.equal(promotedNode(cluster), cast.primary, 'the same primary');
      t.strictSame(
        { timeline: await timelineOf(lab, cast.primary), replInfo: await lab.replInfo() },
        before,
        'the same timeline, and nobody was promoted anew',
      );
    });
    return cast;
  };

  await scenario('kill -9 of the primary twice, migration-threshold 3: it is back in place', async (t) => {
    const { primary } = await samePrimaryAfter(t, async (cast, client) => {
      for (const failures of [1, 2]) {
        await killPostmaster(lab, cast.primary);
        await lab.waitFor(
          `failure ${failures} of ${cast.primary} to be noticed`,
          (now) => now.failCounts[cast.primary]?.pgsql === failures,
          RECOVERY_MS,
        );
        await lab.waitHealthy(RECOVERY_MS);
        await client.waitForWrites(20, RECOVERY_MS);
      }
    });
    await lab.exec(primary, ['crm_resource', '--cleanup', '--resource', 'pgsql']);
  });

  await scenario('attributes that the CIB has lost are written anew', async (t) => {
    await samePrimaryAfter(t, async ({ primary }) => {
      // Both standbys follow again at the same moment: either may become the synchronous one.
      const described = ({ attributes: { [primary]: ofPrimary, ...ofStandbys } }: CrmMon): unknown => [
        ofPrimary,
        ...Object.values(ofStandbys)
          .map((values) => JSON.stringify(values))
          .sort(),
      ];
      const before = described(await lab.crmMon());
      const rewrites = async (): Promise<number> =>
        (
          await Promise.all(lab.options.nodeNames.map((node) => sentencesOf(lab, node, 'attributes.rewrite')))
        ).flat().length;
      const known = await rewrites();
      // As when partitions meet again and the CIB of one is kept: attrd holds the values and sees no change.
      await lab.exec(primary, ['cibadmin', '--delete-all', '--force', '--xpath', '//transient_attributes']);
      // Whether Pacemaker demotes the primary before depends on who is faster.
      await lab.waitUntil('an agent to notice it', async () => (await rewrites()) > known, RECOVERY_MS);
      await lab.waitForRest(
        'the attributes to be as before',
        (now) => isDeepStrictEqual(described(now), before),
        RECOVERY_MS,
      );
    });
  });

  /**
   * pacemakerd starts them anew within a second or two. Without fencing Pacemaker takes the node for lost until then, and a DC on
   * another node may have planned by that: mostly it waits for longer, but 70 ms after the controller's end were seen.
   */
  for (const daemon of ['pacemaker-execd', 'pacemaker-based'])
    await scenario(
      `kill -9 of ${daemon}, with which the controller ends, too: the primary stays, if it is back before Pacemaker plans`,
      async (t) => {
        const { primary, sync } = await castOf(lab);
        const seen = async () => ({
          timeline: await timelineOf(lab, primary),
          replInfo: await lab.replInfo(),
        });
        const before = await seen();
        const kept = async (): Promise<number> =>
          (await sentencesOf(lab, primary, 'probe.keeps-place')).length;
        await underLoad(t, lab, async (client) => {
          await client.waitForWrites(20, RECOVERY_MS);
          const known = await kept();
          await lab.exec(primary, ['pkill', '-KILL', '-x', daemon]);
          let stays = false;
          await lab.waitUntil(
            `${primary} to keep its place, or ${sync} to take over`,
            async () => {
              stays = (await kept()) > known;
              return stays || statusOf(await lab.crmMon(sync), sync) === 'PRI';
            },
            RECOVERY_MS,
          );
          await client.waitForWrites(20, RECOVERY_MS);
          if (!stays) await bringBack(t, lab, primary);
          t.equal(promotedNode(await lab.waitHealthy(RECOVERY_MS)), stays ? primary : sync);
          if (stays) t.strictSame(await seen(), before, 'the same timeline, and nobody was promoted anew');
        });
      },
    );

  await scenario('power off and boot of a standby', async (t) => {
    await samePrimaryAfter(t, async ({ sync }) => {
      await lab.powerOff(sync);
      await lab.waitFor(
        'Pacemaker to have noticed',
        (now) => now.nodes.some(({ name, online }) => name === sync && !online),
        RECOVERY_MS,
      );
      await lab.boot(sync);
    });
  });

  await scenario('power off and boot of all three', async (t) => {
    await samePrimaryAfter(t, async () => {
      await everyNode(lab.powerOff);
      await everyNode(lab.boot);
    });
  });

  await scenario('the whole cluster stopped and started', async (t) => {
    await samePrimaryAfter(t, async ({ primary, sync, other }) => {
      // All at once, a standby could be asked to take over before it is asked to stop.
      await Promise.all([sync, other].map((node) => lab.stopCluster(node)));
      await lab.stopCluster(primary);
      await everyNode((node) => lab.startCluster(node));
    });
  });
});
