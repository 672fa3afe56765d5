/** fast_detection: the end of PostgreSQL is reported by its watcher, once, and nothing else is. */
import { join } from 'node:path';
import { dataDirectory } from '../../lab/index.ts';
import { castOf, cleanUp, killPostmaster } from './actions.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';
import { clsSwitch } from './switches.ts';

await withLab(
  import.meta.url,
  { corosync: 'fast', params: { fast_detection: 'true' } },
  async (lab, scenario) => {
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

    await scenario('what is planned is not reported', async (t) => {
      const { primary, sync, other } = await castOf(lab);
      await everyWatched();
      t.equal((await clsSwitch(lab, primary, sync)).exitCode, 0);
      await castOf(lab);
      await everyWatched();
      const maintenance = (value: string): Promise<unknown> =>
        lab.exec(other, [
          'crm_attribute',
          '--type=crm_config',
          '--name=maintenance-mode',
          `--update=${value}`,
        ]);
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
  },
);
