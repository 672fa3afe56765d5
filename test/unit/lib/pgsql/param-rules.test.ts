import fc from 'fast-check';
import t from 'tap';
import { type CallEnvironment, OcfExit, parseParameters } from '../../../../heartbeat-ocf/index.ts';
import {
  checkParameters,
  objectionToConninfoOptions,
  parameterNotices,
} from '../../../../lib/pgsql/param-rules.ts';
import { type PgsqlParameters, pgsqlParameters } from '../../../../lib/pgsql/params.ts';

const defaults = parseParameters(pgsqlParameters, {}).values;
const byHand: CallEnvironment = {
  instance: 'pgsql',
  resource: 'pgsql',
  timeoutMs: undefined,
  intervalMs: 0,
  onFail: undefined,
  checkLevel: 0,
  promotable: undefined,
  notify: undefined,
  node: undefined,
};
const inCluster: CallEnvironment = { ...byHand, promotable: true, notify: true, node: 'node1' };
const sync: Partial<PgsqlParameters> = {
  rep_mode: 'sync',
  master_ip: '10.0.0.9',
  node_list: ['node1', 'node2'],
};

const check = (values: Partial<PgsqlParameters>, call = byHand) =>
  checkParameters({ ...defaults, ...values }, call);
const sentences = (values: Partial<PgsqlParameters>, call = byHand): string[] =>
  check(values, call).map((problem) => problem.sentence);
const notices = (values: Partial<PgsqlParameters>, call = inCluster) =>
  parameterNotices({ ...defaults, ...values }, call);

t.test('a single server and a healthy cluster have no problems', async (t) => {
  t.same(check({}), []);
  t.same(check(sync, inCluster), []);
  t.same(check({ ...sync, rep_mode: 'async' }, inCluster), []);
  t.same(check({ rep_mode: 'slave', master_ip: 'db.example.com' }, { ...inCluster, promotable: false }), []);
});

t.test('replication needs the primary’s address', async (t) => {
  for (const rep_mode of ['async', 'sync', 'slave'] as const) {
    t.match(check({ rep_mode }), [
      { parameter: 'master_ip', code: OcfExit.CONFIGURED, sentence: /master_ip is missing/ },
    ]);
  }
});

t.test('replication needs a promotable clone, and only replication', async (t) => {
  const plain = { ...inCluster, promotable: false };
  t.match(sentences(sync, plain), [/rep_mode sync needs a promotable clone/]);
  t.match(sentences({}, inCluster), [/rep_mode none has no promotion/]);
  t.same(sentences({}, plain), []);
  t.same(sentences(sync, byHand), [], 'unknown outside of the cluster');
});

t.test('sync needs somebody to be synchronous', async (t) => {
  t.match(sentences({ ...sync, node_list: ['node1'] }), [/needs at least two nodes/]);
  t.same(sentences({ ...sync, node_list: ['node1'], external_standby_node_list: ['far'] }), []);
  t.same(sentences({ ...sync, node_list: [] }), [], 'all nodes of the cluster');
});

t.test('a node outside of node_list is a problem of that node alone', async (t) => {
  t.match(check(sync, { ...inCluster, node: 'node3' }), [
    { code: OcfExit.ARGS, sentence: /node_list does not have node3/ },
  ]);
  t.match(check(sync, { ...inCluster, node: 'node10' }), [{ code: OcfExit.ARGS }], 'no prefix is enough');
  t.same(check(sync, { ...inCluster, node: 'NODE1' }), [], 'Pacemaker does not tell case apart');
});

t.test('standbys outside the cluster are outside', async (t) => {
  t.match(sentences({ ...sync, external_standby_node_list: ['node2'] }), [
    /external_standby_node_list has node2/,
  ]);
});

t.test('slot names', async (t) => {
  const slots = { ...sync, replication_slot_name: 'slot' };
  t.same(sentences(slots), []);
  t.match(sentences({ ...slots, node_list: ['a.b', 'A-b'] }), [
    /two nodes of node_list would share the slot slot_a_b/,
  ]);
  t.match(sentences({ ...slots, replication_slot_name: 's'.repeat(58) }), [/longer than 63 characters/]);
  t.same(sentences({ ...slots, replication_slot_name: 's'.repeat(57) }), []);
});

t.test('what belongs together', async (t) => {
  t.match(sentences({ monitor_password: 'geheim' }), [
    /^monitor_user is missing though monitor_password is set; set it$/,
  ]);
  t.same(sentences({ monitor_user: 'monitor' }), [], 'the password may be in .pgpass');
  t.match(sentences({ pgdata: '/d/', tmpdir: '/d' }), [/tmpdir is "\/d", the data directory/]);
});

t.test('the times and the words of distlock_lock_cmd', async (t) => {
  const place = '"host=node3 user=locker"';
  const ofCommand = (distlock_lock_cmd: string): readonly string[] =>
    sentences({ ...sync, enable_distlock: true, distlock_lock_cmd });
  t.match(ofCommand(`distlock 'psql ${place}' lock pg @owner 4 12`), [
    /^LEASE, the word behind @owner in distlock_lock_cmd, is 4 s: give/,
  ]);
  t.match(ofCommand('distlock psql "host=node3 password=geheim" lock pg @owner 9 12'), [
    /^distlock_lock_cmd cannot be read: ACTION is a connection string, which is not shown here/,
  ]);
});

