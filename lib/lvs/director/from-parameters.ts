import { shellWords } from '../../postgres/shell-words.ts';
import { canonicalAddress, ipVersion } from '../../system/ip-address.ts';
import type { DirectorConfig } from './config.ts';
import type { LvsdrParameters } from './params.ts';
import { parseServerList } from './server-list.ts';
import { parseServiceOptions } from './service-options.ts';

/** @throws for parameters that {@link checkLvsdrParameters} objects to */
export const directorConfig = (p: LvsdrParameters): DirectorConfig => {
  const family = familyOf(p);
  const options = parseServiceOptions(p.virtual_service_options, family);
  if (!options.ok) throw new Error(`virtual_service_options ${options.why}`);
  return {
    vip: canonicalAddress(p.vip),
    ports: portsOf(p),
    family,
    forward: p.forward,
    scheduling: options.scheduling,
    defaultWeight: p.default_weight,
    list: parseServerList(p.weight_of_realservers),
    dependentResource: p.realserver_dependent_resource,
    attributeName: p.realserver_dependent_attribute_name,
    attributePattern: p.realserver_dependent_attribute_value,
    getScript: shellWords(p.realserver_get_real_servers_script) ?? [],
    checkScript: shellWords(p.realserver_check_active_real_server_script) ?? [],
    scriptTimeoutMs: p.realserver_script_timeout * 1000,
    drainTimeoutMs: p.drain_timeout * 1000,
    sorryServer: p.sorry_server,
    leastServers: p.min_real_servers,
    maxLagBytes: p.max_lag_bytes,
    maxLagSeconds: p.max_lag_seconds,
    slowStartMs: p.slow_start_seconds * 1000,
    database: p.database_resource || databaseOf(p.realserver_dependent_attribute_name),
    followEvents: p.follow_events,
    sync: p.sync_daemon ? { interface: p.sync_interface, id: p.sync_id } : undefined,
  };
};

export const familyOf = ({ vip }: Pick<LvsdrParameters, 'vip'>): 4 | 6 => ipVersion(vip) ?? 4;

export const portsOf = ({ port, ports }: Pick<LvsdrParameters, 'port' | 'ports'>): readonly number[] => [
  ...new Set([port, ...ports.split(/\s+/).filter(Boolean).map(Number)]),
];

/** `pgsql-status` is an attribute of pgsql; `pgsql-data-status` is, too. */
const databaseOf = (attribute: string): string => /^(.+?)(?:-data)?-status$/.exec(attribute)?.[1] ?? 'pgsql';
