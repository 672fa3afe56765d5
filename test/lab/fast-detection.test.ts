/** fast_detection: the end of PostgreSQL is reported by its watcher, once, and nothing else is. */
import { join } from 'node:path';
import type { Test } from 'tap';
import { dataDirectory } from '../../lab/index.ts';
import { castOf, cleanUp, killPostmaster } from './actions.ts';
import { waitForRule } from './agent-log.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';
import { clsSwitch } from './switches.ts';

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  /** Its process id; empty when there is none. */
  const watcherOf = async (node: string): Promise<string> =>
    (
      await lab.exec(
        node,
        ['sh', '-c', 'read -r pid _ < /run/pha/pgsql.watcher && kill -0 "$pid" && echo "$pid"'],
        { allowFailure: true },
      )
    ).stdout.trim();
  const watchedAgain = (node: string, not = ''): Promise<void> =>
    lab.waitUntil(
      `a watcher on ${node}`,
      async () => !['', not].includes(await watcherOf(node)),
      RECOVERY_MS,
    );
  const everyWatched = async (): Promise<void> => {
    await Promise.all(lab.options.nodeNames.map((node) => watchedAgain(node)));
  };
  const reported = (node: string): Promise<unknown> =>
    lab.waitFor(
      `the watcher of ${node} to have reported`,
      ({ failures, failCounts }) =>
        failures.some((failure) => failure.node === node && /asyncmon/.test(failure.operation)) &&
        failCounts[node]?.pgsql === 1,
      RECOVERY_MS,
    );

  await scenario('kill -9 of a standby, and of the primary: each counts once', async (t) => {
    const { primary, other } = await castOf(lab);
    await everyWatched();
    await underLoad(t, lab, async (client) => {
      for (const node of [other, primary]) {
        await client.waitForWrites(20, RECOVERY_MS);
        await killPostmaster(lab, node);
        await reported(node);
        await lab.waitHealthy(RECOVERY_MS);
        await watchedAgain(node);
        const { failCounts, failures } = await lab.crmMon();
        t.equal(failCounts[node]?.pgsql, 1, `${node}: one failure`);
        t.match(failures, [{ node, operation: /asyncmon/ }], 'found by nobody else');
        const { stdout } = await lab.exec(node, ['cls_status'], { allowFailure: true });
        t.match(
          stdout,
          new RegExp(`pgsql was reported as failed on ${node}`),
          'and an operator is told what it was',
        );
        await cleanUp(lab, node);
      }
    });
    t.equal((await castOf(lab)).primary, primary, 'the primary is back in place');
  });

  await scenario('a watcher that is killed is replaced by a monitor', async (t) => {
    const { primary } = await castOf(lab);
    const first = await watcherOf(primary);
    await lab.exec(primary, ['kill', '-9', first]);
    await watchedAgain(primary, first);
    t.strictSame((await lab.crmMon()).failures, []);
  });

  const failedOnce = async (t: Test, node: string): Promise<void> => {
    await lab.waitHealthy(RECOVERY_MS);
    await watchedAgain(node);
    t.equal((await lab.crmMon()).failCounts[node]?.pgsql, 1, 'one failure');
    await cleanUp(lab, node);
  };

  await scenario('an end that nobody may report is found by the next monitor', async (t) => {
    const { other } = await castOf(lab);
    const manage = (value: string): Promise<unknown> =>
      lab.exec(other, ['pcs', 'resource', value, 'pgsql'], { timeoutMs: RECOVERY_MS });
    await everyWatched();
    await manage('unmanage');
    await killPostmaster(lab, other);
    const { failures } = await lab.waitFor(
      `a monitor of ${other} to have failed`,
      ({ failCounts }) => failCounts[other]?.pgsql === 1,
      RECOVERY_MS,
    );
    t.notOk(
      failures.some(({ operation }) => /asyncmon/.test(operation)),
      'and nobody has reported it',
    );
    await manage('manage');
    await failedOnce(t, other);
  });

  await scenario('an end while Pacemaker waits for something slow counts once', async (t) => {
    const { other } = await castOf(lab);
    await everyWatched();
    const pcs = (...args: string[]): Promise<unknown> =>
      lab.exec(other, ['pcs', 'resource', ...args], { timeoutMs: RECOVERY_MS });
    await pcs('create', 'slow', 'ocf:pacemaker:Dummy', 'op_sleep=12');
    await lab.waitUntil(
      'Pacemaker to look for it',
      async () =>
        (await lab.exec(other, ['pgrep', '-f', 'pacemaker/Dummy'], { allowFailure: true })).exitCode === 0,
      RECOVERY_MS,
    );
    await killPostmaster(lab, other);
    await waitForRule(lab, other, 'monitor.reported', RECOVERY_MS);
    await pcs('delete', 'slow');
    await failedOnce(t, other);
  });

  await scenario('what is planned is not reported', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    await everyWatched();
    t.equal((await clsSwitch(lab, primary, sync)).exitCode, 0);
    await castOf(lab);
    await everyWatched();
    const maintenance = (value: string): Promise<unknown> =>
      lab.exec(other, ['crm_attribute', '--type=crm_config', '--name=maintenance-mode', `--update=${value}`]);
    const pgCtl = (what: string): Promise<unknown> =>
      lab.exec(other, [
        ...['runuser', '-u', 'postgres', '--', join(lab.binDirectory, 'pg_ctl')],
        ...['-D', dataDirectory, '-l', '/tmp/by-hand.log', '-w', what],
      ]);
    await maintenance('true');
    await lab.waitFor(
      'maintenance mode',
      ({ resources }) => resources.every(({ managed }) => !managed),
      RECOVERY_MS,
    );
    await pgCtl('stop');
    await lab.waitUntil('the watcher to be gone', async () => (await watcherOf(other)) === '', RECOVERY_MS);
    await pgCtl('start');
    await maintenance('false');
    await watchedAgain(other);
    const { failures, failCounts } = await lab.waitHealthy(RECOVERY_MS);
    t.strictSame(failures, []);
    t.strictSame(
      lab.options.nodeNames.filter((node) => (failCounts[node]?.pgsql ?? 0) > 0),
      [],
    );
    await lab.exec(other, ['cls_stop'], { timeoutMs: RECOVERY_MS });
    t.strictSame(await Promise.all(lab.options.nodeNames.map(watcherOf)), ['', '', ''], 'gone with it');
    t.strictSame((await lab.crmMon()).failures, []);
  });
});
