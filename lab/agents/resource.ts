/** The resource pgsql of each agent the lab can run. */
import { join } from 'node:path';
import type { AgentResource } from '../cluster/resources.ts';
import type { LabOptions } from '../options.ts';
import { dataDirectory, passfile, port, serverLog, temporaryDirectory } from '../postgres/installation.ts';
import { writeVip } from '../topology.ts';
import { floorProvider } from './floor.ts';

/** The parameters that ocf:pha:pgsql and ocf:heartbeat:pgsql have in common. */
const replicationParams = (options: LabOptions, bin: string): Record<string, string> => ({
  pgctl: join(bin, 'pg_ctl'),
  psql: '/usr/bin/psql',
  pgdata: dataDirectory,
  pgport: String(port),
  logfile: serverLog,
  rep_mode: options.repMode,
  ...(options.repMode === 'none'
    ? {}
    : {
        node_list: options.nodeNames.join(' '),
        master_ip: writeVip,
        repuser: 'replication',
        primary_conninfo_opt: `passfile=${passfile} keepalives_idle=60 keepalives_interval=5 keepalives_count=5`,
        tmpdir: temporaryDirectory,
        restart_on_promote: 'true',
      }),
});

const pafParams = (bin: string): Record<string, string> => ({
  bindir: bin,
  pgdata: dataDirectory,
  pghost: '/run/postgresql',
  pgport: String(port),
});

/** Undefined for a cluster without resources. */
export const databaseResource = (options: LabOptions, bin: string): AgentResource | undefined => {
  switch (options.agent) {
    case 'pha':
      return {
        provider: 'pha',
        type: 'pgsql',
        params: { ...replicationParams(options, bin), ...options.params },
      };
    case 'heartbeat':
      return {
        provider: 'heartbeat',
        type: 'pgsql',
        params: { ...replicationParams(options, bin), ...options.params },
      };
    case 'paf':
      return { provider: 'heartbeat', type: 'pgsqlms', params: { ...pafParams(bin), ...options.params } };
    case 'floor':
      return {
        provider: floorProvider,
        type: 'floor',
        params: {
          pgctl: join(bin, 'pg_ctl'),
          pgdata: dataDirectory,
          logfile: serverLog,
          nodes: options.nodeNames.join(' '),
          ...options.params,
        },
      };
    case 'none':
      return undefined;
  }
};
