/** docs/runbooks: what somebody woken at night reads and does, tried as it is written. */
import type { Test } from 'tap';
import { type CrmMon, unpromotedNodes } from '../../lab/index.ts';
import {
  type Cast,
  castOf,
  cutAndWrite,
  dataStatusOf,
  namedCommand,
  REWIND_COMMAND,
  seesItselfStopped,
  waitForPrimary,
  waitForSuccessor,
} from './actions.ts';
import { sentencesOf, waitForRule } from './agent-log.ts';
import { pcsd } from './pcsd.ts';
import { openRunbook, type Roles } from './runbook.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';
import { FILL, giveSmallWalDisk } from './wal-disk.ts';

const request = {
  corosync: 'fast',
  params: { replication_slot_name: 'pha' },
} as const;

const isStandby = (now: CrmMon, node: string): boolean => unpromotedNodes(now).includes(node);

const streams = (now: CrmMon, node: string): boolean =>
  isStandby(now, node) && (dataStatusOf(now, node) ?? '').startsWith('STREAMING|');

/** Failed as often as the lab lets pgsql fail, and stopped. */
const isGivenUp = (now: CrmMon, node: string): boolean =>
  !isStandby(now, node) && (now.failCounts[node]?.pgsql ?? 0) >= 3;

const rolesOf = ({ primary, sync, other }: Cast): Roles => ({ node1: primary, node2: sync, node3: other });

