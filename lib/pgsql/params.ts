import { defineParameters, type ParameterValues } from '../../heartbeat-ocf/index.ts';
import { objectionToConninfoOptions, objectionToSlotPrefix } from './param-rules.ts';

/** A first character that no option has, so that the name can stand on a command line. */
const userName = (value: string): string | undefined =>
  /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/.test(value)
    ? undefined
    : 'is no name of an operating system user; give one';

const notRoot = (value: string): string | undefined =>
  /^\/+$/.test(value) ? 'is the root directory; give a directory of its own' : undefined;

/** Every parameter of ocf:pha:pgsql. Names, meanings and defaults are those that users of ocf:heartbeat:pgsql know. */
export const pgsqlParameters = defineParameters({
  pgctl: {
    type: 'path',
    default: '/usr/bin/pg_ctl',
    shortdesc: 'Path of pg_ctl',
    longdesc:
      'Absolute path of pg_ctl. The other programs of PostgreSQL (pg_controldata, pg_rewind, pg_basebackup) are looked up beside it.',
  },
  start_opt: {
    type: 'command',
    shortdesc: 'Options for the server',
    longdesc:
      'Options that pg_ctl hands to the server when it starts (pg_ctl -o), such as "-c shared_buffers=1GB".',
  },
  ctl_opt: {
    type: 'command',
    shortdesc: 'Options for pg_ctl',
    longdesc: 'Further options for pg_ctl start, separated by blanks.',
  },
  psql: {
    type: 'path',
    reloadable: true,
    default: '/usr/bin/psql',
    shortdesc: 'Path of psql',
    longdesc:
      'Absolute path of psql. The agent itself speaks to the server without psql; the parameter is kept so that existing definitions work.',
  },
  pgdata: {
    type: 'path',
    default: '/var/lib/pgsql/data',
    unique: true,
    check: notRoot,
    shortdesc: 'Data directory',
    longdesc: 'Absolute path of the data directory. It must be the same on every node.',
  },
  pgdba: {
    type: 'name',
    default: 'postgres',
    check: userName,
    shortdesc: 'Operating system user',
    longdesc: 'Operating system user that owns the data directory and runs the server.',
  },
  pghost: {
    type: 'host',
    reloadable: true,
    shortdesc: 'Host to connect to',
    longdesc:
      'Host name or IP address under which the agent connects to the server of its own node. When empty, it connects through a Unix socket, which is the safer choice.',
  },
  pgport: {
    type: 'port',
    default: 5432,
    shortdesc: 'Port',
    longdesc:
      'Port on which the server listens: used for the Unix socket, for pghost, and by standbys to reach the primary.',
  },
  pglibs: {
    type: 'path',
    shortdesc: 'Library directory',
    longdesc:
      "Directory of PostgreSQL's libraries, when its programs do not find them by themselves (LD_LIBRARY_PATH).",
  },
  monitor_user: {
    type: 'name',
    reloadable: true,
    shortdesc: 'Database user for monitoring',
    longdesc:
      'Database user as which monitor_sql is run, over a connection of its own. When empty, it is run as pgdba, over the one connection that the agent needs anyway. That it is not let in is a warning in the log; that monitor_sql fails is a failure. Everything else is always done as pgdba.',
  },
  monitor_password: {
    type: 'secret',
    reloadable: true,
    shortdesc: 'Password of monitor_user',
    longdesc:
      "Password of monitor_user. Everybody who may read the cluster's configuration can read it; a .pgpass file of pgdba is the better place.",
  },
  monitor_sql: {
    type: 'text',
    reloadable: true,
    default: 'select now();',
    shortdesc: 'Liveness check',
    longdesc: 'SQL that a live server must be able to run.',
  },
  config: {
    type: 'path',
    default: (textOf) => `${textOf('pgdata').replace(/\/+$/, '')}/postgresql.conf`,
    shortdesc: 'Configuration file',
    longdesc: 'Absolute path of postgresql.conf. When empty, it is postgresql.conf in pgdata.',
  },
  pgdb: {
    type: 'name',
    reloadable: true,
    default: 'template1',
    shortdesc: 'Database for monitoring',
    longdesc: 'Database to which the agent connects.',
  },
  logfile: {
    type: 'path',
    default: '/dev/null',
    shortdesc: 'Log file of the server',
    longdesc:
      "File that takes what the server writes before its own logging begins (pg_ctl -l). It is created as pgdba's.",
  },
  socketdir: {
    type: 'path',
    shortdesc: 'Socket directory',
    longdesc:
      'Directory of the Unix socket. When empty, it is the first of unix_socket_directories of the running server.',
  },
  stop_escalate: {
    type: 'integer',
    reloadable: true,
    default: 90,
    unit: 'seconds',
    min: 0,
    max: 86400,
    shortdesc: 'Time for a fast shutdown',
    longdesc:
      "Seconds that stop waits for a fast shutdown before it goes on to an immediate one. It is shortened so that all of it ends within the operation's timeout.",
  },
  stop_escalate_in_slave: {
    type: 'integer',
    reloadable: true,
    default: 90,
    unit: 'seconds',
    min: 0,
    max: 86400,
    shortdesc: 'The same on a standby',
    longdesc: 'As stop_escalate, on a standby.',
  },
  rep_mode: {
    type: 'enum',
    values: ['none', 'async', 'sync', 'slave'],
    default: 'none',
    shortdesc: 'Replication mode',
    longdesc: `none: a server that is only started and stopped.

async: one primary and any number of asynchronous standbys. When the primary is lost, the standby that received most takes over.

sync: as async, and the primary waits on every commit for one synchronous standby, which alone may take over. Nothing that was acknowledged is lost.

slave: a standby of a primary elsewhere, which is never promoted.

async and sync need a promotable clone with notify=true; async, sync and slave need master_ip.`,
  },
  node_list: {
    type: 'nodes',
    reloadable: true,
    shortdesc: 'Nodes of this resource',
    longdesc:
      'Names of the nodes that run this resource, separated by blanks. When empty, all nodes of the cluster. Set it when some node of the cluster has no PostgreSQL.',
  },
  restore_command: {
    type: 'command',
    shortdesc: 'restore_command',
    longdesc: 'restore_command of the standbys, for WAL that is only to be had from an archive.',
  },
  archive_cleanup_command: {
    type: 'command',
    shortdesc: 'archive_cleanup_command',
    longdesc: 'archive_cleanup_command of the standbys.',
  },
  recovery_end_command: {
    type: 'command',
    shortdesc: 'recovery_end_command',
    longdesc: 'recovery_end_command, which a standby runs once when it is promoted.',
  },
  master_ip: {
    type: 'host',
    shortdesc: 'Address of the primary',
    longdesc:
      'Address that standbys connect to: in async and sync the virtual IP address that follows the primary, in slave the primary itself. Needed unless rep_mode is none.',
  },
  repuser: {
    type: 'name',
    default: 'postgres',
    shortdesc: 'Replication user',
    longdesc: 'Database user as which standbys connect to the primary. It needs the attribute REPLICATION.',
  },
  primary_conninfo_opt: {
    type: 'secret',
    check: objectionToConninfoOptions,
    shortdesc: 'More of primary_conninfo',
    longdesc:
      'Further keywords of primary_conninfo, such as "passfile=/var/lib/pgsql/.pgpass keepalives_idle=60". host, port, user and application_name are given by the agent and must not be here.',
  },
  restart_on_promote: {
    type: 'boolean',
    reloadable: true,
    default: false,
    shortdesc: 'Ignored',
    longdesc:
      'Accepted so that existing definitions work, and ignored: when the recorded primary comes back, it always goes on with its own timeline, and any other node opens a new one without a restart.',
  },
  replication_slot_name: {
    type: 'name',
    check: objectionToSlotPrefix,
    shortdesc: 'Prefix of replication slots',
    longdesc: `When set, each standby streams from a replication slot of its own, named after this prefix, an underscore and the node, in lower case and with dots and hyphens as underscores: with the prefix "sample", Node-1.example.com has sample_node_1_example_com. Lower case letters, digits and underscores only.

The primary creates the slots of the nodes in node_list; a standby drops those of its own time as primary. The slot of a node that has left node_list is reported and never dropped. A slot whose node is down holds back WAL: limit that with max_slot_wal_keep_size.`,
  },
  tmpdir: {
    type: 'path',
    default: '/var/lib/pgsql/tmp',
    check: notRoot,
    shortdesc: 'Directory for files of the agent',
    longdesc:
      'Directory for files that the agent owns, among them rep_mode.conf, which is included at the end of postgresql.conf. It must survive a reboot and should not be below pgdata.',
  },
  xlog_check_count: {
    type: 'integer',
    reloadable: true,
    default: 3,
    min: 1,
    max: 1000,
    shortdesc: 'Observations before a first election',
    longdesc:
      'Number of equal observations of all positions before a primary is elected in a cluster that has no record of one.',
  },
  crm_attr_timeout: {
    type: 'integer',
    reloadable: true,
    default: 5,
    unit: 'seconds',
    min: 1,
    max: 3600,
    shortdesc: 'Time for an attribute',
    longdesc: "Seconds for writing one of the cluster's attributes.",
  },
  check_wal_receiver: {
    type: 'boolean',
    reloadable: true,
    default: false,
    shortdesc: 'Publish the state of the WAL receiver',
    longdesc:
      'Publishes the node attribute <resource>-receiver-status: "normal" when a standby receives WAL, "normal (master)" on the primary, else "ERROR".',
  },
  publish_lag: {
    type: 'boolean',
    reloadable: true,
    default: false,
    shortdesc: 'Publish how far a standby is behind',
    longdesc:
      'A standby tells with each monitor how far it is behind, for max_lag_bytes and max_lag_seconds of ocf:pha:lvsdr. It is no part of the configuration and is not shown by crm_mon: attrd_updater --query --all --name=<resource>-lag tells it.',
  },
  fast_detection: {
    type: 'boolean',
    reloadable: true,
    default: true,
    shortdesc: 'Report the end of PostgreSQL at once',
    longdesc:
      "A process of 1 to 4 MB waits for the end of PostgreSQL and reports it to Pacemaker within a tenth of a second, where the next monitor would find it seconds later. It reports neither what the agent stops itself nor anything while Pacemaker does not manage the resource, and it does not judge a server that runs. Pacemaker shows such a failure as asyncmon, 'Simulated failure'; cls_status says what it is. Pacemaker recovers from it by a restart, so a monitor with another on-fail starts no such process. A restart by hand (pg_ctl, systemctl, a package's script) is an end like any other: unmanage the resource, or set maintenance mode, before.",
  },
  write_check: {
    type: 'enum',
    reloadable: true,
    values: ['off', 'on'],
    default: 'off',
    shortdesc: 'Does the primary still write',
    longdesc: `Storage that hangs or is full may go on to be read, and then no other check notices anything.

on: each monitor of the primary has PostgreSQL commit a message to its WAL, waiting for no standby, and make a file in its data directory. When that has failed for want of room, with an error of the disk, or because it took longer than 5 seconds, three times in a row, the monitor fails with that reason. It writes some 100 bytes of WAL each time, so that archive_timeout closes a segment also where nobody writes. A disk that hangs may keep PostgreSQL from being stopped, too: without fencing nobody takes over then.`,
  },
  sync_degrade: {
    type: 'enum',
    reloadable: true,
    values: ['allow', 'never'],
    default: 'allow',
    shortdesc: 'May a primary go on without a synchronous standby',
    longdesc: `For rep_mode sync, when no standby is left that could be synchronous.

allow: the primary goes on alone, after the cluster has recorded that no standby may take over.

never: commits wait until there is a synchronous standby again.`,
  },
  max_lag_on_failover: {
    type: 'integer',
    reloadable: true,
    default: 0,
    unit: 'bytes',
    min: 0,
    shortdesc: 'Most WAL that a failover may lose',
    longdesc:
      "For rep_mode async: a standby that is known to lack more than so many bytes of the lost primary's WAL is not promoted. 0 is no limit.",
  },
  external_standby_node_list: {
    type: 'nodes',
    reloadable: true,
    shortdesc: 'Standbys outside the cluster',
    longdesc:
      'Names (application_name) of standbys outside the cluster that may be synchronous, separated by blanks. They are never promoted.',
  },
  enable_distlock: {
    type: 'boolean',
    reloadable: true,
    default: false,
    shortdesc: 'Arbitrate by a lock',
    longdesc:
      'For clusters of two nodes: a node may be primary only as long as it holds a lock on a third machine, the arbiter; see docs/distlock.md. Which one: distlock_conninfo and distlock_lockname, or distlock_lock_cmd.',
  },
  quorum_device: {
    type: 'boolean',
    reloadable: true,
    default: false,
    shortdesc: 'Two nodes have a quorum device',
    longdesc:
      'For clusters of two nodes with corosync-qdevice in place of the lock: a node that is left alone with quorum takes over, or lets commits go on, once the other one surely has none; see docs/quorum-device.md.',
  },
  distlock_conninfo: {
    type: 'secret',
    reloadable: true,
    shortdesc: 'The arbiter',
    longdesc:
      'Connection string of the PostgreSQL that has the lock, a server outside the cluster, such as "host=node3 port=5439 user=postgres dbname=postgres". One host only, a machine that is neither of the two nodes: no socket and no localhost. Its password belongs into a file that passfile= names.',
  },
  distlock_lockname: {
    type: 'name',
    reloadable: true,
    shortdesc: 'Name of the lock',
    longdesc:
      'The table, a colon and the name of the lock, such as distlock:pgsql_cls1; each cluster has one of its own. It is made with: distlock CONNINFO init LOCK',
  },
  distlock_lease_seconds: {
    type: 'integer',
    reloadable: true,
    default: 9,
    unit: 'seconds',
    min: 2,
    max: 3600,
    shortdesc: 'How long the lock holds without a renewal',
    longdesc:
      'The primary renews the lock with each monitor. When it could not, PostgreSQL is ended before these seconds are over, and the other node may take over after them. At least twice the interval of the monitor.',
  },
  distlock_timeout_seconds: {
    type: 'integer',
    reloadable: true,
    default: 12,
    unit: 'seconds',
    min: 1,
    max: 3600,
    shortdesc: 'How long a promotion tries to get the lock',
    longdesc:
      'Longer than the lease: the node that takes over waits until the lease of the lost primary is over.',
  },
  distlock_lock_cmd: {
    type: 'command',
    reloadable: true,
    shortdesc: 'The lock, as older definitions have it',
    longdesc: `A call of distlock, from which the arbiter, the lock, the lease and the time to try are taken: distlock 'psql "host=node3 port=5439"' lock distlock:pgsql_cls1 @owner 9 12. It is read and never run; a call of any other program is refused, and distlock_conninfo and distlock_lockname are to be given in its place. Where distlock_conninfo is given, that counts.`,
  },
  distlock_unlock_cmd: {
    type: 'command',
    reloadable: true,
    shortdesc: 'Not needed',
    longdesc:
      'Accepted so that existing definitions work. It is read and never run: what distlock_lock_cmd or distlock_conninfo names is given back, and if this one means another lock, that is said.',
  },
  distlock_lockservice_deadcheck_nodelist: {
    type: 'nodes',
    reloadable: true,
    shortdesc: 'Nodes that must agree that the lock service is dead',
    longdesc:
      'Not needed, and empty is better: the standby itself says whether it reaches the arbiter, and the primary goes on without it only while both nodes do not and the standby streams. Where nodes are given, such as "node1 node2", they are asked in addition, as in older definitions: when the arbiter is silent, by ssh as root and without a password. If one of them reaches it, or cannot be asked within two seconds, the primary does not go on. That takes time of the lease, and makes a failing ssh end PostgreSQL.',
  },
});

export type PgsqlParameters = ParameterValues<typeof pgsqlParameters>;
