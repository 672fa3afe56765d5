/** rep_mode=sync: what happens to commits when the standby that they wait for is lost. */
import { availableParallelism, loadavg } from 'node:os';
import type { Test } from 'tap';
import { type Client, type Lab, promotedNode, unpromotedNodes } from '../../lab/index.ts';
import { castOf, dataStatusOf, killPostmaster, statusOf } from './actions.ts';
import { agentLog, sentencesOf, waitForRule } from './agent-log.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

/** wal_sender_timeout of the lab's databases and two monitors of a primary. */
const LOSS_MS = 5_000 + 2 * 3_000;
/** Two labs at a time are this much; where more wants to run, everything takes longer by as much. */
const USUAL_LOAD_PER_CORE = 2;

const expectShortGap = (t: Test, longestGapMs: number): void => {
  const load = (loadavg()[0] ?? 0) / availableParallelism();
  const limitMs = Math.round(LOSS_MS * Math.max(1, load / USUAL_LOAD_PER_CORE));
  t.ok(
    longestGapMs <= limitMs,
    `commits waited for ${longestGapMs} ms, at most ${limitMs} (load of a core: ${load.toFixed(1)})`,
  );
};
/** How long a standby must have streamed for each of its losses in the last five minutes (lib/pgsql/decide/sync.ts). */
const FLAP_PENALTY_SECONDS = 10;

const goesOn = (client: Client): Promise<void> => client.waitForWrites(20, RECOVERY_MS);

/** Waits until `node` alone may take over. */
const waitForSync = (lab: Lab, node: string) =>
  lab.waitFor(
    `${node} to be the synchronous standby`,
    (now) =>
      dataStatusOf(now, node) === 'STREAMING|SYNC' &&
      lab.options.nodeNames.filter((name) => dataStatusOf(now, name) === 'STREAMING|SYNC').length === 1,
    RECOVERY_MS,
  );

const waitForAsync = (lab: Lab, node: string) =>
  lab.waitFor(
    `${node} to stream again`,
    (now) => dataStatusOf(now, node) === 'STREAMING|ASYNC' && statusOf(now, node) === 'HS:async',
    RECOVERY_MS,
  );

/** Seconds since the standby's present connection to its primary began. */
const streamedForSeconds = async (lab: Lab, primary: string, standby: string): Promise<number> =>
  Number(
    await lab.sql(
      primary,
      `SELECT extract(epoch FROM clock_timestamp() - backend_start) FROM pg_stat_replication
       WHERE application_name = '${standby}'`,
    ),
  );

/** Runs something under load that must not stop the commits for longer than it takes to notice a loss. */
const withoutLongGap = async (
  t: Test,
  lab: Lab,
  primary: string,
  run: (client: Client) => Promise<void>,
): Promise<void> => {
  const { longestGapMs } = await underLoad(t, lab, run);
  expectShortGap(t, longestGapMs);
  t.equal(promotedNode(await lab.crmMon()), primary, 'the primary stays where it is');
};

