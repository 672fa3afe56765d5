import { defineParameters, NODE_NAME, type ParameterValues } from '../../../heartbeat-ocf/index.ts';
import { shellWords } from '../../postgres/shell-words.ts';
import { SCHEDULERS } from '../ipvs/kernel.ts';
import { objectionToVip } from '../realsvr/real-server.ts';
import { syncParameters } from '../sync-parameters.ts';
import { isFalseAddress, isHost, LARGEST_WEIGHT, objectionToServerList } from './server-list.ts';
import { parseServiceOptions } from './service-options.ts';

const aCommand = (value: string): string | undefined =>
  shellWords(value) === undefined ? 'has a quote that is not closed; close it' : undefined;

const aHost = (value: string): string | undefined =>
  isHost(value) && !isFalseAddress(value)
    ? undefined
    : 'is neither "primary" nor a host name or IP address; give one of these';

const aResource = (value: string): string | undefined =>
  /^[A-Za-z_][A-Za-z0-9._-]*$/.test(value) ? undefined : 'is no name of a resource; give one';

const anAttribute = (value: string): string | undefined =>
  NODE_NAME.test(value) ? undefined : 'is no name of a node attribute; give one';

const aPattern = (value: string): string | undefined => {
  try {
    new RegExp(value, 'u');
    return undefined;
  } catch {
    return 'is no regular expression; write one such as HS:sync|HS:async';
  }
};

const ports = (value: string): string | undefined => {
  const strange = value.split(/\s+/).find((word) => word !== '' && !(/^\d{1,5}$/.test(word) && isPort(word)));
  return strange === undefined
    ? undefined
    : `has "${strange}"; list ports from 1 to 65535, separated by blanks`;
};
const isPort = (word: string): boolean => Number(word) >= 1 && Number(word) <= 65_535;

const options = (value: string): string | undefined => {
  // What depends on the family is looked at together with vip.
  const [four, six] = [parseServiceOptions(value, 4), parseServiceOptions(value, 6)];
  return four.ok || six.ok ? undefined : four.why;
};

