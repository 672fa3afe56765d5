import t from 'tap';
import { parseParameters } from '../../../../heartbeat-ocf/index.ts';
import { pgsqlParameters } from '../../../../lib/pgsql/params.ts';

const given = (values: Record<string, string>) =>
  parseParameters(
    pgsqlParameters,
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`OCF_RESKEY_${name}`, value])),
  );
const sentences = (values: Record<string, string>): string[] =>
  given(values).problems.map((problem) => problem.sentence);

t.test('without any parameter, all have the defaults of ocf:heartbeat:pgsql', async (t) => {
  const { values, problems } = given({});
  t.same(problems, []);
  t.same(values, {
    pgctl: '/usr/bin/pg_ctl',
    start_opt: '',
    ctl_opt: '',
    psql: '/usr/bin/psql',
    pgdata: '/var/lib/pgsql/data',
    pgdba: 'postgres',
    pghost: '',
    pgport: 5432,
    pglibs: '',
    monitor_user: '',
    monitor_password: '',
    monitor_sql: 'select now();',
    config: '/var/lib/pgsql/data/postgresql.conf',
    pgdb: 'template1',
    logfile: '/dev/null',
    socketdir: '',
    stop_escalate: 90,
    stop_escalate_in_slave: 90,
    rep_mode: 'none',
    node_list: [],
    restore_command: '',
    archive_cleanup_command: '',
    recovery_end_command: '',
    master_ip: '',
    repuser: 'postgres',
    primary_conninfo_opt: '',
    restart_on_promote: false,
    replication_slot_name: '',
    tmpdir: '/var/lib/pgsql/tmp',
    xlog_check_count: 3,
    crm_attr_timeout: 5,
    check_wal_receiver: false,
    publish_lag: false,
    fast_detection: true,
    write_check: 'off',
    sync_degrade: 'allow',
    max_lag_on_failover: 0,
    external_standby_node_list: [],
    enable_distlock: false,
    quorum_device: false,
    distlock_conninfo: '',
    distlock_lockname: '',
    distlock_lease_seconds: 9,
    distlock_timeout_seconds: 12,
    distlock_lock_cmd: '',
    distlock_unlock_cmd: '',
    distlock_lockservice_deadcheck_nodelist: [],
  });
});

t.test('the definition of the original (seed 001) is accepted', async (t) => {
  const { values, problems } = given({
    pgctl: '/usr/pgsql/bin/pg_ctl',
    psql: '/usr/pgsql/bin/psql',
    pgdata: '/pgsql/data',
    pgport: '5432',
    rep_mode: 'sync',
    node_list: 'node1 node2 node3 ',
    restore_command: '',
    primary_conninfo_opt: 'user=replication password=replication keepalives_idle=60'.replace(
      'user=replication ',
      '',
    ),
    master_ip: '192.168.0.236',
    restart_on_promote: 'false',
    enable_distlock: 'false',
    distlock_lock_cmd: '/opt/pha4pgsql/tools/distlock \'/usr/bin/psql "host=n4"\' lock pg @owner 9 12',
    distlock_lockservice_deadcheck_nodelist: 'node1 node2',
  });
  t.same(problems, []);
  t.match(values, { config: '/pgsql/data/postgresql.conf', node_list: ['node1', 'node2', 'node3'] });
});

t.test('config follows pgdata', async (t) => {
  t.equal(given({ pgdata: '/data/' }).values.config, '/data/postgresql.conf');
  t.equal(given({ pgdata: '/data', config: '/etc/pg.conf' }).values.config, '/etc/pg.conf');
});

t.test('values that could do harm are refused with a sentence', async (t) => {
  t.match(sentences({ pgdata: "/data'; rm" }), [/^pgdata is ".*": it must not contain quotes/]);
  t.match(sentences({ pgdata: '/' }), [/^pgdata is "\/": it is the root directory/]);
  t.match(sentences({ pgdba: '--help' }), [/^pgdba is "--help": it is no name of an operating system user/]);
  t.match(sentences({ node_list: "node1 no'de" }), [/^node_list is .* has "no'de", which is no node name/]);
  t.match(sentences({ repuser: 'a\nb' }), [/^repuser is "a\\nb": it contains a line break/]);
  t.match(sentences({ pgport: '70000' }), [
    /^pgport is "70000": it must be a whole number between 1 and 65535/,
  ]);
  t.match(sentences({ replication_slot_name: 'Slot-1' }), [/lower case letters, digits and underscores/]);
  t.match(sentences({ rep_mode: 'synchronous' }), [/it must be one of none, async, sync, slave/]);
});

t.test('primary_conninfo_opt neither repeats a secret nor what the agent decides', async (t) => {
  t.same(sentences({ primary_conninfo_opt: "passfile=/x application_name='n'" }), [
    'primary_conninfo_opt sets application_name, which the agent decides; remove it',
  ]);
  for (const keyword of ['host', 'hostaddr', 'port', 'user', 'service']) {
    t.match(sentences({ primary_conninfo_opt: `password=geheim ${keyword}=1` }), [
      new RegExp(`sets ${keyword},`),
    ]);
  }
  const [malformed = ''] = sentences({ primary_conninfo_opt: "password='geheim" });
  t.match(malformed, /^primary_conninfo_opt is no list of keyword=value/);
  t.notMatch(malformed, /geheim/);
});
