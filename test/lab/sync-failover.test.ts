/** rep_mode=sync, what makes a standby the primary, and what becomes of the old one. */
import type { Test } from 'tap';
import {
  acknowledgingSpans,
  lostAttempts,
  sinceBootMs,
  startLocalWriters,
} from '../../lab/client/local-writers.ts';
import { promotedNode } from '../../lab/index.ts';
import {
  bringBack,
  type Cast,
  castOf,
  cleanUp,
  hasServer,
  holdReceiverUntilSealed,
  killPostmaster,
  seesItselfStopped,
  setMigrationThreshold,
  statusOf,
  timelineOf,
  waitForSuccessor,
} from './actions.ts';
import { sentencesOf, waitForRule } from './agent-log.ts';
import { expectOneAtATime } from './one-at-a-time.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  /**
   * A write that the old primary had on disk, but had not sent yet, makes it diverge: then it must say so, and it is
   * repaired here. Otherwise it must come back by itself.
   */
  const expectReturn = async (t: Test, node: string): Promise<void> => {
    await bringBack(t, lab, node);
    await lab.waitHealthy(RECOVERY_MS);
  };

  const expectTakeover = async (t: Test, cast: Cast, oldTimeline: number): Promise<string> => {
    const { sync: successor } = await waitForSuccessor(lab, cast);
    t.ok((await timelineOf(lab, successor)) > oldTimeline, 'the new primary has opened a timeline');
    t.match(
      await lab.replInfo(),
      new RegExp(`^${successor}\\|${oldTimeline}\\|[0-9A-F]{16}$`),
      'and is recorded',
    );
    return successor;
  };

  /** Of those that may take over: what a primary that is cut off sees is of before. */
  const successorInItsOwnEyes = async (nodes: readonly string[]): Promise<string> => {
    let successor = '';
    await lab.waitUntil(
      `${nodes.join(' or ')} to be promoted`,
      async () => {
        for (const node of nodes) {
          const now = await lab.crmMon(node);
          if (promotedNode(now) === node && statusOf(now, node) === 'PRI') successor = node;
        }
        return successor !== '';
      },
      RECOVERY_MS,
    );
    return successor;
  };

  await scenario('power off and boot of the primary', async (t) => {
    const cast = await castOf(lab);
    const { primary } = cast;
    const timeline = await timelineOf(lab, primary);
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.powerOff(primary);
      await expectTakeover(t, cast, timeline);
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.boot(primary);
      await expectReturn(t, primary);
    });
  });

  await scenario('kill -9 of the primary, migration-threshold 1', async (t) => {
    const cast = await castOf(lab);
    const { primary } = cast;
    const timeline = await timelineOf(lab, primary);
    await setMigrationThreshold(lab, primary, 1);
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await killPostmaster(lab, primary);
      await expectTakeover(t, cast, timeline);
      await client.waitForWrites(20, RECOVERY_MS);
      await cleanUp(lab, primary);
      await expectReturn(t, primary);
      // Not before: Pacemaker starts the resource for either, and fails where one falls into the other's start.
      await setMigrationThreshold(lab, primary, 3);
    });
  });

  /** What the old primary writes after that lies beyond the fork; a receiver that was only ended would be back there in half a second. */
  await scenario('only its cluster loses the primary: the third node need not be rewound', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      const known = (await sentencesOf(lab, other, 'seal.open')).length;
      await lab.exec(primary, ['pkill', '-STOP', '-x', 'corosync']);
      try {
        t.equal(await successorInItsOwnEyes([sync, other]), sync, 'the synchronous standby takes over');
        await lab.sql(primary, 'CHECKPOINT');
        await waitForRule(lab, other, 'seal.open', RECOVERY_MS, known);
        await lab.waitUntil(
          `${other} to follow ${sync}`,
          async () => statusOf(await lab.crmMon(sync), other) === 'HS:sync',
          RECOVERY_MS,
        );
      } finally {
        await lab.exec(primary, ['pkill', '-CONT', '-x', 'corosync']);
      }
      await client.waitForWrites(20, RECOVERY_MS);
      await expectReturn(t, primary);
      t.strictSame(await sentencesOf(lab, other, 'join.diverged'), [], `${other} was never refused`);
    });
  });

  /**
   * PostgreSQL and the write VIP of the old primary go on, and so does replication: whoever streams from it acknowledges
   * commits there. The synchronous standby is behind when the election begins, and its WAL receiver lives until then.
   */
  await scenario('only its cluster loses the primary, and the other standby holds more', async (t) => {
    const cast = await castOf(lab);
    const { primary, sync, other } = cast;
    const timeline = await timelineOf(lab, primary);
    await underLoad(t, lab, async (client) => {
      const writers = await startLocalWriters(lab, primary);
      await writers.waitForRows(primary, 5);
      // However long this takes, the primary does not give the connection up.
      await lab.sql(primary, "ALTER SYSTEM SET wal_sender_timeout = '1min'");
      await lab.sql(primary, 'SELECT pg_reload_conf()');
      await holdReceiverUntilSealed(lab, sync);
      const stoppedAt = await lab.sql(sync, 'SELECT pg_last_wal_receive_lsn()');
      await lab.waitUntil(
        `${other} to receive what ${sync} does not`,
        async () =>
          (await lab.sql(other, `SELECT pg_last_wal_receive_lsn() > '${stoppedAt}'::pg_lsn`)) === 't',
        RECOVERY_MS,
      );
      await lab.exec(primary, ['pkill', '-STOP', '-x', 'corosync']);
      try {
        const successor = await successorInItsOwnEyes([other, sync]);
        t.comment(`${successor} has been promoted; ${other} held more than ${sync}`);
        t.match(
          await lab.replInfo(successor),
          new RegExp(`^${successor}\\|${timeline}\\|`),
          'and is recorded',
        );
        await writers.waitForRows(successor, 5);
        await lab.sql(primary, 'ALTER SYSTEM RESET wal_sender_timeout');
        await lab.exec(primary, ['pkill', '-CONT', '-x', 'corosync']);
        await client.waitForWrites(20, RECOVERY_MS);
        // The other of the two, too, where the synchronous one was promoted before it could make way.
        for (const node of [primary, sync, other].filter((name) => name !== successor))
          await bringBack(t, lab, node);
        await lab.waitHealthy(RECOVERY_MS);

        await expectOneAtATime(t, lab, writers, [primary, successor], successor);
      } finally {
        await lab.exec(primary, ['pkill', '-CONT', '-x', 'corosync'], { allowFailure: true });
        await writers.stop();
      }
    });
  });

  await scenario('the link of the primary is cut and healed', async (t) => {
    const cast = await castOf(lab);
    const { primary } = cast;
    const timeline = await timelineOf(lab, primary);
    await underLoad(t, lab, async (client) => {
      const writers = await startLocalWriters(lab, primary);
      await writers.waitForRows(primary, 5);
      await lab.cut(primary);
      const cutMs = await sinceBootMs();
      const successor = await expectTakeover(t, cast, timeline);
      await client.waitForWrites(20, RECOVERY_MS);
      await writers.waitForRows(successor, 5);
      await lab.waitUntil(
        `Pacemaker to stop the database of ${primary}, which has no quorum`,
        async () => !(await hasServer(lab, primary)),
        RECOVERY_MS,
      );
      await seesItselfStopped(lab, primary);
      await lab.heal(primary);
      await expectReturn(t, primary);

      const attempts = await writers.stop();
      const onCutNode = attempts.filter(({ node, beganMs }) => node === primary && beganMs > cutMs);
      t.ok(onCutNode.length > 0, 'writes were tried on the node that was cut off');
      t.strictSame(
        onCutNode.filter(({ acknowledged }) => acknowledged),
        [],
        'and none was acknowledged there from the cut on',
      );
      const [before, after, ...more] = acknowledgingSpans(attempts);
      t.strictSame(
        [before?.node, after?.node, more],
        [primary, successor, []],
        'two nodes have acknowledged writes',
      );
      t.ok((before?.toMs ?? 0) < (after?.fromMs ?? 0), 'the second began after the first had ended');
      t.strictSame(
        await lostAttempts(lab, successor, attempts),
        [],
        'and nothing that either acknowledged is lost',
      );
    });
  });
});