/** Every parameter of ocf:pha:lvsdr. Names, meanings and defaults of the first ones are those of the original. */
export const lvsdrParameters = defineParameters({
  vip: {
    type: 'host',
    required: true,
    check: objectionToVip,
    shortdesc: 'Virtual IP address',
    longdesc: 'IP address of the virtual service: the one that clients read from.',
  },
  port: {
    type: 'port',
    required: true,
    shortdesc: 'Port',
    longdesc: 'Port of the virtual service, and of the real servers.',
  },
  ports: {
    type: 'command',
    check: ports,
    shortdesc: 'Further ports',
    longdesc:
      'Further ports, separated by blanks, for example of a connection pool beside the database. Each is a virtual service of its own with the same servers.',
  },
  protocol_family: {
    type: 'enum',
    values: ['auto', 'IPv4', 'IPv6'],
    default: 'auto',
    shortdesc: 'IPv4 or IPv6',
    longdesc:
      'Which addresses of the real servers are used. auto: the family of vip, which is the only one that works.',
  },
  virtual_service_options: {
    type: 'command',
    reloadable: true,
    default: '-s rr',
    check: options,
    shortdesc: 'Options of the virtual service',
    longdesc: `How connections are given to the servers, as options of ipvsadm -A: -s scheduler (${SCHEDULERS.join(', ')}), -p [seconds] for connections of one client to stay with one server, -M netmask for the clients of one network to count as one, -b flags of sh and mh. Without -s it is wlc, as in ipvsadm.`,
  },
  forward: {
    type: 'enum',
    reloadable: true,
    values: ['gate', 'masq', 'ipip'],
    default: 'gate',
    shortdesc: 'How packets reach the servers',
    longdesc: `gate: direct routing (DR). The servers are in the network of the director, have vip on their loopback (ocf:pha:lvsdr-realsvr, or cls_realserver outside the cluster), and answer clients directly.

masq: address translation (NAT). The director must be the servers' way back to the clients.

ipip: tunnel (TUN). As gate, for servers in other networks, which need a device of the kind ipip with vip.`,
  },
  default_weight: {
    type: 'integer',
    reloadable: true,
    default: 1,
    min: 0,
    max: LARGEST_WEIGHT,
    shortdesc: 'Weight of servers that have none of their own',
    longdesc:
      'Weight of a real server for which weight_of_realservers has none. With 0, only servers named there get connections.',
  },
  weight_of_realservers: {
    type: 'command',
    reloadable: true,
    check: objectionToServerList,
    shortdesc: 'Weights of servers',
    longdesc:
      'Servers and their weights, separated by blanks: "node1,1 node2,3 10.0.0.9". Without a weight, default_weight holds; 0 gives a server no new connections. A server may be named by its host name or by its IP address. It is the list of servers, too, when there is neither realserver_get_real_servers_script nor realserver_dependent_resource.',
  },
  heatbeat_file: {
    type: 'path',
    reloadable: true,
    aliases: ['heartbeat_file'],
    shortdesc: 'File for the time of the last call',
    longdesc:
      'When set, each call of the agent writes the time into this file, in seconds since 1970, so that it can be watched from outside. Its directory must be one that only root can write to.',
  },
  realserver_dependent_resource: {
    type: 'name',
    reloadable: true,
    check: aResource,
    shortdesc: 'Resource that makes a node a real server',
    longdesc:
      'Name of a resource, a group or a clone, such as lvsdr-realsvr: the nodes where it is active are the candidates. When empty, weight_of_realservers lists them; when that is empty, too, all nodes of the partition are candidates. With forward=gate or ipip, a node where it is not active does not accept vip and gets nothing, whoever lists it; the director itself does.',
  },
  realserver_dependent_attribute_name: {
    type: 'name',
    reloadable: true,
    default: 'readable',
    check: anAttribute,
    shortdesc: 'Node attribute that a real server needs',
    longdesc:
      'Name of a node attribute, such as pgsql-status: only candidates with the right value are real servers. It has no say when there is one of the scripts. A candidate outside the cluster has no attributes; it is a real server as long as its port takes connections.',
  },
  realserver_dependent_attribute_value: {
    type: 'command',
    reloadable: true,
    default: '1',
    check: aPattern,
    shortdesc: 'Value that the attribute must have',
    longdesc: 'A regular expression that must match the whole value, such as HS:sync|HS:potential|HS:async.',
  },
  realserver_get_real_servers_script: {
    type: 'command',
    reloadable: true,
    check: aCommand,
    shortdesc: 'Command that prints the servers',
    longdesc:
      'Command that prints the names or addresses of the real servers, such as get_active_slaves. It is split into words as by a shell, and no shell runs it: nothing is expanded. When it fails, the servers stay as they are, except for nodes that the cluster has lost.',
  },
  realserver_check_active_real_server_script: {
    type: 'command',
    reloadable: true,
    check: aCommand,
    shortdesc: 'Command that checks one server',
    longdesc:
      'Command that is run for each candidate, for all at the same time, with its name as one more word at the end, such as check_active_slave ... -h. A server is well if the exit code is 0 and the output is not f, false, no or 0.',
  },
  realserver_script_timeout: {
    type: 'integer',
    reloadable: true,
    default: 8,
    unit: 'seconds',
    min: 1,
    max: 3600,
    shortdesc: 'Time for a script',
    longdesc:
      'Seconds for each of the two commands above, and for a look at a port. It should be well below the timeout of monitor. A server that is not checked in time gets no new connections while others are well; three times in a row, it is not well.',
  },
  drain_timeout: {
    type: 'integer',
    reloadable: true,
    default: 300,
    unit: 'seconds',
    min: 0,
    max: 604_800,
    shortdesc: 'Time for connections to end',
    longdesc:
      'A server that leaves in good health gets no new connections, and is removed when its connections have ended or so many seconds have passed; what is left of them is then cut off. With 0 it is removed at once. A server that is not well is always removed at once.',
  },
  sorry_server: {
    type: 'name',
    reloadable: true,
    check: aHost,
    shortdesc: 'Who serves when no other can',
    longdesc:
      'When fewer servers than min_real_servers are left, this one serves as well, until there are enough again: "primary" for the node of the primary (see database_resource), or a host name or IP address, which is left out while it refuses connections. With forward=gate it must accept vip: it does on the director itself, and where realserver_dependent_resource is active.',
  },
  min_real_servers: {
    type: 'integer',
    reloadable: true,
    default: 1,
    min: 1,
    max: 1000,
    shortdesc: 'Servers below which sorry_server helps',
    longdesc: 'With fewer servers than this, sorry_server serves as well.',
  },
  max_lag_bytes: {
    type: 'integer',
    reloadable: true,
    default: 0,
    unit: 'bytes',
    min: 0,
    shortdesc: 'How far behind a server may be',
    longdesc:
      'A standby that lacks more than so many bytes in three monitors in a row gets no new connections until it lacks no more than half of that; the last server that is left always gets them. 0 is no limit. Needs publish_lag=true of the database resource. Servers outside the cluster are not judged.',
  },
  max_lag_seconds: {
    type: 'integer',
    reloadable: true,
    default: 0,
    unit: 'seconds',
    min: 0,
    max: 604_800,
    shortdesc: 'How old the data of a server may be',
    longdesc: 'The same for the age of what a standby has not replayed yet. 0 is no limit.',
  },
  slow_start_seconds: {
    type: 'integer',
    reloadable: true,
    default: 0,
    unit: 'seconds',
    min: 0,
    max: 86_400,
    shortdesc: 'Time in which a newcomer gets its whole weight',
    longdesc:
      'The weight of a server that joins others is raised step by step in so many seconds. Weights are whole numbers: give weights such as 10 (default_weight), and a scheduler that heeds them (wrr, wlc). 0: at once.',
  },
  database_resource: {
    type: 'name',
    reloadable: true,
    check: aResource,
    shortdesc: 'The ocf:pha:pgsql resource',
    longdesc:
      'Name of the resource (not of its clone) whose node attributes tell who is the primary, who runs, and who is behind. When empty, it is what stands before -status in realserver_dependent_attribute_name, else pgsql.',
  },
  follow_events: {
    type: 'boolean',
    reloadable: true,
    default: true,
    shortdesc: 'Follow changes of the cluster at once',
    longdesc:
      'While it is started, a small process watches the cluster, and brings the servers up to date as soon as a node leaves, a resource moves or an attribute changes. Without it, that is done by each monitor.',
  },
  sync_daemon: {
    type: 'boolean',
    default: false,
    shortdesc: 'Hand connections over to the next director',
    longdesc:
      'Runs the synchronisation of IPVS, so that connections survive a change of the director: as master on the director, and as backup on a node that was the director before. For all others, ocf:pha:lvsdr-realsvr has the parameter of the same name.',
  },
  ...syncParameters,
});

export type LvsdrParameters = ParameterValues<typeof lvsdrParameters>;