await withLab(import.meta.url, request, async (lab, scenario) => {
  const rolesNow = async (): Promise<Cast & { roles: Roles }> => {
    const cast = await castOf(lab);
    return { roles: rolesOf(cast), ...cast };
  };
  const pages = async <const Name extends string>(t: Test, ...names: Name[]) =>
    Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await openRunbook(t, lab, name)])),
    ) as { readonly [Page in Name]: Awaited<ReturnType<typeof openRunbook>> };

  await scenario('the primary loses its network, comes back, and is repaired by rewind', async (t) => {
    const { 'primary-lost': lost, 'repair-by-rewind': repair } = await pages(
      t,
      'primary-lost',
      'repair-by-rewind',
    );
    const before = await castOf(lab);
    const { primary } = before;
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      // It diverges for certain: this is on its disk, and nobody receives it.
      const unsent = 'SET synchronous_commit = local; CREATE TABLE unsent (n integer)';
      await (await cutAndWrite(lab, primary, unsent)).written;
      const roles = rolesOf(await waitForSuccessor(lab, before));
      await lost.follow('What you see', roles);
      await client.waitForWrites(20, RECOVERY_MS);
      await seesItselfStopped(lab, primary);
      await lab.heal(primary);
      await lost.follow('What to do', roles);
      await repair.follow('What you see', roles);
      await repair.follow('What to do', roles);
      await repair.follow('Done when', roles);
      await lost.follow('Done when', roles);
    });
  });

  await scenario('the synchronous standby loses its power', async (t) => {
    const { 'standby-lost': lost } = await pages(t, 'standby-lost');
    const { roles, sync } = await rolesNow();
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.powerOff(sync);
      await lost.follow('What you see', roles);
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.boot(sync);
      await lost.follow('What to do', roles);
      await lost.follow('Done when', roles);
    });
  });

  await scenario('two nodes are lost, and one of them comes back', async (t) => {
    const { 'two-nodes-lost': lost } = await pages(t, 'two-nodes-lost');
    const { roles, sync, other } = await rolesNow();
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await Promise.all([lab.cut(sync), lab.cut(other)]);
      await lost.follow('What you see', roles);
      await lab.heal(sync);
      await lost.follow('One of them can come back', roles);
      await lab.heal(other);
    });
  });

  await scenario('two nodes are lost for good, and are made anew later', async (t) => {
    const { 'two-nodes-lost': lost, 'add-a-node': add } = await pages(t, 'two-nodes-lost', 'add-a-node');
    const { roles, primary, sync, other } = await rolesNow();
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await Promise.all([lab.cut(sync), lab.cut(other)]);
      await lost.follow('What you see', roles);
      await lost.follow('Both are lost for good', roles);
      await client.waitForWrites(20, RECOVERY_MS);
      await lost.follow('If a lost machine turns up', roles);
      await Promise.all([lab.heal(sync), lab.heal(other)]);
      await add.follow('What to do', { node1: primary, node2: other, node3: sync });
      // The other one still has its data, which fit.
      await pcsd(lab, primary, `pcs cluster node add ${other} --start`);
    });
  });

  await scenario('the wrong node is named, and what the other one holds is brought back', async (t) => {
    const { 'wrong-decision': wrong } = await pages(t, 'wrong-decision');
    const { roles, primary, sync, other } = await rolesNow();
    await lab.sql(primary, 'CREATE TABLE precious (what text)', { database: 'app' });
    // In this order, since the last one may receive a little more, and the page names node2.
    for (const node of [other, sync]) await lab.exec(node, ['cls_standby_node', node]);
    await lab.waitFor(
      `${primary} to wait for nobody`,
      (now) => [sync, other].every((node) => dataStatusOf(now, node) === 'DISCONNECT'),
      RECOVERY_MS,
    );
    await lab.sql(primary, "INSERT INTO precious VALUES ('acknowledged')", { database: 'app' });
    await lab.powerOff(primary);
    for (const node of [sync, other])
      await lab.exec(sync, ['crm_attribute', `--node=${node}`, '--name=standby', '--delete']);
    await wrong.follow('Before you decide', roles);
    await lab.boot(primary);
    await wrong.follow('What you see', roles);
    await wrong.follow('What only that node holds', roles);
    await wrong.follow('What to do', roles);
    await wrong.follow('Done when', roles);
  });

  // The last one, since it takes a disk in memory.
  await scenario('the disk of the WAL is full', async (t) => {
    const page = await openRunbook(t, lab, 'full-disk');
    await giveSmallWalDisk(lab, (await castOf(lab)).primary);
    const { roles, primary, sync, other } = await rolesNow();
    const said = async (rule: string): Promise<number> => (await sentencesOf(lab, primary, rule)).length;
    const before = { ended: await said('demote.ended'), restarts: await said('promote.same-timeline') };
    await lab.powerOff(other);
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await t.rejects(
        lab.sql(primary, FILL, { database: 'app', timeoutMs: RECOVERY_MS }),
        'no room for that',
      );
      const why = await waitForRule(lab, primary, 'demote.ended', RECOVERY_MS, before.ended);
      t.match(why, /no room for WAL here \(.* MB free, a segment takes 16 MB\)/);
      await waitForPrimary(lab, sync);
      t.equal(await said('promote.same-timeline'), before.restarts, 'the full disk was not tried again');
      await client.waitForWrites(20, RECOVERY_MS);
      await page.follow('What you see', roles);
      const slot = `SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'pha_${other}'`;
      await lab.waitUntil(
        `${sync} to keep a slot for ${other}`,
        async () => (await lab.sql(sync, slot)) === '1',
        RECOVERY_MS,
      );
      await page.follow('What to do', roles);
      const outcome = await lab.waitForRest(
        `${primary} to stream, or to be given up`,
        (now) => streams(now, primary) || isGivenUp(now, primary),
        RECOVERY_MS,
      );
      const hasDiverged = outcome.failures.some(
        (failure) => failure.node === primary && namedCommand(failure) === REWIND_COMMAND,
      );
      // cls_repair_by_pg_rewind waits for that itself.
      if (!hasDiverged)
        await lab.waitFor(
          `only ${sync} to count as primary`,
          ({ resources }) =>
            resources.every(({ id, role, node }) => id !== 'pgsql' || role !== 'Promoted' || node === sync),
          RECOVERY_MS,
        );
      if (!streams(outcome, primary))
        await page.follow(hasDiverged ? 'If it has diverged' : 'If it only failed', roles);
      await page.follow('Done when', roles);
    });
    await lab.boot(other);
  });
});
