/** Node names in upper case and one that is a prefix of another, and replication slots. */
import { castOf, killPostmaster, waitForPrimary, waitForSuccessor } from './actions.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const NODES = ['DB-1', 'db1', 'db10'] as const;
const SLOTS = { 'DB-1': 'pha_db_1', db1: 'pha_db1', db10: 'pha_db10' } as const;

const request = {
  nodeNames: NODES,
  corosync: 'fast',
  migrationThreshold: 1,
  params: { replication_slot_name: 'pha' },
} as const;

await withLab(import.meta.url, request, async (lab, scenario) => {
  /** `name|in use` of every slot of a node. */
  const slotsOf = async (node: string): Promise<string[]> =>
    (await lab.sql(node, 'SELECT slot_name, active FROM pg_replication_slots'))
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  const slotName = (node: string): string => SLOTS[node as keyof typeof SLOTS];
  const usedBy = (nodes: readonly string[]): string[] => nodes.map((node) => `${slotName(node)}|t`).sort();

  await scenario('the primary has a slot for each other node, and each uses its own', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    t.equal(
      await lab.replInfo(),
      `${primary}|1|${(await lab.attributes())[primary]?.['pgsql-master-baseline']}`,
    );
    await lab.waitUntil(
      'both standbys to use their slots',
      async () => String(await slotsOf(primary)) === String(usedBy([sync, other])),
      RECOVERY_MS,
    );
    t.strictSame(await slotsOf(sync), [], 'a standby holds back no WAL');
  });

  await scenario('after a switch the slots are those of the new primary', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    const move = ['crm_resource', '--resource', 'msPostgresql', '--promoted'];
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await lab.exec(sync, [...move, '--move', '--node', sync]);
      await waitForPrimary(lab, sync);
      await client.waitForWrites(20, RECOVERY_MS);
    });
    await lab.exec(sync, ['crm_resource', '--resource', 'msPostgresql', '--clear']);
    await lab.waitHealthy(RECOVERY_MS);
    await lab.waitUntil(
      'both standbys to use their slots on the new primary',
      async () => String(await slotsOf(sync)) === String(usedBy([primary, other])),
      RECOVERY_MS,
    );
    await lab.waitUntil(
      'the old primary to drop the slots of its time as primary',
      async () => (await slotsOf(primary)).length === 0,
      RECOVERY_MS,
    );
    t.match(await lab.replInfo(), new RegExp(`^${sync}\\|2\\|[0-9A-F]{16}$`));
  });

  await scenario('a crashed primary is replaced by a standby', async (t) => {
    let cast = await castOf(lab);
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await killPostmaster(lab, cast.primary);
      cast = await waitForSuccessor(lab, cast);
      await client.waitForWrites(20, RECOVERY_MS);
    });
    const { primary, sync, other } = cast;
    await lab.waitUntil(
      `${other} to use its slot on ${sync}, and that of ${primary} to be kept`,
      async () =>
        String(await slotsOf(sync)) === String([`${slotName(other)}|t`, `${slotName(primary)}|f`].sort()),
      RECOVERY_MS,
    );

    // The crashed node leaves the cluster for good, as an administrator would have it.
    const left = NODES.filter((node) => node !== primary).join(' ');
    const nodeList = ['--set-parameter', 'node_list', '--parameter-value', left];
    await lab.exec(sync, ['crm_resource', '--ban', '--resource', 'msPostgresql', '--node', primary]);
    await lab.exec(sync, ['crm_resource', '--resource', 'pgsql', ...nodeList]);
    const report = [
      'grep',
      '-q',
      `slots.node-left.*${slotName(primary)}`,
      '/var/log/pacemaker/pacemaker.log',
    ];
    await lab.waitUntil(
      'the report of the slot of a node that is not in node_list any more',
      async () => (await lab.exec(sync, report, { allowFailure: true })).exitCode === 0,
      RECOVERY_MS,
    );
    t.ok((await slotsOf(sync)).includes(`${slotName(primary)}|f`), 'it is reported, and never dropped');
  });
});
