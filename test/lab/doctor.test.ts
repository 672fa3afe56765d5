/** cls_doctor on a healthy cluster, on one in which several things are wrong, and on one that is to be. */
import { join } from 'node:path';
import { dataDirectory, type Lab, passfile, writeVip } from '../../lab/index.ts';
import { castOf, statusOf } from './actions.ts';
import { RECOVERY_MS, withLab } from './support.ts';

interface Entry {
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'notice' | 'ok';
  readonly nodes: readonly string[];
  readonly sentence: string;
  readonly fix: string | null;
}

interface Examined {
  readonly code: number | undefined;
  readonly entries: readonly Entry[];
}

const hbaFile = join(dataDirectory, 'pg_hba.conf');
const autoConf = join(dataDirectory, 'postgresql.auto.conf');
const authorizedKeys = '/etc/ssh/pha-lab-authorized-keys';

const examine = async (lab: Lab, node: string, ...args: string[]): Promise<Examined> => {
  const result = await lab.exec(node, ['cls_doctor', '--json', ...args], { allowFailure: true });
  const { entries } = JSON.parse(result.stdout) as { readonly entries: readonly Entry[] };
  return { code: result.exitCode ?? undefined, entries };
};

/** `severity id nodes` of everything that was found. */
const found = ({ entries }: Examined): readonly string[] =>
  entries
    .filter(({ severity }) => severity !== 'ok')
    .map(({ id, severity, nodes }) => [severity, id, ...nodes].join(' '))
    .sort();

const fixOf = ({ entries }: Examined, id: string): string =>
  entries.find((entry) => entry.id === id && entry.severity !== 'ok')?.fix ?? `no finding ${id}`;

/** The lab has no fence device; on a noisy machine nothing else. */
const ALWAYS = ['warning fencing'];

const reload = (lab: Lab, node: string): Promise<string> => lab.sql(node, 'SELECT pg_reload_conf()');

