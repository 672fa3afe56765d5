/** cls_reset_master: the recorded primary is lost for good, and so is the standby that had everything. */
import { type Lab, unpromotedNodes, writeVip } from '../../lab/index.ts';
import {
  castOf,
  namedCommand,
  REWIND_COMMAND,
  timelineOf,
  waitForPrimary,
  waitForReturn,
} from './actions.ts';
import { sentencesOf, waitForRule } from './agent-log.ts';
import { holdTools } from './held-tools.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

/** A step by what is said of it, a signal, and whom the record names afterwards. */
const INTERRUPTIONS = [
  ['clean up the failures', 'INT', 'as before'],
  ['clean up the failures', 'KILL', 'as before'],
  ['record node', 'KILL', 'as before'],
  ['record node', 'INT', 'the new one'],
  ['wait until node', 'INT', 'the new one'],
  ['wait until node', 'KILL', 'the new one'],
] as const;

await withLab(import.meta.url, { corosync: 'fast' }, async (lab: Lab, scenario) => {
  const reset = (on: string, ...args: readonly string[]) =>
    lab.exec(on, ['cls_reset_master', ...args], { allowFailure: true, timeoutMs: 120_000 });
  const inStandby = (on: string, node: string, ...change: readonly string[]) =>
    lab.exec(on, ['crm_attribute', '--type=nodes', `--node=${node}`, '--name=standby', ...change]);
  /** Nothing is sent to the write VIP from there: the standby can follow nobody. */
  const blackhole = (change: 'add' | 'del', node: string) =>
    lab.exec(node, ['ip', 'route', change, 'blackhole', `${writeVip}/32`]);
  const refusals = async (node: string): Promise<number> =>
    (await sentencesOf(lab, node, 'election.not-eligible')).length;
  const configuration = async (node: string): Promise<string> =>
    (await lab.exec(node, ['cibadmin', '--query', '--scope=configuration'])).stdout;

  await scenario('two primaries that were promoted at one position are told apart', async (t) => {
    const { primary: first, sync: lost, other: left } = await castOf(lab);
    // What writes WAL of its own accord, so that both standbys end at the same position.
    const writers = await lab.sql(
      first,
      "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE backend_type IN ('background writer', 'checkpointer', 'autovacuum launcher')",
    );
    await lab.exec(first, ['kill', '-STOP', ...writers.trim().split(' ')]);
    await lab.waitUntil(
      'both standbys to hold everything',
      async () =>
        (await lab.sql(
          first,
          'SELECT count(*), bool_and(flush_lsn = pg_current_wal_insert_lsn()) FROM pg_stat_replication',
        )) === '2|t',
      RECOVERY_MS,
    );
    await blackhole('add', left);
    await lab.powerOff(first);
    await waitForPrimary(lab, lost);
    const [, ...fork] = (await lab.replInfo(left))?.split('|') ?? [];
    const timeline = await timelineOf(lab, lost);
    await lab.sql(lost, 'CREATE TABLE gone AS SELECT 1 AS id');
    // Its vote makes the quorum, and it runs no database.
    await inStandby(lost, first, '--update=on');
    await lab.boot(first);
    await lab.waitUntil(
      `${left} to see that ${first} is online`,
      async () =>
        (await lab.crmMon(left)).nodes.some(
          ({ name, online, pending }) => name === first && online && !pending,
        ),
      RECOVERY_MS,
    );
    const refused = await refusals(left);
    await lab.powerOff(lost);
    await waitForRule(lab, left, 'election.not-eligible', RECOVERY_MS, refused);
    await blackhole('del', left);

    const done = await reset(left, '--yes', left);
    t.equal(done.exitCode, 0, done.stderr);
    await waitForPrimary(lab, left);
    t.same((await lab.replInfo(left))?.split('|').slice(1), fork, 'promoted where the lost primary was');
    t.equal(await timelineOf(lab, left), timeline + 1, 'on a timeline that nobody has used');
    await lab.sql(left, 'CREATE TABLE kept AS SELECT generate_series(1, 10000) AS id');

    await lab.boot(lost);
    const back = await waitForReturn(lab, lost);
    t.equal(back.kind, 'failed', 'the lost primary has what nobody else has');
    t.equal(namedCommand(back.kind === 'failed' ? back.failure : undefined), REWIND_COMMAND);
    await inStandby(left, first, '--delete');
    t.equal(
      (await waitForReturn(lab, first)).kind,
      'rejoined',
      'who never followed the lost primary follows',
    );
    const repaired = await lab.exec(lost, [REWIND_COMMAND], { allowFailure: true, timeoutMs: 120_000 });
    t.equal(repaired.exitCode, 0, repaired.stderr);
    await lab.waitFor(`${lost} to follow`, (now) => unpromotedNodes(now).length === 2, RECOVERY_MS);
    await underLoad(t, lab, async (client) => client.waitForWrites(20, RECOVERY_MS));
  });

  await scenario('nobody may be promoted, and an operator decides for one', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    const early = await reset(other, sync);
    t.equal(early.exitCode, 10, 'not while a primary runs');
    t.match(early.stderr, `cls_online_switch ${sync}`);

    // Its data status goes with the record of the majority: it may lack what was written since.
    await inStandby(sync, sync, '--update=on');
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
    await lab.sql(primary, 'CREATE TABLE stays AS SELECT 1 AS id');
    await inStandby(other, other, '--update=on');
    await lab.waitUntil(
      `${primary} to go on alone`,
      async () => (await lab.attributes())[other]?.['pgsql-data-status'] === 'DISCONNECT',
      RECOVERY_MS,
    );
    await lab.sql(primary, 'CREATE TABLE goes AS SELECT 1 AS id');
    const refused = await refusals(other);
    await lab.powerOff(primary);
    for (const node of [other, sync]) await inStandby(node, node, '--delete');
    await waitForRule(lab, other, 'election.not-eligible', RECOVERY_MS, refused);
    const known = await sentencesOf(lab, other, 'election.not-eligible');
    t.match(known.at(-1), `cls_reset_master ${other}`, 'the log names the command');

    await lab.waitFor(
      `${sync} to run as well`,
      (now) => [sync, other].every((node) => unpromotedNodes(now).includes(node)),
      RECOVERY_MS,
    );
    const record = await lab.replInfo(other);
    const before = await configuration(other);
    const planned = await reset(sync, '--dry-run', other);
    t.equal(planned.exitCode, 0, planned.stderr);
    t.match(
      planned.stdout,
      `${primary} was the primary and is offline: writes that it has acknowledged may be lost`,
    );
    const behind = await reset(sync, sync);
    t.equal(behind.exitCode, 10);
    t.match(behind.stderr, `${other} holds more`);
    const silent = await reset(sync, other);
    t.equal(silent.exitCode, 100, 'without a terminal and --yes nothing is done');
    t.equal(await configuration(other), before, 'neither --dry-run nor a refusal changes anything');

    const named = `${other}|0|0000000000000000`;
    const properties = ['crm_attribute', '--type=crm_config'];
    const update = (on: string, name: string, value: string, ...set: readonly string[]) =>
      lab.exec(on, [...properties, ...set, `--name=${name}`, `--update=${value}`]);
    // Pacemaker promotes nobody meanwhile, so that each step can be tried.
    await update(other, 'maintenance-mode', 'true');
    const tools = await holdTools(lab, sync);
    for (const [step, signal, expected] of INTERRUPTIONS) {
      await update(other, 'pgsql_REPL_INFO', record ?? '', '--set-name=pgsql_replication');
      await lab.exec(other, ['attrd_updater', '--name=fail-count-pgsql#monitor_4000', '--update=1']);
      await lab.waitUntil(
        `${sync} to know of a failure, and of ${primary} as the recorded primary`,
        async () =>
          (await lab.replInfo(sync)) === record &&
          (await lab.exec(sync, ['crm_mon', '--output-as=xml'])).stdout.includes('fail-count="1"'),
        RECOVERY_MS,
      );
      const { exitCode, stderr } = await tools.breakOff(['cls_reset_master', '--yes', other], step, signal);
      t.equal(exitCode, signal === 'INT' ? 1 : 137, `${signal} at "${step}"\n${stderr}`);
      const [wanted, said] =
        expected === 'as before'
          ? [record, `interrupted; the record is as it was: pgsql_REPL_INFO is ${record}`]
          : [named, `interrupted; pgsql_REPL_INFO is ${named} now`];
      t.equal(await lab.replInfo(other), wanted);
      if (signal === 'INT') t.match(stderr, said);
    }
    // Named already, it could be promoted before the command looks.
    await update(other, 'pgsql_REPL_INFO', record ?? '', '--set-name=pgsql_replication');
    await update(other, 'maintenance-mode', 'false');

    const done = await reset(sync, '--yes', other);
    t.equal(done.exitCode, 0, done.stderr);
    t.match(done.stdout, `${other} is the primary`);
    await waitForPrimary(lab, other);
    t.equal(
      await lab.sql(other, "SELECT to_regclass('stays') IS NOT NULL, to_regclass('goes') IS NOT NULL"),
      't|f',
    );
    await underLoad(t, lab, async (client) => client.waitForWrites(20, RECOVERY_MS));

    await lab.boot(primary);
    const back = await waitForReturn(lab, primary);
    t.equal(back.kind, 'failed', 'the lost primary has what nobody else has');
    t.equal(namedCommand(back.kind === 'failed' ? back.failure : undefined), REWIND_COMMAND);
  });
});
