/** rep_mode=slave: standbys of a primary that the cluster knows nothing of, which runs on the first node. */
import type { Test } from 'tap';
import { startedNode, writeVip } from '../../lab/index.ts';
import { cleanUp, hasServer, killPostmaster } from './actions.ts';
import { RECOVERY_MS, withLab } from './support.ts';

await withLab(import.meta.url, { repMode: 'slave', corosync: 'fast' }, async (lab, scenario) => {
  const [foreign = '', ...standbys] = lab.options.nodeNames;

  await lab.sql(foreign, 'CREATE TABLE news (at timestamptz DEFAULT clock_timestamp(), words text)');
  const newest = 'SELECT words FROM news ORDER BY at DESC LIMIT 1';

  /** Writes at the primary and waits until every standby has it. */
  const allFollow = async (t: Test, words: string): Promise<void> => {
    await lab.sql(foreign, `INSERT INTO news (words) VALUES ('${words}')`);
    for (const node of standbys) {
      await lab.waitUntil(
        `"${words}" on ${node}`,
        async () => (await lab.sql(node, newest)) === words,
        RECOVERY_MS,
      );
      t.equal(await lab.sql(node, 'SELECT pg_is_in_recovery()'), 't', `${node} is a standby`);
    }
  };

  await scenario('they follow it, and nobody is promoted', async (t) => {
    await allFollow(t, 'started');
    for (const node of standbys)
      t.match(await lab.sql(node, 'SHOW primary_conninfo'), `host=${writeVip} `, `${node} has its address`);
    const cluster = await lab.crmMon();
    const started = cluster.resources.filter(({ id, role }) => id === 'pgsql' && role === 'Started');
    t.strictSame(started.map(({ node }) => node).sort(), standbys);
    t.ok(standbys.includes(startedNode(cluster, 'vip-slave') ?? ''), 'readers find a standby');
    t.strictSame(
      Object.values(cluster.attributes).flatMap(Object.keys),
      [],
      'nothing of a failover is kept in the cluster',
    );
    t.equal(await lab.replInfo(), undefined, 'nor a record of a promotion');
    t.strictSame(cluster.failures, [], 'nothing has failed');
  });

  await scenario('a killed standby is started again and follows', async (t) => {
    const [killed = ''] = standbys;
    await killPostmaster(lab, killed);
    await lab.waitFor(
      'Pacemaker to have noticed',
      (now) => (now.failCounts[killed]?.pgsql ?? 0) > 0,
      RECOVERY_MS,
    );
    await lab.waitHealthy(RECOVERY_MS);
    await allFollow(t, 'after the kill');
    await cleanUp(lab, killed);
  });

  await scenario('without its primary a standby goes on and is not promoted', async (t) => {
    await lab.powerOff(foreign);
    await lab.waitFor(
      'the primary’s node to be gone',
      (now) => now.nodes.some(({ name, online }) => name === foreign && !online),
      RECOVERY_MS,
    );
    for (const node of standbys) {
      t.equal(await lab.sql(node, newest), 'after the kill', `${node} answers`);
      t.equal(await lab.sql(node, 'SELECT pg_is_in_recovery()'), 't', `${node} is still a standby`);
    }
    await lab.boot(foreign);
    await lab.waitUntil(
      'the primary to be back',
      async () => (await lab.sql(foreign, 'SELECT pg_is_in_recovery()')) === 'f',
      RECOVERY_MS,
    );
    await lab.waitHealthy(RECOVERY_MS);
    await allFollow(t, 'after the power cut');
    t.strictSame((await lab.crmMon()).failures, [], 'that is no failure of a standby');
  });

  await scenario('stopped and started by the cluster', async (t) => {
    const setRole = (role: string): Promise<unknown> =>
      lab.exec(foreign, [
        ...['crm_resource', '--resource', 'msPostgresql', '--meta'],
        ...['--set-parameter', 'target-role', '--parameter-value', role],
      ]);
    await setRole('Stopped');
    await lab.waitFor(
      'the standbys to be stopped',
      (now) => now.resources.every(({ id, role }) => id !== 'pgsql' || role === 'Stopped'),
      RECOVERY_MS,
    );
    for (const node of standbys) t.equal(await hasServer(lab, node), false, `no server runs on ${node}`);
    t.equal(await hasServer(lab, foreign), true, 'the primary is none of the cluster’s business');
    await setRole('Started');
    await lab.waitHealthy(RECOVERY_MS);
    await allFollow(t, 'after the stop');
    t.strictSame((await lab.crmMon()).failures, [], 'nothing has failed');
  });
});
