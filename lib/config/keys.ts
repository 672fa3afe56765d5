import { defineParameters, NODE_NAME, showValue } from '../../heartbeat-ocf/index.ts';
import { canonicalAddress, ipVersion } from '../system/ip-address.ts';

const address = (value: string): string | undefined => {
  if (ipVersion(value) === undefined) return 'is no IP address; write one such as 192.168.0.236';
  // Loopback, "any", multicast, and what is reserved or for all.
  return /^(?:0|127|22[4-9]|2[3-5]\d)\.|^ff|^::1?$/.test(canonicalAddress(value))
    ? 'is no address that a machine of a network can have; write a free one of the network of the nodes'
    : undefined;
};

const prefixLength = (value: string): string | undefined => {
  if (/^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 128) return undefined;
  return 'is no prefix length; write the number of bits, such as 24 for 255.255.255.0';
};

const templateName = (value: string): string | undefined =>
  /^[A-Za-z0-9_./-]+\.(pcs|crm)\.template$/.test(value)
    ? undefined
    : 'names no template; write dual.pcs.template, muti.pcs.template or muti_with_lvs.pcs.template';

const interfaceName = (value: string): string | undefined =>
  /^[A-Za-z0-9_.@-]{1,15}$/.test(value) ? undefined : 'is no name of a network interface; see ip link';

const word = (value: string): string | undefined =>
  /^[A-Za-z0-9_.-]+$/.test(value) ? undefined : 'may only have letters, digits, "_", "." and "-"; change it';

const longdesc = '';

/**
 * Every key of config.ini but the nodes (`node1`, `node2` and so on). Names and meanings are those that users of
 * pha4pgsql know; an empty value means the same as none.
 */
export const configKeys = defineParameters({
  pcs_template: {
    type: 'name',
    required: true,
    check: templateName,
    longdesc,
    shortdesc: 'Template of the definition',
  },
  OCF_ROOT: {
    type: 'path',
    default: '/usr/lib/ocf',
    longdesc,
    shortdesc: 'Where Pacemaker looks for agents',
  },
  RESOURCE_LIST: { type: 'nodes', longdesc, shortdesc: 'Resources that cls_start and cls_stop act on' },
  pha4pgsql_dir: { type: 'path', longdesc, shortdesc: 'Accepted, not used' },
  writer_vip: {
    type: 'host',
    required: true,
    check: address,
    longdesc,
    shortdesc: 'Address that follows the primary',
  },
  reader_vip: { type: 'host', required: true, check: address, longdesc, shortdesc: 'Address for reading' },
  othernodes: { type: 'nodes', longdesc, shortdesc: 'More nodes, separated by blanks' },
  vip_nic: { type: 'name', check: interfaceName, longdesc, shortdesc: 'Interface of the addresses' },
  vip_cidr_netmask: {
    type: 'name',
    required: true,
    check: prefixLength,
    longdesc,
    shortdesc: 'Bits of the netmask',
  },
  pgsql_pgctl: { type: 'path', required: true, longdesc, shortdesc: 'Path of pg_ctl' },
  pgsql_psql: { type: 'path', longdesc, shortdesc: 'Path of psql' },
  pgsql_pgdata: { type: 'path', required: true, longdesc, shortdesc: 'Data directory' },
  pgsql_pghost: { type: 'host', longdesc, shortdesc: 'Where the agent connects instead of the Unix socket' },
  pgsql_pgport: { type: 'port', default: 5432, longdesc, shortdesc: 'Port' },
  pgsql_socketdir: { type: 'path', longdesc, shortdesc: 'Directory of the Unix socket' },
  pgsql_restore_command: {
    type: 'command',
    longdesc,
    shortdesc: 'restore_command of the standbys',
  },
  pgsql_rep_mode: {
    type: 'enum',
    values: ['sync', 'async'],
    default: 'sync',
    longdesc,
    shortdesc: 'Replication mode',
  },
  pgsql_repuser: { type: 'name', required: true, longdesc, shortdesc: 'Database user for replication' },
  pgsql_reppassord: {
    type: 'secret',
    aliases: ['pgsql_reppassword'],
    longdesc,
    shortdesc: 'Password of the database user for replication',
  },
  pgsql_enable_distlock: {
    type: 'boolean',
    default: false,
    longdesc,
    shortdesc: 'Arbitrate two nodes by a lock',
  },
  pgsql_quorum_device: {
    type: 'boolean',
    default: false,
    longdesc,
    shortdesc: 'A quorum device arbitrates two nodes',
  },
  pgsql_distlock_psql_cmd: {
    type: 'command',
    longdesc,
    shortdesc: 'psql of the lock server',
  },
  pgsql_distlock_lockname: { type: 'name', check: word, longdesc, shortdesc: 'Name of the lock' },
  fence_agent: { type: 'name', check: word, longdesc, shortdesc: 'Fence agent, such as fence_ipmilan' },
  fence_options: {
    type: 'command',
    longdesc,
    shortdesc: 'Options of the fence agent, name=value',
  },
});

/** `node1`, `node2` and so on, up to any number. */
export const NODE_KEY = /^node([1-9]\d*)$/;

export const objectionToNodeName = (name: string): string | undefined =>
  NODE_NAME.test(name) ? undefined : `${showValue(name)} is no node name; write it as crm_node -l shows it`;
