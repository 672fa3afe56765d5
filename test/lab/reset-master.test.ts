/** cls_reset_master: the recorded primary is lost for good, and so is the standby that had everything. */
import { type Lab, unpromotedNodes } from '../../lab/index.ts';
import { castOf, namedCommand, REWIND_COMMAND, waitForPrimary, waitForReturn } from './actions.ts';
import { sentencesOf, waitForRule } from './agent-log.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

await withLab(
  import.meta.url,
  { corosync: 'fast', nodeNames: ['node1', 'node2', 'node3'] },
  async (lab: Lab, scenario) => {
    const reset = (on: string, ...args: readonly string[]) =>
      lab.exec(on, ['cls_reset_master', ...args], { allowFailure: true, timeoutMs: 120_000 });

    await scenario('nobody may be promoted, and an operator decides for one', async (t) => {
      const { primary, sync, other } = await castOf(lab);
      const early = await reset(other, sync);
      t.equal(early.exitCode, 10, 'not while a primary runs');
      t.match(early.stderr, `cls_online_switch ${sync}`);

      // Its data status goes with the record of the majority: it may lack what was written since.
      await lab.exec(sync, [
        'crm_attribute',
        '--type=nodes',
        `--node=${sync}`,
        '--name=standby',
        '--update=on',
      ]);
      await lab.waitFor(`${sync} to be stopped`, (now) => !unpromotedNodes(now).includes(sync), RECOVERY_MS);
      await lab.waitUntil(
        `${sync} to receive nothing more, and ${other} to be the synchronous standby`,
        async () => {
          const attributes = await lab.attributes();
          return (
            attributes[sync]?.['pgsql-data-status'] === 'DISCONNECT' &&
            attributes[other]?.['pgsql-data-status'] === 'STREAMING|SYNC'
          );
        },
        RECOVERY_MS,
      );
      await lab.sql(primary, 'CREATE TABLE kept AS SELECT 1 AS id');
      await lab.exec(other, [
        'crm_attribute',
        '--type=nodes',
        `--node=${other}`,
        '--name=standby',
        '--update=on',
      ]);
      await lab.waitUntil(
        `${primary} to go on alone`,
        async () => (await lab.attributes())[other]?.['pgsql-data-status'] === 'DISCONNECT',
        RECOVERY_MS,
      );
      await lab.sql(primary, 'CREATE TABLE gone AS SELECT 1 AS id');
      await lab.powerOff(primary);
      for (const node of [other, sync])
        await lab.exec(node, [
          'crm_attribute',
          '--type=nodes',
          `--node=${node}`,
          '--name=standby',
          '--delete',
        ]);
      await waitForRule(lab, other, 'election.not-eligible', RECOVERY_MS);
      const known = await sentencesOf(lab, other, 'election.not-eligible');
      t.match(known.at(-1), `cls_reset_master ${other}`, 'the log names the command');

      const record = await lab.replInfo(other);
      const planned = await reset(sync, '--dry-run', other);
      t.equal(planned.exitCode, 0, planned.stderr);
      t.match(
        planned.stdout,
        `${primary} was the primary and is offline: writes that it has acknowledged may be lost`,
      );
      t.equal(await lab.replInfo(other), record, '--dry-run changes nothing');
      const behind = await reset(sync, sync);
      t.equal(behind.exitCode, 10);
      t.match(behind.stderr, `${other} holds more`);
      const silent = await reset(sync, other);
      t.equal(silent.exitCode, 100, 'without a terminal and --yes nothing is done');
      t.equal(await lab.replInfo(other), record);

      const done = await reset(sync, '--yes', other);
      t.equal(done.exitCode, 0, done.stderr);
      t.match(done.stdout, `${other} is the primary`);
      await waitForPrimary(lab, other);
      t.equal(
        await lab.sql(other, "SELECT to_regclass('kept') IS NOT NULL, to_regclass('gone') IS NOT NULL"),
        't|f',
      );
      await underLoad(t, lab, async (client) => client.waitForWrites(20, RECOVERY_MS));

      await lab.boot(primary);
      const back = await waitForReturn(lab, primary);
      t.equal(back.kind, 'failed', 'the lost primary has what nobody else has');
      t.equal(namedCommand(back.kind === 'failed' ? back.failure : undefined), REWIND_COMMAND);
    });
  },
);
