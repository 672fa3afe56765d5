/** A cluster with any number of real servers, as the commands that the director asks would tell of it (pure). */
import { EXECUTOR } from './monitor-call.ts';

/** Where the director has its list of servers from. */
export const SOURCES = ['listed', 'nodes'] as const;
export type Source = (typeof SOURCES)[number];

export const DESCRIPTIONS: Readonly<Record<Source, string>> = {
  listed: 'printed by a script, each with a weight of its own; a cluster of three nodes',
  nodes: 'each a node of the cluster with a resource and an attribute',
};

/** How many nodes the cluster has, whatever number of servers there is. */
const NODES = 3;

export const VIP = '10.77.0.1';
const PORT = 5432;

export interface Server {
  readonly name: string;
  readonly address: string;
}

export const serversOf = (count: number): readonly Server[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `db${index + 1}`,
    address: `10.77.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`,
  }));

/** `ipvsadm --save --numeric`: as the director wants it, so that there is nothing to change. */
export const tableText = (servers: readonly Server[]): string =>
  [
    `-A -t ${VIP}:${PORT} -s rr`,
    ...servers.map(({ address }) => `-a -t ${VIP}:${PORT} -r ${address}:${PORT} -g -w 1`),
    '',
  ].join('\n');

/** /etc/hosts */
export const hostsText = (servers: readonly Server[]): string =>
  servers.map(({ name, address }) => `${address} ${name}\n`).join('');

const instance = ({ name }: Server, resource: string): string =>
  `<resource id="${resource}" resource_agent="ocf:pha:${resource}" role="${resource === 'pgsql' ? 'Unpromoted' : 'Started'}" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1"><node name="${name}" id="${name}" cached="true"/></resource>`;

/** The cluster that the director is in. */
export const nodesOf = (source: Source, servers: readonly Server[]): readonly Server[] =>
  source === 'nodes' ? servers : serversOf(NODES);

/** `crm_mon --one-shot --output-as=xml` of Pacemaker 2.1, with what a database's nodes have. */
export const crmMonText = (nodes: readonly Server[]): string => `<?xml version="1.0"?>
<pacemaker-result api-version="2.25" request="crm_mon --output-as=xml">
<summary><stack type="corosync"/><current_dc present="true" name="db1" id="1" with_quorum="true"/></summary>
<nodes>
${nodes.map(({ name }, index) => `<node name="${name}" id="${index + 1}" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.2" shutdown="false" expected_up="true" is_dc="false" resources_running="2" type="member"/>`).join('\n')}
</nodes>
<resources>
${['pgsql', 'lvsdr-realsvr'].map((resource) => `<clone id="${resource}-clone" multi_state="false" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">\n${nodes.map((server) => instance(server, resource)).join('\n')}\n</clone>`).join('\n')}
</resources>
<node_attributes>
${nodes.map(({ name }) => `<node name="${name}"><attribute name="master-pgsql" value="-INFINITY"/><attribute name="pgsql-data-status" value="STREAMING|ASYNC"/><attribute name="pgsql-status" value="HS:async"/><attribute name="pgsql-xlog-loc" value="00000000050001B0"/></node>`).join('\n')}
</node_attributes>
<status code="0" message="OK"/>
</pacemaker-result>
`;

/** The environment of one recurring monitor. `folder` has the stubs. */
export const balancerEnvironment = (
  folder: string,
  source: Source,
  servers: readonly Server[],
): Record<string, string> => {
  const params: Readonly<Record<string, string>> = {
    vip: VIP,
    port: String(PORT),
    realserver_dependent_resource: 'lvsdr-realsvr',
    realserver_dependent_attribute_name: 'pgsql-status',
    realserver_dependent_attribute_value: 'HS:sync|HS:async',
    follow_events: 'false',
    ...(source === 'listed'
      ? {
          realserver_get_real_servers_script: 'servers',
          weight_of_realservers: servers.map(({ name }) => `${name},1`).join(' '),
        }
      : {}),
  };
  return {
    ...EXECUTOR,
    PATH: `${folder}:${EXECUTOR.PATH ?? ''}`,
    HA_LOGFILE: '/dev/null',
    HA_logfile: '/dev/null',
    OCF_RESOURCE_INSTANCE: `lvsdr-${source}-${servers.length}`,
    OCF_RESOURCE_PROVIDER: 'pha',
    OCF_RESOURCE_TYPE: 'lvsdr',
    OCF_RESKEY_CRM_meta_name: 'monitor',
    OCF_RESKEY_CRM_meta_interval: '5000',
    OCF_RESKEY_CRM_meta_timeout: '60000',
    OCF_RESKEY_CRM_meta_on_node: 'db1',
    ...Object.fromEntries(Object.entries(params).map(([name, value]) => [`OCF_RESKEY_${name}`, value])),
  };
};
