/** rep_mode=sync, nodes whose data are not a prefix of the primary's history: they are named, and never look healthy. */
import { join } from 'node:path';
import type { Test } from 'tap';
import { dataDirectory } from '../../lab/index.ts';
import { parseReplInfo } from '../../lib/pgsql/repl-info.ts';
import { parseLsn } from '../../lib/postgres/lsn.ts';
import {
  type Cast,
  castOf,
  cleanUp,
  controlValue,
  dataStatusOf,
  failedStart,
  namedCommand,
  REBUILD_COMMAND,
  REWIND_COMMAND,
  rebuild,
  rewind,
  scoreOf,
  seesItselfStopped,
  statusOf,
  waitForPrimary,
  waitForReturn,
  waitForSuccessor,
  writeWhenCut,
} from './actions.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  const fork = async (): Promise<bigint> => {
    const info = parseReplInfo((await lab.replInfo()) ?? '');
    if (info === undefined) throw new Error('no promotion is recorded');
    return info.end;
  };

  const lastCheckpoint = async (node: string): Promise<bigint> =>
    parseLsn(await controlValue(lab, node, 'Latest checkpoint location')) ?? 0n;

  /** How many lines the log of Pacemaker's attributes on a node has. */
  const attributeLog = async (observer: string): Promise<string[]> => {
    const { stdout } = await lab.exec(observer, [
      'grep',
      '-F',
      'Setting ',
      '/var/log/pacemaker/pacemaker.log',
    ]);
    return stdout.split('\n');
  };

  /** Every value that a node's status was set to after a point in the log; nothing passes between two looks. */
  const statusesSince = async (observer: string, node: string, lines: number): Promise<string[]> =>
    (await attributeLog(observer)).slice(lines).flatMap((line) => {
      const value = /Setting pgsql-status\[([^\]]+)\].* -> (\S+)/.exec(line);
      return value?.[1] === node ? [value[2] ?? ''] : [];
    });

  /** The primary's link is cut, and it writes what no standby receives; then it dies, and another takes its place. */
  const diverge = async (before: Cast, writeMore: string): Promise<Cast> => {
    await lab.sql(before.primary, 'CREATE TABLE diverged (n integer)', { database: 'app' });
    await writeWhenCut(
      lab,
      before.primary,
      `INSERT INTO diverged SELECT generate_series(1, 100); ${writeMore}`,
    );
    const cast = await waitForSuccessor(lab, before);
    await seesItselfStopped(lab, cast.primary);
    await lab.sql(cast.sync, 'DROP TABLE diverged', { database: 'app' });
    return cast;
  };

  /** The start of a node is refused with a sentence that begins as expected, and the others are well. */
  const expectRefusal = async (
    t: Test,
    node: string,
    observer: string,
    attempt: () => Promise<void>,
    sentence: RegExp,
    command: string,
  ): Promise<void> => {
    const logged = (await attributeLog(observer)).length;
    await attempt();
    // At rest: neither the failure of an earlier attempt, nor one that Pacemaker still acts on.
    const cluster = await lab.waitForRest(
      `the start of ${node} to be refused, and to be shown as stopped and not to be promoted`,
      (now) =>
        failedStart(now, node) !== undefined &&
        statusOf(now, node) === 'STOP' &&
        scoreOf(now, node) === '-INFINITY' &&
        // What it has brought along from its own part of the cluster is put right by the primary.
        !/^(STREAMING|LATEST)/.test(dataStatusOf(now, node) ?? ''),
      RECOVERY_MS,
    );
    const failure = failedStart(cluster, node);
    t.match(failure?.exitReason, sentence, 'the reason has the fork');
    t.equal(namedCommand(failure), command, 'and the command, where Pacemaker does not cut it off');
    const statuses = await statusesSince(observer, node, logged);
    t.notOk(
      statuses.some((status) => status !== 'STOP'),
      `it has never looked healthy (${statuses.join(', ') || 'nothing else was published'})`,
    );
    t.notMatch(dataStatusOf(cluster, node), /^(STREAMING|LATEST)/, 'nor has the primary said so');
  };

  /** The cluster without one node: a primary and a synchronous standby, which commits wait for. */
  const expectRestWell = async (primary: string, standby: string): Promise<void> => {
    await lab.waitFor(
      `${primary} to be primary and ${standby} its synchronous standby`,
      (now) =>
        statusOf(now, primary) === 'PRI' &&
        statusOf(now, standby) === 'HS:sync' &&
        dataStatusOf(now, standby) === 'STREAMING|SYNC' &&
        scoreOf(now, standby) === '100',
      RECOVERY_MS,
    );
  };

  await scenario('a crashed primary whose last checkpoint lies before the fork', async (t) => {
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      const { primary, sync, other } = await diverge(await castOf(lab), '');
      const forkLsn = await fork();
      t.ok((await lastCheckpoint(primary)) < forkLsn, 'the control file knows nothing of the divergence');
      const sentence = new RegExp(`^diverged from ${sync}, .*timeline \\d+ left at [0-9A-F]+/[0-9A-F]+`);
      await expectRefusal(t, primary, sync, () => lab.heal(primary), sentence, REWIND_COMMAND);
      await expectRestWell(sync, other);
      await client.waitForWrites(20, RECOVERY_MS);

      t.comment('cleaned up without a repair');
      await expectRefusal(t, primary, sync, () => cleanUp(lab, primary), sentence, REWIND_COMMAND);
      await rewind(lab, primary);
      await lab.waitHealthy(RECOVERY_MS);
    });
  });

  await scenario(
    'a crashed primary whose last checkpoint lies after the fork, seen over two failovers',
    async (t) => {
      await underLoad(t, lab, async (client) => {
        await client.waitForWrites(20, RECOVERY_MS);
        const { primary, sync, other } = await diverge(await castOf(lab), 'CHECKPOINT');
        const forkLsn = await fork();
        t.ok((await lastCheckpoint(primary)) > forkLsn, 'the control file shows the divergence');
        const sentence = new RegExp(`^diverged from ${sync}, .*timeline \\d+ left at [0-9A-F]+/[0-9A-F]+`);
        await expectRefusal(t, primary, sync, () => lab.heal(primary), sentence, REWIND_COMMAND);
        await expectRestWell(sync, other);

        t.comment('another failover: the record names another fork than the one where this node left');
        await lab.powerOff(sync);
        await waitForPrimary(lab, other);
        await client.waitForWrites(20, RECOVERY_MS);
        await expectRefusal(
          t,
          primary,
          other,
          () => cleanUp(lab, primary),
          new RegExp(`^diverged from ${other}, .*timeline \\d+ left at [0-9A-F]+/[0-9A-F]+`),
          REWIND_COMMAND,
        );
        await rewind(lab, primary);
        await expectRestWell(other, primary);
        await lab.boot(sync);
        if ((await waitForReturn(lab, sync)).kind === 'failed') await rewind(lab, sync);
        await lab.waitHealthy(RECOVERY_MS);
      });
    },
  );

  await scenario('a node whose database is another one', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    await underLoad(t, lab, async (client) => {
      await lab.stopCluster(other);
      await lab.exec(other, ['find', dataDirectory, '-mindepth', '1', '-delete']);
      const initdb = [join(lab.binDirectory, 'initdb'), '--pgdata', dataDirectory, '--no-sync'];
      await lab.exec(other, [...initdb, '--auth', 'peer'], { user: 'postgres' });
      await expectRefusal(
        t,
        other,
        primary,
        () => lab.startCluster(other),
        new RegExp(`^not a copy of ${primary}'s database, .*system identifier \\d+`),
        REBUILD_COMMAND,
      );
      await expectRestWell(primary, sync);
      await client.waitForWrites(20, RECOVERY_MS);
      await rebuild(lab, other);
      await lab.waitHealthy(RECOVERY_MS);
    });
  });
});
