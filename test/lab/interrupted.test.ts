/**
 * Every command that acts: with --dry-run it changes nothing on any node, and broken off at any of its steps it leaves what
 * it says, and is simply run again. (The switch, cls_reset_master and install.sh have tests of their own; what kill -9 leaves
 * of a rewind and of a copy is in repair.test.ts.)
 */
import { join } from 'node:path';
import type { Test } from 'tap';
import { dataDirectory, type ExecResult } from '../../lab/index.ts';
import {
  castOf,
  cleanUp,
  dataStatusOf,
  failedStart,
  hasServer,
  killPostmaster,
  REBUILD_COMMAND,
  REWIND_COMMAND,
  timelineOf,
} from './actions.ts';
import { sentencesOf, waitForRule } from './agent-log.ts';
import { attribute, type Break, breakOff, breakOffAndFinish, type Row, targetRole } from './broken-off.ts';
import { CONFIG, prepareSetup, writeNodeFile } from './cluster-files.ts';
import { changeNothing } from './dry-runs.ts';
import { holdTools } from './held-tools.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const COMMAND_MS = 90_000;
const SMALL = '/etc/pha/small.pcs';
const WORK_AREA = `${dataDirectory}.repair`;

const INT = ['INT'] as const;
const KILL = ['KILL'] as const;
const BOTH = ['KILL', 'INT'] as const;

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  const run = (node: string, ...argv: readonly string[]): Promise<ExecResult> =>
    lab.exec(node, argv, { allowFailure: true, timeoutMs: COMMAND_MS });

  const done = async (t: Test, node: string, ...argv: readonly string[]): Promise<void> => {
    const { exitCode, stdout, stderr } = await run(node, ...argv);
    t.equal(exitCode, 0, `${argv.join(' ')}\n${stdout}${stderr}`);
  };

  const failOnce = async (node: string): Promise<void> => {
    const before = (await lab.crmMon(node)).failCounts[node]?.pgsql ?? 0;
    await killPostmaster(lab, node);
    await lab.waitFor(
      `the failure of ${node} to be counted`,
      (now) => (now.failCounts[node]?.pgsql ?? 0) > before,
      RECOVERY_MS,
    );
  };

  await scenario('--dry-run of every command, where it has something to do', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    await prepareSetup(lab, primary);
    await writeNodeFile(lab, primary, SMALL, 'pcs property set cluster-recheck-interval=7min\n');
    await changeNothing(t, lab, [
      [primary, 'cls_stop'],
      [primary, 'cls_maintenance'],
      [primary, 'cls_maintenance', other],
      [primary, 'cls_maintenance_node', other],
      [primary, 'cls_standby_node', primary],
      [primary, 'cls_online_switch'],
      [sync, 'cls_online_switch', other],
      [other, 'cls_rebuild_slave', '--force'],
      [other, 'cls_rebuild_slave', '--force', '--in-place', '--from', sync],
      [primary, 'cls_setup', '--config', CONFIG, '--definition', SMALL],
    ]);

    await failOnce(other);
    await done(t, primary, 'cls_standby_node', other);
    await done(t, primary, 'cls_maintenance_node', sync);
    await lab.waitForRest(
      `${primary} to have seen that ${other} is gone`,
      (now) => dataStatusOf(now, other) === 'DISCONNECT',
      RECOVERY_MS,
    );
    await changeNothing(t, lab, [
      [primary, 'cls_cleanup'],
      [primary, 'cls_cleanup', '--node', other],
      [primary, 'cls_unstandby_node', other],
      [primary, 'cls_unmaintenance', sync],
      [primary, 'cls_unmaintenance_node', sync],
    ]);
    await done(t, primary, 'cls_unstandby_node', other);
    await done(t, primary, 'cls_unmaintenance_node', sync);
    await done(t, primary, 'cls_cleanup');
    await done(t, primary, 'cls_maintenance');
    await changeNothing(t, lab, [[primary, 'cls_unmaintenance']]);
    await done(t, primary, 'cls_unmaintenance');
    await done(t, primary, 'cls_stop');
    await changeNothing(t, lab, [[primary, 'cls_start']]);
    await done(t, primary, 'cls_start');
  });

  const samePrimary = async (t: Test, primary: string, work: () => Promise<void>): Promise<void> => {
    const before = [await timelineOf(lab, primary), await lab.replInfo()];
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await work();
      await lab.waitHealthy(RECOVERY_MS);
      await client.waitForWrites(20, RECOVERY_MS);
    });
    t.same([await timelineOf(lab, primary), await lab.replInfo()], before, 'nobody was promoted meanwhile');
  };

  /** Promoted alone, and not shut down cleanly. */
  const diverge = async (node: string): Promise<void> => {
    const pgctl = join(lab.binDirectory, 'pg_ctl');
    for (const action of [['start', '--log=/dev/null'], ['promote'], ['stop', '--mode=immediate']])
      await lab.exec(node, [pgctl, ...action, '--wait', '--pgdata', dataDirectory], { user: 'postgres' });
  };

  await scenario('Ctrl-C and kill -9 in every step, and once more to its end', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    const tools = await holdTools(lab, primary);
    const whole = (value: string, before: string) => attribute(['--name=maintenance-mode'], value, before);
    const kept = (value: string, before: string) =>
      attribute([`--node=${sync}`, '--name=maintenance'], value, before);
    const away = (value: string, before: string) =>
      attribute([`--node=${other}`, '--name=standby'], value, before);
    const recheck = attribute(['--name=cluster-recheck-interval'], '7min', '15min');
    const enter: readonly Break[] = [
      ['into maintenance mode', BOTH],
      ['wait until Pacemaker lets go', BOTH],
    ];
    const rows: readonly Row[] = [
      {
        argv: ['cls_cleanup'],
        breaks: [
          ['forget the failures', BOTH],
          ['wait until they are gone', KILL],
        ],
      },
      {
        argv: ['cls_setup', '--config', CONFIG, '--definition', SMALL],
        mode: recheck,
        breaks: [
          ['back up the', INT],
          ['load /', INT],
          ['wait until there is a primary', BOTH],
        ],
      },
      { argv: ['cls_maintenance'], mode: whole('true', 'false'), breaks: enter },
      {
        argv: ['cls_unmaintenance'],
        mode: whole('false', 'true'),
        breaks: [
          ['have Pacemaker look', KILL],
          ['out of maintenance mode', BOTH],
          ['wait until there is a primary', KILL],
        ],
      },
      { argv: ['cls_maintenance_node', sync], mode: kept('true', 'false'), breaks: enter },
      {
        argv: ['cls_unmaintenance', sync],
        mode: kept('false', 'true'),
        breaks: [
          ['have Pacemaker look', INT],
          ['out of maintenance mode', BOTH],
          ['wait until there is a primary', INT],
        ],
      },
      {
        argv: ['cls_standby_node', other],
        mode: away('on', 'off'),
        breaks: [
          ['into standby mode', BOTH],
          ['wait until nothing runs', BOTH],
        ],
      },
      {
        argv: ['cls_unstandby_node', other],
        mode: away('off', 'on'),
        breaks: [
          ['out of standby mode', BOTH],
          [`wait until ${other} streams`, BOTH],
        ],
      },
      {
        argv: ['cls_stop'],
        mode: targetRole('Stopped', 'Started'),
        breaks: [
          ['switch ', BOTH],
          ['wait until Pacemaker has stopped', BOTH],
        ],
      },
      {
        argv: ['cls_start'],
        mode: targetRole('Started', 'Stopped'),
        breaks: [
          ['switch ', BOTH],
          ['wait until there is a primary', BOTH],
        ],
      },
    ];
    await samePrimary(t, primary, async () => {
      await failOnce(other);
      for (const row of rows) {
        await breakOffAndFinish(t, lab, tools, row);
        if (row.argv[0] !== 'cls_stop') continue;
        for (const node of lab.options.nodeNames) t.notOk(await hasServer(lab, node), `no server on ${node}`);
      }
      // Forgotten again by each that comes so far.
      await failOnce(other);
      await breakOffAndFinish(t, lab, tools, {
        argv: ['cls_cleanup'],
        breaks: [['wait until they are gone', INT]],
      });
      t.equal((await lab.crmMon(primary)).failCounts[other]?.pgsql, undefined, 'the failure is forgotten');
    });
  });

  /** Its data are well, and only Pacemaker does not start them any more: there was a mark, which is gone. */
  const refuseStart = async (node: string): Promise<void> => {
    const mark = `mkdir -m 700 ${WORK_AREA} && echo rewinding >${WORK_AREA}/incomplete`;
    await lab.exec(node, ['sh', '-c', mark], { user: 'postgres' });
    await killPostmaster(lab, node);
    await lab.waitForRest(
      `the start of ${node} to be refused`,
      (now) => failedStart(now, node) !== undefined,
      RECOVERY_MS,
    );
    await lab.exec(node, ['rm', '-r', WORK_AREA]);
  };

  await scenario('a rewind and a rebuild, broken off in every step', async (t) => {
    const { primary, other } = await castOf(lab);
    await samePrimary(t, primary, async () => {
      await done(t, primary, 'cls_standby_node', other);
      await diverge(other);
      t.equal((await run(primary, 'cls_unstandby_node', other)).exitCode, 2, 'it has diverged');
      t.ok(failedStart(await lab.crmMon(primary), other), 'its start was refused');
      /** Whatever was broken off, Pacemaker goes on by itself, and then there is nothing left to do. */
      const expectWell = async (command: string): Promise<void> => {
        await lab.waitHealthy(RECOVERY_MS);
        const { exitCode, stderr } = await run(other, command);
        t.match({ exitCode, stderr }, { exitCode: 10, stderr: `${other} is healthy` });
      };
      const tools = await holdTools(lab, other, ['postgres', 'pg_rewind', 'pg_basebackup', '/bin/rm']);
      const breakRow = (argv: Row['argv'], ...breaks: readonly Break[]): Promise<void> =>
        breakOff(t, lab, tools, { argv, breaks });
      try {
        await breakRow([REWIND_COMMAND], ['tell the cluster', BOTH], ['recover the crashed server', KILL]);
        // As it was promoted alone: nothing in its data makes it a standby, and Pacemaker is to start it.
        const refusals = (await sentencesOf(lab, other, 'join.diverged')).length;
        await cleanUp(lab, other);
        await waitForRule(lab, other, 'join.diverged', RECOVERY_MS, refusals);
        await lab.waitForRest(
          'its start to be refused',
          (now) => failedStart(now, other) !== undefined,
          RECOVERY_MS,
        );
        t.notOk(await hasServer(lab, other), 'killed in the middle of its recovery, it is not started');
        await breakRow(
          [REWIND_COMMAND],
          ['recover the crashed server', INT],
          ['let pg_rewind try', BOTH],
          ['rewind /', INT],
          ['have Pacemaker start', BOTH],
        );
        await expectWell(REWIND_COMMAND);
        for (const signals of [KILL, INT]) {
          await refuseStart(other);
          await breakRow([REWIND_COMMAND], ['wait for recovery', signals]);
          await expectWell(REWIND_COMMAND);
        }

        const beside = [REBUILD_COMMAND, '--force'] as const;
        await breakRow(
          beside,
          ['copy the database', BOTH],
          ['put the copy', BOTH],
          ['have Pacemaker start', KILL],
          ['remove the old data', BOTH, 'rm'],
        );
        t.equal((await run(other, 'test', '-d', `${WORK_AREA}/old`)).exitCode, 0, 'some are left');
        await expectWell(REBUILD_COMMAND);
        // Twice while it copies; and once more when the data are gone, and it is asked for its version first.
        await breakRow(
          [...beside, '--in-place'],
          ['remove the old data', ['INT', 'KILL', 'INT'], 'pg_basebackup'],
        );
        await breakRow(beside, ['have Pacemaker start', INT]);
        for (const signals of [KILL, INT]) {
          // Pacemaker goes on: the next one is not to meet the start that this one has asked for.
          await lab.waitHealthy(RECOVERY_MS);
          await breakRow(beside, ['wait for recovery', signals]);
        }
        await expectWell(REBUILD_COMMAND);
      } finally {
        await tools.release();
      }
    });
  });
});
