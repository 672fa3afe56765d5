/** The seed's failure tests, in its order: the primary's network, its repair, a standby's network. */
import { type CrmMon, type Lab, promotedNode, unpromotedNodes } from '../../lab/index.ts';
import {
  castOf,
  cutAndWrite,
  dataStatusOf,
  failedStart,
  hasServer,
  scoreOf,
  seesItselfStopped,
  statusOf,
  waitForSuccessor,
} from './actions.ts';
import { DIVERGED, FAILED_OVER, REPAIR, REPAIRED, repairLines, sameLines, statusLines } from './seed-text.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const statusOn = async (lab: Lab, node: string): Promise<string> =>
  (await lab.exec(node, ['cls_status'], { allowFailure: true })).stdout;

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  await scenario("the primary's network goes down, comes back, and the node is repaired", async (t) => {
    let cast = await castOf(lab);
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(10, RECOVERY_MS);
      // A write on the wrong side: it reaches the disk, and no standby.
      const { written } = await cutAndWrite(lab, cast.primary, 'CREATE TABLE written_in_vain ()');
      await t.rejects(written, 'PostgreSQL still runs there, and acknowledges nothing');
      cast = await waitForSuccessor(lab, cast);
      await client.waitForWrites(10, RECOVERY_MS);
    });
    const { primary, sync, other } = cast;
    const rename = { [primary]: 'node1', [sync]: 'node2', [other]: 'node3' };
    const isSettled = (now: CrmMon): boolean =>
      statusOf(now, other) === 'HS:sync' && scoreOf(now, other) === '100';
    /** What is printed is what one node sees: when partitions meet, some see the attributes of others later. */
    const seenBy = (node: string, description: string, so: (now: CrmMon) => boolean): Promise<void> =>
      lab.waitUntil(
        `${node} to see that ${description}`,
        async () => {
          const now = await lab.crmMon(node);
          return isSettled(now) && so(now);
        },
        RECOVERY_MS,
      );
    await lab.waitForRest(`${other} to be the synchronous standby`, isSettled, RECOVERY_MS);
    await seenBy(sync, `${primary} is gone`, (now) =>
      now.nodes.some(({ name, online }) => name === primary && !online),
    );
    sameLines(t, await statusOn(lab, sync), rename, FAILED_OVER);

    await seesItselfStopped(lab, primary);
    await lab.heal(primary);
    const isRefused = (now: CrmMon): boolean =>
      failedStart(now, primary) !== undefined &&
      statusOf(now, primary) === 'STOP' &&
      dataStatusOf(now, primary) === 'DISCONNECT' &&
      scoreOf(now, primary) === '-INFINITY' &&
      !now.resources.some(({ id, node }) => id === 'pgsql' && node === primary);
    await lab.waitForRest(`${primary} to be refused, and stopped`, isRefused, RECOVERY_MS);
    t.notOk(await hasServer(lab, primary), `PostgreSQL is stopped on ${primary}`);
    await seenBy(primary, 'it is refused', isRefused);
    sameLines(t, await statusOn(lab, primary), rename, DIVERGED);
    t.match(
      failedStart(await lab.crmMon(primary), primary)?.exitReason,
      /^diverged from .*cls_repair_by_pg_rewind/,
    );

    const repair = await lab.exec(primary, ['cls_repair_by_pg_rewind'], { timeoutMs: 180_000 });
    const said = repairLines(`${repair.stderr}\n${repair.stdout}`, rename);
    const printed = repairLines(REPAIR);
    t.same(
      said.filter((line) => printed.includes(line)),
      printed,
      `the lines of the seed, in its order:\n${repair.stderr}`,
    );
    const isRepaired = (now: CrmMon): boolean => statusOf(now, primary) === 'HS:async' && isSettled(now);
    await lab.waitForRest(`${primary} to stream`, isRepaired, RECOVERY_MS);
    await seenBy(primary, 'it streams', isRepaired);
    sameLines(t, await statusOn(lab, primary), rename, REPAIRED);
    t.match(await lab.sql(primary, "SELECT to_regclass('written_in_vain') IS NULL"), 't');
  });

  await scenario("a standby's network goes down, and comes back by itself", async (t) => {
    const { primary, sync, other } = await castOf(lab);
    await underLoad(t, lab, async (client) => {
      await lab.cut(other);
      await lab.waitForRest(
        `${other} to be offline, and the others to be settled`,
        (now) =>
          unpromotedNodes(now).join() === sync &&
          now.nodes.some(({ name, online }) => name === other && !online),
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
