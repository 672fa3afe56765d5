/** The seed's failure tests, in its order: the primary's network, its repair, a standby's network. */
import { join } from 'node:path';
import type { Test } from 'tap';
import { type CrmMon, type Lab, promotedNode } from '../../lab/index.ts';
import {
  castOf,
  dataStatusOf,
  failedStart,
  hasServer,
  scoreOf,
  statusOf,
  waitForSuccessor,
} from './actions.ts';
import { DIVERGED, FAILED_OVER, REPAIR, REPAIRED, repairLines, sameLines, statusLines } from './seed-text.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const statusOn = async (lab: Lab, node: string): Promise<string> =>
  (await lab.exec(node, ['cls_status'], { allowFailure: true })).stdout;

/** A write on the wrong side of a cut: it reaches the disk, and no standby. */
const writeInVain = async (t: Test, lab: Lab, node: string): Promise<void> => {
  const psql = [join(lab.binDirectory, 'psql'), '-XAtqc', 'CREATE TABLE written_in_vain ()'];
  const { exitCode } = await lab.exec(node, ['timeout', '--signal=KILL', '1', ...psql], {
    user: 'postgres',
    allowFailure: true,
  });
  t.not(exitCode, 0, 'PostgreSQL still runs there, and acknowledges nothing');
};

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  await scenario("the primary's network goes down, comes back, and the node is repaired", async (t) => {
    let cast = await castOf(lab);
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(10, RECOVERY_MS);
      await lab.cut(cast.primary);
      await writeInVain(t, lab, cast.primary);
      cast = await waitForSuccessor(lab, cast);
      await client.waitForWrites(10, RECOVERY_MS);
    });
    const { primary, sync, other } = cast;
    const rename = { [primary]: 'node1', [sync]: 'node2', [other]: 'node3' };
    const isSettled = (now: CrmMon): boolean =>
      statusOf(now, other) === 'HS:sync' && scoreOf(now, other) === '100';
    const seen = async (description: string, so: (now: CrmMon) => boolean): Promise<void> =>
      lab.waitUntil(description, async () => so(await lab.crmMon(sync)), RECOVERY_MS);
    await seen(`${other} to be the synchronous standby`, isSettled);
    sameLines(t, statusLines(await statusOn(lab, sync), rename), FAILED_OVER);

    await lab.heal(primary);
    await seen(
      `${primary} to be refused, and stopped`,
      (now) =>
        failedStart(now, primary) !== undefined &&
        statusOf(now, primary) === 'STOP' &&
        !now.resources.some(({ id, node }) => id === 'pgsql' && node === primary),
    );
    t.notOk(await hasServer(lab, primary), `PostgreSQL is stopped on ${primary}`);
    // When partitions meet, attributes are told anew: until each node's next monitor some read otherwise.
    await lab.waitUntil(
      `${primary} to see what ${sync} sees of ${other}`,
      async () => isSettled(await lab.crmMon(primary)),
      RECOVERY_MS,
    );
    sameLines(t, statusLines(await statusOn(lab, primary), rename), DIVERGED);
    t.match(
      failedStart(await lab.crmMon(sync), primary)?.exitReason,
      /^diverged from .*cls_repair_by_pg_rewind/,
    );

    const repair = await lab.exec(primary, ['cls_repair_by_pg_rewind'], { timeoutMs: 180_000 });
    const said = repairLines(`${repair.stderr}\n${repair.stdout}`, rename);
    for (const line of repairLines(REPAIR)) t.ok(said.includes(line), line);
    await seen(`${primary} to stream`, (now) => statusOf(now, primary) === 'HS:async' && isSettled(now));
    sameLines(t, statusLines(await statusOn(lab, primary), rename), REPAIRED);
    t.match(await lab.sql(primary, "SELECT to_regclass('written_in_vain') IS NULL"), 't');
  });

  await scenario("a standby's network goes down, and comes back by itself", async (t) => {
    const { primary, sync, other } = await castOf(lab);
    await underLoad(t, lab, async (client) => {
      await lab.cut(other);
      await lab.waitUntil(
        `${other} to be offline`,
        async () => (await lab.crmMon(primary)).nodes.some(({ name, online }) => name === other && !online),
        RECOVERY_MS,
      );
      await client.waitForWrites(20, RECOVERY_MS);
      const lines = statusLines(await statusOn(lab, primary));
      for (const line of [
        `Online: [ ${[primary, sync].sort().join(' ')} ]`,
        `OFFLINE: [ ${other} ]`,
        `Promoted: [ ${primary} ]`,
        `Unpromoted: [ ${sync} ]`,
        `Stopped: [ ${other} ]`,
      ])
        t.ok(lines.includes(line), line);
      await lab.heal(other);
    });
    await lab.waitFor(
      `${other} to stream again`,
      (now) => promotedNode(now) === primary && (dataStatusOf(now, other) ?? '').startsWith('STREAMING|'),
      RECOVERY_MS,
    );
  });
});