const inNode = (lab: Lab, node: string, script: string) => lab.exec(node, ['sh', '-ec', script]);

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  await scenario('a healthy cluster: only that there is no fencing, and nothing is changed', async (t) => {
    const { primary, other } = await castOf(lab);
    const configuration = async () =>
      (await lab.exec(primary, ['cibadmin', '--query', '--scope=configuration'])).stdout;
    const files = async () =>
      (
        await inNode(
          lab,
          other,
          `cd ${dataDirectory} && sha256sum *.conf && stat -c '%n %a %Y' *.conf ${passfile}`,
        )
      ).stdout;
    const before = [await configuration(), await files()];
    for (const node of [primary, other]) {
      const examined = await examine(lab, node);
      t.strictSame(found(examined), ALWAYS, `seen from ${node}`);
      t.equal(examined.code, 0, 'warnings alone are no failure');
    }
    t.strictSame([await configuration(), await files()], before);
    const { stdout } = await lab.exec(other, ['cls_doctor']);
    t.match(stdout, /^The cluster as seen from node\d: node1, node2 and node3 examined\.$/m);
    t.match(stdout, /^0 errors, 1 warning, 0 notices; \d+ checks ok\.$/m);
  });

  await scenario('several things are wrong at once, and each is found with its fix', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    await inNode(
      lab,
      other,
      `cp -p ${hbaFile} /var/lib/hba.saved; cp -p ${autoConf} /var/lib/auto.saved
       sed -i '/^host replication/d' ${hbaFile}
       echo "synchronous_standby_names = 'stranger'" >>${autoConf}
       echo "restart_after_crash = on" >>/etc/pha-lab/postgresql.conf
       echo "wal_log_hints = off" >>/etc/pha-lab/postgresql.conf
       echo "max_connections = 50" >>/etc/pha-lab/postgresql.conf`,
    );
    await reload(lab, other);
    await lab.exec(sync, ['chmod', '644', passfile]);
    await lab.sql(primary, "SELECT pg_create_physical_replication_slot('forgotten', true)");
    await lab.sql(primary, 'ALTER ROLE app SET synchronous_commit = off');
    const ban = ['crm_resource', '--resource', 'vip-master', '--node', other];
    await lab.exec(primary, [...ban, '--ban']);
    await lab.waitUntil(
      'the server to have read its files',
      async () => (await lab.sql(other, 'SHOW restart_after_crash')) === 'on',
      RECOVERY_MS,
    );
    // Last, and not for long: whoever looks for the address now may find the wrong one.
    await lab.execOnClient(['ip', 'address', 'add', `${writeVip}/32`, 'dev', 'eth0']);

    const examined = await examine(lab, primary);
    t.strictSame(
      found(examined),
      [
        ...ALWAYS,
        'error vip-taken',
        `error passfile ${sync}`,
        `error login-replication ${other}`,
        `error managed-elsewhere ${other}`,
        `warning left-behind ${other}`,
        `warning pending-restart ${other}`,
        `warning restart-after-crash ${other}`,
        `warning slots ${primary}`,
        'warning synchronous-commit-overridden',
      ].sort(),
    );
    t.equal(examined.code, 1);
    t.match(fixOf(examined, 'passfile'), `chmod 600 ${passfile}`);
    t.match(
      fixOf(examined, 'login-replication'),
      `pg_hba.conf on ${other}, above lines that refuse: host replication replication 192.168.0.0/24 scram-sha-256`,
    );
    t.match(fixOf(examined, 'managed-elsewhere'), 'ALTER SYSTEM RESET synchronous_standby_names');
    t.match(fixOf(examined, 'restart-after-crash'), 'restart_after_crash = off');
    t.match(fixOf(examined, 'left-behind'), `pcs constraint delete cli-ban-vip-master-on-${other}`);
    t.match(fixOf(examined, 'slots'), "pg_drop_replication_slot('forgotten')");
    t.match(fixOf(examined, 'synchronous-commit-overridden'), 'ALTER ROLE "app" RESET synchronous_commit');

    await lab.execOnClient(['ip', 'address', 'delete', `${writeVip}/32`, 'dev', 'eth0']);
    await lab.exec(primary, [...ban, '--clear']);
    await lab.sql(primary, 'ALTER ROLE app RESET synchronous_commit');
    await lab.sql(primary, "SELECT pg_drop_replication_slot('forgotten')");
    await lab.exec(sync, ['chmod', '600', passfile]);
    await inNode(
      lab,
      other,
      `cp -p /var/lib/hba.saved ${hbaFile}; cp -p /var/lib/auto.saved ${autoConf}
       sed -i '/^restart_after_crash/d; /^wal_log_hints/d; /^max_connections/d' /etc/pha-lab/postgresql.conf`,
    );
    await reload(lab, other);
    await lab.waitUntil(
      'the server to have read its files again',
      async () => (await lab.sql(other, 'SHOW restart_after_crash')) === 'off',
      RECOVERY_MS,
    );
    t.strictSame(found(await examine(lab, primary)), ALWAYS, 'with every fix nothing is found any more');
  });

  await scenario('a node that cannot be reached is named, and the rest goes on', async (t) => {
    const { primary, sync } = await castOf(lab);
    await lab.exec(sync, ['mv', authorizedKeys, `${authorizedKeys}.away`]);
    const examined = await examine(lab, primary);
    t.strictSame(found(examined), [...ALWAYS, `error not-examined ${sync}`].sort());
    t.equal(examined.code, 1);
    t.strictSame(found(await examine(lab, sync)), ALWAYS, 'and examines itself and the others');
    await lab.exec(sync, ['mv', `${authorizedKeys}.away`, authorizedKeys]);
  });

  await scenario(
    'a cluster that is to be: servers that do not run are examined by their files',
    async (t) => {
      const { primary, other } = await castOf(lab);
      await lab.exec(primary, ['cls_stop'], { timeoutMs: RECOVERY_MS });
      const config = `pcs_template=muti.pcs.template
node1=node1
node2=node2
node3=node3
writer_vip=192.168.0.236
reader_vip=192.168.0.237
vip_cidr_netmask=24
pgsql_pgctl=${lab.binDirectory}/pg_ctl
pgsql_pgdata=${dataDirectory}
pgsql_repuser=replication
`;
      const configIni = '/var/lib/config.ini';
      await lab.exec(primary, ['tee', configIni], { input: config });
      const stopped = await examine(lab, primary, '--config', configIni);
      t.strictSame(
        found(stopped).filter((each) => !each.startsWith('warning resource-disabled')),
        ALWAYS,
      );
      await inNode(
        lab,
        other,
        `cp -p ${hbaFile} /var/lib/hba.saved; sed -i '/^host replication/d' ${hbaFile}
       echo "wal_level = minimal" >>/etc/pha-lab/postgresql.conf`,
      );
      const broken = await examine(lab, primary, '--config', configIni);
      t.strictSame(
        found(broken).filter((each) => each.startsWith('error')),
        [`error hba ${other}`, `error wal-level ${other}`],
      );
      await lab.exec(primary, ['tee', configIni], {
        input: config.replace('192.168.0.237', '192.168.0.236'),
      });
      t.match(
        (await examine(lab, primary, '--config', configIni)).entries.find(({ id }) => id === 'config-ini')
          ?.sentence,
        `${configIni}, line 6: reader_vip is 192.168.0.236, the same as writer_vip`,
      );
      await inNode(
        lab,
        other,
        `cp -p /var/lib/hba.saved ${hbaFile}; sed -i '/^wal_level = minimal/d' /etc/pha-lab/postgresql.conf`,
      );
      await lab.exec(primary, ['cls_start'], { timeoutMs: RECOVERY_MS });
      const cluster = await lab.waitHealthy(RECOVERY_MS);
      t.equal(statusOf(cluster, primary), 'PRI');
    },
  );
});