await withLab(import.meta.url, { migrationThreshold: 20 }, async (lab, scenario) => {
  await scenario('killed, and then the one that takes its place', async (t) => {
    const { primary, sync: first, other: second } = await castOf(lab);
    await withoutLongGap(t, lab, primary, async (client) => {
      await goesOn(client);
      // It must not be back, and good enough, when the second is killed.
      const leaveAlone = (value: boolean) =>
        lab.exec(primary, ['crm_attribute', `--node=${first}`, '--name=maintenance', `--update=${value}`]);
      await leaveAlone(true);
      await killPostmaster(lab, first);
      await waitForSync(lab, second);
      await goesOn(client);

      const known = (await sentencesOf(lab, primary, 'sync.degrade')).length;
      await killPostmaster(lab, second);
      const degraded = await waitForRule(lab, primary, 'sync.degrade', RECOVERY_MS, known);
      t.match(degraded, `${second} (not connected) may not take over, and commits go on without waiting`);
      await leaveAlone(false);
      await goesOn(client);

      const cluster = await lab.waitFor(
        'a synchronous standby again',
        (now) => [first, second].some((node) => dataStatusOf(now, node) === 'STREAMING|SYNC'),
        RECOVERY_MS,
      );
      const chosen = dataStatusOf(cluster, first) === 'STREAMING|SYNC' ? first : second;
      const seconds = await streamedForSeconds(lab, primary, chosen);
      t.ok(
        seconds >= FLAP_PENALTY_SECONDS,
        `${chosen} had streamed for ${seconds} s when it was chosen again`,
      );
      await waitForAsync(lab, chosen === first ? second : first);
      await goesOn(client);
    });
  });

  const losesPlace = async (
    t: Test,
    lose: (node: string) => Promise<void>,
    bringBack: (node: string) => Promise<void>,
  ): Promise<void> => {
    const { primary, sync, other } = await castOf(lab);
    await withoutLongGap(t, lab, primary, async (client) => {
      await goesOn(client);
      await lose(sync);
      await waitForSync(lab, other);
      await goesOn(client);
      await bringBack(sync);
      await waitForAsync(lab, sync);
      await goesOn(client);
    });
  };

  await scenario('its server frozen: Pacemaker starts it anew', (t) =>
    losesPlace(
      t,
      async (node) => {
        await lab.exec(node, ['sh', '-c', 'kill -STOP $(pgrep -u postgres)']);
      },
      async () => undefined,
    ),
  );

  await scenario('its node cut off', (t) => losesPlace(t, lab.cut, lab.heal));

  // A coordinator that wakes up deletes the scores of all others (Pacemaker 2.1.5): the primary may move by that.
  await scenario('its node frozen', async (t) => {
    const { sync, other } = await castOf(lab);
    const { longestGapMs } = await underLoad(t, lab, async (client) => {
      await goesOn(client);
      await lab.freeze(sync);
      await waitForSync(lab, other);
      await goesOn(client);
      await lab.thaw(sync);
      await lab.waitFor(
        `${sync} to be online again`,
        (now) => now.nodes.some(({ name, online }) => name === sync && online),
        RECOVERY_MS,
      );
      await lab.waitHealthy(RECOVERY_MS);
      await goesOn(client);
    });
    expectShortGap(t, longestGapMs);
  });

  await scenario('both nodes cut off: commits hang until there is a majority', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    const setQuorumPolicy = (policy: string) =>
      lab.exec(primary, ['crm_attribute', '--name', 'no-quorum-policy', '--update', policy]);
    // With "stop" Pacemaker ends the primary before its agent is even tempted.
    await setQuorumPolicy('freeze');
    await underLoad(t, lab, async (client) => {
      await goesOn(client);
      for (const node of [other, sync]) await lab.cut(node);
      const { errors } = client.progress();
      await lab.waitUntil('a commit to hang', async () => client.progress().errors > errors, RECOVERY_MS);
      const { acked } = client.progress();
      await lab.waitUntil(
        'the agent of the primary to be refused the release of its standby twice',
        async () => {
          const refused = /failed: .*(no quorum|2 of 3 nodes must have it before commits may go on)/;
          return (await agentLog(lab, primary)).filter((line) => refused.test(line)).length >= 2;
        },
        RECOVERY_MS,
      );
      t.equal(client.progress().acked, acked, 'nothing was acknowledged without a majority');
      // First the one alone, since the two without the primary would be a majority, too, and elect another.
      await lab.heal(sync);
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.heal(other);
      t.equal(promotedNode(await lab.waitHealthy(RECOVERY_MS)), primary, 'the primary stays where it is');
      await setQuorumPolicy('stop');
      await goesOn(client);
    });
  });

  // The last one: with a node that has no database the cluster is not what the others take for healthy.
  await scenario(
    'sync_degrade=never, one standby and a witness: commits hang until it is back',
    async (t) => {
      const { primary, sync: standby, other: witness } = await castOf(lab);
      const parameters = { node_list: `${primary} ${standby}`, sync_degrade: 'never' };
      const nvpairs = Object.entries(parameters).map(
        ([name, value]) => `<nvpair id="pgsql-params-${name}" name="${name}" value="${value}"/>`,
      );
      const change = `<primitive id="pgsql"><instance_attributes id="pgsql-params">${nvpairs.join('')}</instance_attributes></primitive>`;
      const startedAt = (): Promise<string> => lab.sql(primary, 'SELECT pg_postmaster_start_time()');
      const before = await startedAt();
      await lab.exec(primary, ['crm_resource', '--ban', '--resource', 'msPostgresql', '--node', witness]);
      await lab.exec(primary, ['cibadmin', '--modify', '--allow-create', '--scope=resources', '--xml-pipe'], {
        input: change,
      });
      const bothRun = () =>
        lab.waitFor(
          `${primary} to be primary and ${standby} its standby`,
          (now) =>
            promotedNode(now) === primary &&
            unpromotedNodes(now).join() === standby &&
            statusOf(now, standby) === 'HS:sync' &&
            dataStatusOf(now, standby) === 'STREAMING|SYNC',
          RECOVERY_MS,
        );
      // Until nothing is left to do: the agents have been told of their new parameters, and the monitors have them.
      await lab.exec(primary, ['crm_resource', '--wait', `--timeout=${RECOVERY_MS / 1000}s`]);
      t.equal(await startedAt(), before, 'these parameters need no restart');
      await bothRun();
      await lab.exec(witness, ['mount', '-t', 'tmpfs', 'none', '/usr/lib/postgresql']);
      await lab.exec(witness, ['crm_resource', '--refresh', '--resource', 'pgsql', '--node', witness]);
      await underLoad(t, lab, async (client) => {
        await goesOn(client);
        const known = (await sentencesOf(lab, primary, 'sync.hold')).length;
        await lab.cut(standby);
        const { errors } = client.progress();
        await lab.waitUntil('a commit to hang', async () => client.progress().errors > errors, RECOVERY_MS);
        const { acked } = client.progress();
        const waiting = `SELECT count(*) FROM pg_stat_activity
        WHERE wait_event = 'SyncRep' AND clock_timestamp() - query_start > '${LOSS_MS} ms'`;
        await lab.waitUntil(
          'a commit to have waited for longer than a loss takes to be noticed',
          async () => Number(await lab.sql(primary, waiting)) > 0,
          RECOVERY_MS,
        );
        t.equal(client.progress().acked, acked, 'nothing was acknowledged without the standby');
        t.match(
          await waitForRule(lab, primary, 'sync.hold', RECOVERY_MS, known),
          `sync_degrade=never: commits wait for ${standby}`,
        );
        await lab.heal(standby);
        await client.waitForWrites(20, RECOVERY_MS);
        const cluster = await bothRun();
        t.strictSame(
          cluster.failures.filter(({ node }) => node === witness),
          [],
          'the witness has no failure',
        );
      });
    },
  );
});
