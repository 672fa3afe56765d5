import { type ClusterConfig, parseConfigIni } from '../../../../lib/config/index.ts';

/** A config.ini as the seed has it, with some keys changed; undefined leaves a key out. */
export const iniText = (changes: Readonly<Record<string, string | undefined>> = {}): string => {
  const values: Record<string, string | undefined> = {
    pcs_template: 'muti.pcs.template',
    OCF_ROOT: '/usr/lib/ocf',
    RESOURCE_LIST: '"msPostgresql vip-master vip-slave"',
    pha4pgsql_dir: '/opt/pha4pgsql',
    writer_vip: '192.168.0.236',
    reader_vip: '192.168.0.237',
    node1: 'node1',
    node2: 'node2',
    node3: 'node3',
    othernodes: '""',
    vip_nic: 'ens37',
    vip_cidr_netmask: '24',
    pgsql_pgctl: '/usr/pgsql/bin/pg_ctl',
    pgsql_psql: '/usr/pgsql/bin/psql',
    pgsql_pgdata: '/pgsql/data',
    pgsql_pgport: '5432',
    pgsql_restore_command: '""',
    pgsql_rep_mode: 'sync',
    pgsql_repuser: 'replication',
    pgsql_reppassord: 'replication',
    ...changes,
  };
  return Object.entries(values)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}\n`]))
    .join('');
};

export const configOf = (changes: Readonly<Record<string, string | undefined>> = {}): ClusterConfig => {
  const parsed = parseConfigIni(iniText(changes));
  if (!parsed.ok) throw new Error(parsed.problems.map(({ sentence }) => sentence).join('; '));
  return parsed.config;
};