t.test('the lock of two nodes', async (t) => {
  const conninfo = 'host=node3 port=5439 user=postgres';
  const direct = { ...sync, enable_distlock: true, distlock_conninfo: conninfo, distlock_lockname: 'pg' };
  const tool = `/opt/pha4pgsql/tools/distlock '/usr/bin/psql "${conninfo}"'`;
  const byTool = {
    ...sync,
    enable_distlock: true,
    distlock_lock_cmd: `${tool} lock distlock:pg @owner 9 12`,
  };
  t.same(sentences(direct), []);
  t.same(sentences(byTool), [], 'as older definitions have it');
  for (const before of ['/bin/bash ', 'PGPASSFILE=/etc/pass ', '/usr/bin/env PGPASSFILE=/etc/pass bash '])
    t.same(sentences({ ...byTool, distlock_lock_cmd: `${before}${byTool.distlock_lock_cmd}` }), [], before);
  t.same(notices({ ...byTool, distlock_unlock_cmd: `${tool} unlock distlock:pg @owner` }), []);
  for (const other of [
    `${tool} unlock distlock:other @owner`,
    `${tool} lock distlock:pg @owner`,
    '/bin/true',
  ])
    t.match(
      notices({ ...byTool, distlock_unlock_cmd: other }),
      [/^distlock_unlock_cmd gives back something else than distlock:pg; it is never run/],
      other,
    );
  t.same(
    sentences({ ...byTool, enable_distlock: false, distlock_lock_cmd: 'true' }),
    [],
    'it is not to be used',
  );
  t.same(notices(direct, { ...inCluster, intervalMs: 4000 }), []);
  const cases: readonly (readonly [Partial<PgsqlParameters>, RegExp])[] = [
    [{ distlock_conninfo: '' }, /^distlock_conninfo is missing though enable_distlock is true/],
    [{ distlock_conninfo: 'host' }, /^distlock_conninfo cannot be read: /],
    [{ distlock_conninfo: 'host=a,b' }, /names a and b: two arbiters would give two nodes the lock/],
    [{ distlock_conninfo: 'port=5439' }, /^distlock_conninfo names no host: .* name one on a third machine/],
    [
      { distlock_conninfo: 'host=/run/postgresql' },
      /^distlock_conninfo names the socket \/run\/postgresql: /,
    ],
    [{ distlock_lockname: '' }, /^distlock_lockname is missing; .* distlock:pgsql_cls1/],
    [{ distlock_lockname: "pg'" }, /^distlock_lockname cannot be read: .* quote/],
    [{ distlock_lease_seconds: 5 }, /give at least twice the interval of the primary's monitor, 6 s/],
    [{ node_list: ['node1', 'node2', 'node3'] }, /for two nodes, and node_list has 3/],
    [{ rep_mode: 'slave' }, /remove it with rep_mode slave/],
    [{ quorum_device: true }, /quorum_device and enable_distlock are both true: .* set one of them to false/],
  ];
  for (const [parts, sentence] of cases)
    t.match(sentences({ ...direct, ...parts }), [sentence], `${sentence}`);
  const commands: readonly (readonly [string, RegExp])[] = [
    [
      '/opt/lock.sh geheim @owner',
      /^distlock_lock_cmd is to be replaced by distlock_conninfo and distlock_lockname: it calls lock.sh, not distlock/,
    ],
    ['A=b', /^distlock_lock_cmd is to be replaced by .*: it calls nothing, not distlock/],
    [
      `${tool} lock distlock:pg @owner 4 12`,
      /^LEASE, the word behind @owner in distlock_lock_cmd, is 4 s: give/,
    ],
    [
      `distlock psql "${conninfo} password=geheim" lock distlock:pg @owner 9 12`,
      /^distlock_lock_cmd cannot be read: ACTION is a connection string, which is not shown here/,
    ],
    [`${tool} unlock distlock:pg @owner`, /^distlock_lock_cmd is "unlock"/],
    [`${tool} lock`, /^distlock_lock_cmd cannot be read: /],
    ["distlock 'psql -hlocalhost' lock pg @owner", /^distlock_lock_cmd names localhost: each node would ask/],
    ["distlock 'psql -Z' lock pg @owner", /^distlock_lock_cmd does not say where the lock is/],
  ];
  for (const [command, sentence] of commands)
    t.match(sentences({ ...byTool, distlock_lock_cmd: command }), [sentence], command);
  t.match(notices({ ...direct, distlock_lease_seconds: 7 }, { ...inCluster, intervalMs: 4000 }), [
    /at least twice the interval/,
  ]);
  t.match(notices({ ...direct, distlock_lockservice_deadcheck_nodelist: ['node1', 'node2'] }), [
    /^distlock_lockservice_deadcheck_nodelist has node1 and node2: .* empty is better/,
  ]);
  t.match(notices({ ...direct, distlock_timeout_seconds: 8 }), [
    /distlock_timeout_seconds is 8 s: .* at least 12 s/,
  ]);
});

t.test('notices', async (t) => {
  t.same(notices(sync), []);
  t.match(notices({ ...sync, restart_on_promote: true }), [/restart_on_promote is ignored/]);
  t.match(notices(sync, { ...inCluster, notify: false }), [/notify=true/]);
  t.same(notices(sync, byHand), []);
  t.match(notices({ pgdata: '/d', tmpdir: '/d/tmp' }), [/below the data directory/]);
  t.same(notices({ pgdata: '/d', tmpdir: '/data/tmp' }), []);
  t.match(notices({ max_lag_on_failover: 1, rep_mode: 'sync' }), [/no effect in rep_mode sync/]);
});

t.test('no text makes the check of primary_conninfo_opt fail, and none is repeated', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (secret) => {
      const objection = objectionToConninfoOptions(`password=${secret}`);
      return objection === undefined || secret.length < 8 || !objection.includes(secret);
    }),
  );
});
