/** The parts of the OCF action ladder that need no cluster: what every agent does when it cannot do anything. */
import { join } from 'node:path';
import t from 'tap';
import { agents, callAgent, callAsNobody, DIST, stateOf, unlessRoot } from './executables.ts';

const INSTANCE = {
  OCF_RESOURCE_INSTANCE: 'contract',
  OCF_RA_VERSION_MAJOR: '1',
  OCF_ROOT: '/usr/lib/ocf',
  PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
};

/** For each agent: parameters with which it could do its work if only everything were installed. */
const plausible = (agent: string, folder: string): Readonly<Record<string, string>> => {
  switch (agent) {
    case 'pgsql':
      return {
        OCF_RESKEY_pgctl: `${folder}/bin/pg_ctl`,
        OCF_RESKEY_pgdata: `${folder}/data`,
        OCF_RESKEY_tmpdir: `${folder}/tmp`,
        OCF_RESKEY_pgport: '15999',
      };
    case 'lvsdr':
      return { OCF_RESKEY_vip: '192.0.2.99', OCF_RESKEY_port: '15999' };
    default:
      return { OCF_RESKEY_vip: '192.0.2.99' };
  }
};

/** What is wrong wherever it is read: a parameter, its bad value, and what the reason must name. */
const BAD: Readonly<Record<string, readonly (readonly [string, string, RegExp])[]>> = {
  pgsql: [
    ['pgdata', 'relative/data', /pgdata.*relative\/data.*absolute/],
    ['pgdata', "/data/it's", /pgdata.*quotes/],
    ['pgdata', '/data/a\nb', /pgdata.*line break/],
    ['pgport', '70000', /pgport.*70000.*65535/],
    ['pgport', '54x2', /pgport.*54x2/],
    ['rep_mode', 'synchronous', /rep_mode.*synchronous.*none, async, sync, slave/],
    ['rep_mode', 'sync', /master_ip is missing/],
    ['stop_escalate', '-1', /stop_escalate.*-1/],
    ['restart_on_promote', 'perhaps', /restart_on_promote.*perhaps.*true or false/],
    ['node_list', "node1 no'de", /node_list.*no'de.*no node name/],
    ['replication_slot_name', 'Slot-1', /replication_slot_name.*Slot-1.*lower case/],
    ['primary_conninfo_opt', 'host=1.2.3.4', /primary_conninfo_opt sets host/],
    ['sync_degrade', 'maybe', /sync_degrade.*maybe.*allow, never/],
    ['repuser', 'a"b', /repuser.*quotes/],
  ],
  lvsdr: [
    ['vip', 'not an address', /vip/],
    ['port', '0', /port/],
    ['vip', 'reads.example.com', /vip.*no IP address/],
    ['ports', '6432 70000', /ports.*70000.*1 to 65535/],
    ['protocol_family', 'IPv6', /protocol_family is IPv6.*192\.0\.2\.99 is of IPv4/],
    ['forward', 'dr', /forward.*dr.*gate, masq, ipip/],
    ['virtual_service_options', '-s', /virtual_service_options.*-s without a value/],
    ['virtual_service_options', '-s rr -t 10.0.0.1:80', /virtual_service_options.*"-t".*no option/],
    ['virtual_service_options', '-s rr -p 60 -M 64', /virtual_service_options.*netmask/],
    ['default_weight', '-1', /default_weight.*-1/],
    ['weight_of_realservers', 'node1,x', /weight_of_realservers.*node1,x/],
    ['weight_of_realservers', 'fd00::1,1', /fd00::1 is not of IPv4/],
    [
      'realserver_dependent_attribute_value',
      'HS:(sync',
      /realserver_dependent_attribute_value.*regular expression/,
    ],
    ['realserver_get_real_servers_script', 'get "a', /realserver_get_real_servers_script.*quote/],
    ['sorry_server', 'a b', /sorry_server.*a b/],
    ['max_lag_bytes', '1GB', /max_lag_bytes.*1GB/],
  ],
  'lvsdr-realsvr': [
    ['vip', "1.2.3.4'", /vip/],
    ['vip', '192.168.0.237/24', /vip.*192\.168\.0\.237\/24.*IP address/],
    ['vip', '127.0.0.1', /vip.*127\.0\.0\.1.*of this machine alone/],
    ['nic_lo', 'lo 0', /nic_lo.*lo 0.*neither an interface nor a label/],
  ],
};

for (const agent of agents) {
  t.test(agent, { skip: unlessRoot }, async (t) => {
    t.test('unknown action, no action, usage', async (t) => {
      for (const action of ['restart-everything', '', 'usage']) {
        const { code, stdout, stderr, reasons } = callAgent(agent, action, INSTANCE);
        t.equal(code, 3, action);
        t.equal(stdout, '');
        t.match(stderr, new RegExp(`^usage: ${agent} \\{`));
        t.same(reasons, []);
      }
    });

    for (const [parameter, value, reason] of BAD[agent] ?? []) {
      t.test(`validate-all and start refuse ${parameter}=${JSON.stringify(value)}`, async (t) => {
        const folder = t.testdir({ bin: {}, data: { PG_VERSION: '15\n' } });
        const before = stateOf(folder);
        for (const action of ['validate-all', 'start']) {
          const { code, reasons } = callAgent(agent, action, {
            ...INSTANCE,
            ...plausible(agent, folder),
            [`OCF_RESKEY_${parameter}`]: value,
          });
          t.equal(code, 6, `${action} says that the resource is configured wrongly`);
          t.equal(reasons.length, 1);
          t.match(reasons[0], reason);
        }
        t.equal(stateOf(folder), before, 'nothing was changed');
      });
    }

    // The others have none.
    if (agent === 'pgsql')
      t.test('a secret is not repeated', async (t) => {
        const { code, stderr } = callAgent(agent, 'validate-all', {
          ...INSTANCE,
          OCF_RESKEY_monitor_user: 'm',
          OCF_RESKEY_monitor_password: 'top\nsecret',
          OCF_RESKEY_primary_conninfo_opt: "password='very secret",
        });
        t.equal(code, 6);
        t.match(stderr, /monitor_password contains a line break/);
        t.notMatch(stderr, /secret/);
      });

    t.test('where nothing is installed', async (t) => {
      const folder = t.testdir({ bin: {} });
      const env = { ...INSTANCE, ...plausible(agent, folder) };
      const before = stateOf(folder);
      t.equal(callAgent(agent, 'monitor', env).code, 7, 'a probe finds nothing running');
      t.equal(callAgent(agent, 'stop', env).code, 0, 'what does not run is stopped');
      t.equal(callAgent(agent, 'stop', env).code, 0, 'twice');
      if (agent === 'pgsql') {
        for (const action of ['start', 'validate-all']) {
          const { code, reasons } = callAgent(agent, action, env);
          t.equal(code, 5, `${action}: a matter of this machine`);
          t.equal(reasons.length, 1);
          t.match(reasons[0], new RegExp(`${folder}/bin/pg_ctl`));
        }
      }
      t.equal(stateOf(folder), before, 'nothing was changed');
    });

    t.test('stop and a probe do not trip over a broken configuration', async (t) => {
      const folder = t.testdir({ bin: {} });
      for (const [parameter, value] of BAD[agent] ?? []) {
        const env = { ...INSTANCE, ...plausible(agent, folder), [`OCF_RESKEY_${parameter}`]: value };
        t.equal(callAgent(agent, 'stop', env).code, 0, `stop with ${parameter}=${JSON.stringify(value)}`);
        t.equal(callAgent(agent, 'monitor', env).code, 7, `probe with ${parameter}=${JSON.stringify(value)}`);
      }
    });

    t.test('only root may start', async (t) => {
      const { code, reasons } = callAsNobody(join(DIST, agent), 'start');
      t.equal(code, 4);
      t.match(reasons, [/needs root/]);
    });

    t.test('a call without a resource name', async (t) => {
      const { OCF_RESOURCE_INSTANCE: _, ...unnamed } = INSTANCE;
      t.match(callAgent(agent, 'monitor', unnamed), {
        code: 2,
        reasons: [/OCF_RESOURCE_INSTANCE is missing/],
      });
      t.match(callAgent(agent, 'monitor', { ...INSTANCE, OCF_RESOURCE_INSTANCE: "x'y" }), {
        code: 2,
        reasons: [/no resource name/],
      });
    });
  });
}
