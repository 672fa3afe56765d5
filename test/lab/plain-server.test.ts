/** rep_mode=none, a node without PostgreSQL, and stop under every condition of design invariant 6. */
import { join } from 'node:path';
import { startedNode } from '../../lab/index.ts';
import { killPostmaster } from './actions.ts';
import { RECOVERY_MS, withLab } from './support.ts';

const AGENT = '/usr/lib/ocf/resource.d/pha/pgsql';

await withLab(import.meta.url, { nodes: 2, repMode: 'none', corosync: 'fast' }, async (lab, scenario) => {
  await scenario('a crashed server is started again in place', async (t) => {
    const node = startedNode(await lab.crmMon(), 'pgsql') ?? '';
    await killPostmaster(lab, node);
    await lab.waitFor('the failure to be noticed', ({ failures }) => failures.length > 0, RECOVERY_MS);
    const cluster = await lab.waitHealthy(RECOVERY_MS);
    t.equal(startedNode(cluster, 'pgsql'), node);
    t.equal((await lab.sql(node, 'SELECT pg_is_in_recovery()')).trim(), 'f', 'a plain server, no standby');
    await lab.exec(node, ['crm_resource', '--cleanup', '--resource', 'pgsql']);
  });

  await scenario('a node without PostgreSQL is probed without a failure, and left alone', async (t) => {
    const runsOn = startedNode(await lab.crmMon(), 'pgsql') ?? '';
    const bare = lab.options.nodeNames.find((name) => name !== runsOn) ?? '';
    await lab.exec(bare, ['mount', '-t', 'tmpfs', 'none', '/usr/lib/postgresql']);
    t.teardown(() => lab.exec(bare, ['umount', '/usr/lib/postgresql']));
    await lab.exec(bare, ['crm_resource', '--refresh', '--resource', 'pgsql', '--node', bare]);
    const cluster = await lab.waitHealthy(RECOVERY_MS);
    t.strictSame(cluster.failures, [], 'no failed action');
    t.equal(startedNode(cluster, 'pgsql'), runsOn);
    const { exitCode } = await lab.exec(bare, [AGENT, 'monitor'], { allowFailure: true });
    t.equal(exitCode, 7, 'not running');
  });

  await scenario('stop ends with success whatever state the server is in', async (t) => {
    const node = 'node1';
    const home = '/mnt/pha-stop';
    const data = join(home, 'data');
    const env = {
      OCF_ROOT: '/usr/lib/ocf',
      OCF_RESOURCE_INSTANCE: 'byhand',
      OCF_RESKEY_pgctl: join(lab.binDirectory, 'pg_ctl'),
      OCF_RESKEY_pgdata: data,
      OCF_RESKEY_pgport: '5433',
      OCF_RESKEY_tmpdir: join(home, 'tmp'),
      OCF_RESKEY_logfile: join(home, 'log'),
      OCF_RESKEY_CRM_meta_timeout: '20000',
    };
    const call = (action: string, more: Record<string, string> = {}): Promise<number | undefined> =>
      lab
        .exec(node, [AGENT, action], { env: { ...env, ...more }, allowFailure: true, timeoutMs: 30_000 })
        .then(({ exitCode }) => exitCode);
    const shell = (script: string): Promise<unknown> => lab.exec(node, ['sh', '-c', script]);
    const postmaster = `$(head -n 1 ${data}/postmaster.pid)`;

    // Small enough to be filled in a moment; a log of 1 MiB segments leaves room for a database.
    await shell(`mkdir -p ${home} && mount -t tmpfs -o size=64m none ${home} && chown postgres ${home}`);
    t.teardown(() => shell(`umount ${home}`));
    const initdb = [join(lab.binDirectory, 'initdb'), '-D', data, '-A', 'peer', '--wal-segsize=1'];
    await lab.exec(node, initdb, { user: 'postgres' });

    const conditions: readonly (readonly [name: string, spoil: string, mend: string])[] = [
      ['running', 'true', 'true'],
      ['a crashed postmaster', `kill -9 "${postmaster}"`, 'true'],
      [
        'a backend that outlives its postmaster',
        `kill -STOP "$(pgrep -P "${postmaster}" | head -n 1)"; kill -9 "${postmaster}"`,
        'true',
      ],
      ['a postmaster that is stopped by a signal', `kill -STOP "${postmaster}"`, 'true'],
      [
        'a broken configuration',
        `echo 'this is = no [setting' >>${data}/postgresql.conf`,
        `sed -i '$d' ${data}/postgresql.conf`,
      ],
      ['a full disk', `cat /dev/zero >${home}/zeros || true`, `rm -f ${home}/zeros`],
      ['programs that are gone', 'mount -t tmpfs none /usr/lib/postgresql', 'umount /usr/lib/postgresql'],
      ['a missing data directory', `mv ${data} ${home}/away`, `mv ${home}/away ${data}`],
    ];
    for (const [name, spoil, mend] of conditions) {
      t.equal(await call('start'), 0, `${name}: started before`);
      await shell(spoil);
      t.equal(await call('stop'), 0, `${name}: stop`);
      t.equal(await call('monitor'), 7, `${name}: monitor afterwards`);
      t.equal(await call('stop'), 0, `${name}: stop again`);
      const left = await lab.exec(node, ['pgrep', '-u', 'postgres', '-f', data], { allowFailure: true });
      t.equal(left.stdout, '', `${name}: no process is left`);
      await shell(mend);
    }
    t.equal(await call('stop', { OCF_RESKEY_pgport: 'none' }), 0, 'a parameter that is no number: stop');
    t.equal(await call('start', { OCF_RESKEY_pgport: 'none' }), 6, 'a parameter that is no number: start');
  });
});
