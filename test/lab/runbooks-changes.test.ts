/** docs/runbooks: what is planned, tried as it is written, while a client writes. */
import { dataDirectory } from '../../lab/index.ts';
import { castOf } from './actions.ts';
import { upgradedVersion } from './pcsd.ts';
import { openRunbook, type Roles } from './runbook.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const request = { corosync: 'fast', params: { replication_slot_name: 'pha' } } as const;

await withLab(import.meta.url, request, async (lab, scenario) => {
  const rolesNow = async (): Promise<Roles> => {
    const { primary, sync, other } = await castOf(lab);
    return { node1: primary, node2: sync, node3: other };
  };

  const startedAt = (node: string | undefined) => lab.sql(node ?? '', 'SELECT pg_postmaster_start_time()');

  await scenario('a planned switch', async (t) => {
    const page = await openRunbook(t, lab, 'planned-switch');
    const roles = await rolesNow();
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await page.follow('What to do', roles);
      await page.follow('Done when', roles);
      await client.waitForWrites(20, RECOVERY_MS);
    });
  });

  await scenario('an upgrade, node by node', async (t) => {
    const page = await openRunbook(t, lab, 'minor-upgrade');
    const roles = await rolesNow();
    const versions = () =>
      Promise.all(lab.options.nodeNames.map((node) => lab.sql(node, 'SHOW server_version')));
    const before = await versions();
    await underLoad(t, lab, async () => {
      await page.follow('Before', roles);
      await page.follow('The standbys, one after the other', roles);
      await page.follow('The primary last', roles);
      await page.follow('Done when', roles);
    });
    t.same(await versions(), before.map(upgradedVersion), 'every server is of the new version');
    t.not(upgradedVersion(before[0] ?? ''), before[0], 'which is another');
  });

  await scenario('a node leaves, and another takes its place', async (t) => {
    const remove = await openRunbook(t, lab, 'remove-a-node');
    const add = await openRunbook(t, lab, 'add-a-node');
    const roles = await rolesNow();
    const before = await Promise.all([roles.node1, roles.node2].map(startedAt));
    await underLoad(t, lab, async (client) => {
      await remove.follow('What to do', roles);
      await remove.follow('Done when', roles);
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.exec(roles.node3 ?? '', ['find', dataDirectory, '-mindepth', '1', '-delete']);
      await add.follow('What to do', roles);
      await add.follow('Done when', roles);
    });
    t.same(
      await Promise.all([roles.node1, roles.node2].map(startedAt)),
      before,
      'a changed node_list has restarted neither the primary nor the other standby',
    );
  });
});
