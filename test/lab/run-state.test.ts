/** The commands that keep and release, under load where writes go on. (cls_stop and cls_start: interrupted.test.ts.) */
import { join } from 'node:path';
import type { Test } from 'tap';
import { dataDirectory, type ExecResult, promotedNode, writeVip } from '../../lab/index.ts';
import { castOf, failedStart, hasServer, killPostmaster, rewind, statusOf, timelineOf } from './actions.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const COMMAND_MS = 90_000;

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  const command = (node: string, ...argv: readonly string[]): Promise<ExecResult> =>
    lab.exec(node, argv, { allowFailure: true, timeoutMs: COMMAND_MS });

  /** Runs a command and expects how it ends and what it says, on whichever output. */
  const expectEnd = async (
    t: Test,
    [node, ...argv]: readonly [string, ...string[]],
    code: number,
    ...patterns: readonly RegExp[]
  ): Promise<void> => {
    const { exitCode, stdout, stderr } = await command(node, ...argv);
    t.equal(exitCode, code, `${argv.join(' ')} on ${node} ends with ${code}\n${stdout}${stderr}`);
    for (const pattern of patterns) t.match(stdout + stderr, pattern);
  };

  const positionOf = async (node: string) => ({
    timeline: await timelineOf(lab, node),
    replInfo: await lab.replInfo(),
  });

  await scenario('maintenance: a restart by hand is seen before Pacemaker takes over', async (t) => {
    const { primary, other } = await castOf(lab);
    const before = await positionOf(primary);
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await expectEnd(t, [other, 'cls_maintenance'], 0);
      await expectEnd(t, [other, 'cls_stop'], 10, /cls_unmaintenance first/);
      const pgctl = join(lab.binDirectory, 'pg_ctl');
      const restart = [pgctl, 'restart', '--pgdata', dataDirectory, '--mode=fast', '--log=/dev/null'];
      await lab.exec(primary, restart, { user: 'postgres' });

      const ban = ['--resource', 'msPostgresql', '--node', primary];
      await lab.exec(other, ['crm_resource', '--ban', ...ban]);
      const surprise = new RegExp(`would not leave everything as it is: .*pgsql on ${primary}`);
      await expectEnd(t, [other, 'cls_unmaintenance'], 10, surprise, /maintenance mode is as it was/);
      await lab.exec(other, ['crm_resource', '--clear', ...ban]);

      await expectEnd(t, [other, 'cls_unmaintenance'], 0, /it would do nothing but monitor/);
      await client.waitForWrites(20, RECOVERY_MS);
    });
    t.strictSame(await positionOf(primary), before, 'the same primary and timeline');
  });

  await scenario(
    'the primary in standby mode under load: another takes over, and it comes back',
    async (t) => {
      const { primary, sync, other } = await castOf(lab);
      await underLoad(t, lab, async (client) => {
        await client.waitForWrites(20, RECOVERY_MS);
        const moved = new RegExp(`writes stop for some seconds and go on on ${sync}`);
        await expectEnd(
          t,
          [other, 'cls_standby_node', primary],
          0,
          moved,
          new RegExp(`${sync} is the primary`),
        );
        await client.waitForWrites(20, RECOVERY_MS);
        t.notOk(await hasServer(lab, primary), 'no server is left there');
        await expectEnd(t, [other, 'cls_unstandby_node', primary], 0, /STREAMING/);
      });
      t.equal(promotedNode(await lab.waitHealthy(RECOVERY_MS)), sync);
      const connect = `host=${writeVip} user=replication dbname=postgres`;
      const { stdout } = await lab.exec(other, ['get_active_slaves', '/usr/bin/psql', connect], {
        user: 'postgres',
      });
      t.same(stdout.trim().split('\n'), [primary, other].sort(), 'get_active_slaves');
      const check = async (node: string) =>
        lab.exec(other, ['check_active_slave', '/usr/bin/psql', connect, '-h', node], {
          user: 'postgres',
          allowFailure: true,
        });
      t.match(await check(primary), { exitCode: 0, stdout: /^t\b/ });
      t.match(await check(sync), { exitCode: 10, stdout: /^f\b/ });
    },
  );

  await scenario('a node that has diverged is not cleaned up, but named with its repair', async (t) => {
    const { primary, other } = await castOf(lab);
    await expectEnd(t, [primary, 'cls_standby_node', other], 0);
    const pgctl = join(lab.binDirectory, 'pg_ctl');
    for (const action of [['start', '--log=/dev/null'], ['promote'], ['stop', '--mode=fast']])
      await lab.exec(other, [pgctl, ...action, '--wait', '--pgdata', dataDirectory], { user: 'postgres' });
    await lab.sql(primary, 'SELECT pg_switch_wal()');

    const repair = new RegExp(`${other} has diverged.* => on ${other}: cls_repair_by_pg_rewind`);
    await expectEnd(t, [primary, 'cls_unstandby_node', other], 2, repair);
    await expectEnd(t, [primary, 'cls_cleanup'], 10, /not cleaned up/, repair);
    t.ok(failedStart(await lab.crmMon(primary), other), 'its failure is still recorded');
    await killPostmaster(lab, primary);
    await lab.waitForRest(
      `the failure of ${primary}, too, to be noticed, and ${primary} to be primary again`,
      (now) =>
        now.failCounts[primary]?.pgsql === 1 &&
        promotedNode(now) === primary &&
        statusOf(now, primary) === 'PRI',
      RECOVERY_MS,
    );
    await expectEnd(t, [primary, 'cls_cleanup'], 2, /not cleaned up: /, repair);
    t.equal(
      (await lab.crmMon(primary)).failCounts[primary]?.pgsql,
      undefined,
      'what is harmless was cleaned up',
    );
    await rewind(lab, other);
    await lab.waitFor(`${other} to stream`, (now) => statusOf(now, other) === 'HS:async', RECOVERY_MS);
    await expectEnd(t, [primary, 'cls_cleanup'], 0);
  });
});
