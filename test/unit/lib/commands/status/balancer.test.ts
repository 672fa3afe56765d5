import t from 'tap';
import { balancerLines } from '../../../../../lib/commands/status/balancer-lines.ts';
import { balancerRow } from '../../../../../lib/commands/status/balancer-rows.ts';
import { statusFrame } from '../../../../../lib/commands/status/frame.ts';
import { statusReport } from '../../../../../lib/commands/status/report.ts';
import { balancerRules } from '../../../../../lib/commands/status/rules/balancer-rules.ts';
import type { MonInstance } from '../../../../../lib/pacemaker/crm-mon.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import { type BalancerParts, balancer, runningOn, served, WELL_SERVED } from './balancer.ts';
import { HEALTHY, primaryReport, snapshot } from './builders.ts';

const databases = { local: unknown('not asked for'), primary: primaryReport() };

const look = (
  parts: BalancerParts,
  places: Readonly<Record<string, readonly string[]>> = {},
  change: (instances: readonly MonInstance[]) => readonly MonInstance[] = (all) => all,
) => {
  const plain = snapshot({ databases });
  const mon = { ...plain.mon, instances: change(runningOn(plain.mon, places)) };
  return { ...plain, mon, balancers: [balancer(parts)] };
};

const SERVICE = '-A -t 192.168.0.237:5432 -s rr';
const serverLine = (address: string, weight = 1) =>
  `-a -t 192.168.0.237:5432 -r ${address}:5432 -g -w ${weight}`;
const TABLE = [SERVICE, serverLine('192.168.0.232'), serverLine('192.168.0.233')];

interface Case {
  readonly title: string;
  readonly parts?: BalancerParts;
  readonly places?: Readonly<Record<string, readonly string[]>>;
  readonly change?: (instances: readonly MonInstance[]) => readonly MonInstance[];
  readonly ids: readonly string[];
  readonly code?: number;
  readonly sentence?: RegExp;
  readonly command?: string;
  readonly commandOn?: string;
}

const cases: readonly Case[] = [
  { title: 'both standbys serve', ids: [] },
  { title: 'the same, seen on the director', parts: { rules: TABLE }, ids: [] },
  {
    title: 'a wrong definition',
    parts: { parameters: { virtual_service_options: '-s "rr' }, director: undefined },
    places: { lvsdr: [] },
    ids: ['balancer-parameters', 'balancer-stopped'],
    code: 1,
    sentence: /the definition of lvsdr is wrong: virtual_service_options/,
    command: 'pcs resource config lvsdr',
  },
  {
    title: 'no director',
    parts: { director: undefined },
    places: { lvsdr: [], 'vip-slave': [] },
    ids: ['balancer-stopped'],
    code: 1,
    sentence: /lvsdr does not run anywhere: reads through 192\.168\.0\.237 are not spread/,
    command: 'pcs resource cleanup lvsdr',
  },
  {
    title: 'switched off',
    parts: { director: undefined, meta: { 'target-role': 'Stopped' } },
    places: { lvsdr: [] },
    ids: ['balancer-stopped'],
    code: 0,
    command: 'cls_start',
  },
  {
    title: 'about to come',
    parts: { director: undefined },
    places: { lvsdr: [] },
    change: (all) =>
      all.map((each) =>
        each.resource === 'lvsdr' ? { ...each, pending: 'Starting', nodes: ['node3'] } : each,
      ),
    ids: ['balancer-stopped'],
    code: 0,
    sentence: /lvsdr does not run yet: starting on node3/,
  },
  {
    title: 'two directors',
    parts: { director: undefined },
    places: { lvsdr: ['node2', 'node3'] },
    ids: ['balancer-stopped'],
    code: 1,
    sentence: /lvsdr is active on node2 and node3/,
  },
  {
    title: 'the address is elsewhere',
    places: { 'vip-slave': ['node3'] },
    ids: ['read-address'],
    code: 1,
    sentence: /192\.168\.0\.237 \(vip-slave\) is on node3, and lvsdr on node2: clients do not reach/,
    command: 'pcs constraint --full',
  },
  {
    title: 'the address is nowhere',
    places: { 'vip-slave': [] },
    ids: ['read-address'],
    code: 1,
    command: 'pcs resource cleanup vip-slave',
  },
  {
    title: 'nobody serves',
    parts: { servers: [served('node2', { state: 'quiet', weight: 0, rule: 'server.weight-0' })] },
    ids: ['reads-refused'],
    code: 1,
    sentence: /connections to 192\.168\.0\.237:5432 are refused/,
    commandOn: 'node2',
  },
  {
    title: 'a director that has told nothing',
    parts: { isSilent: true },
    ids: ['balancer-silent'],
    code: 0,
    commandOn: 'node2',
  },
  {
    title: 'a check fails',
    parts: {
      parameters: { realserver_check_active_real_server_script: 'check_active_slave -U monitor -h' },
      servers: [
        served('node2'),
        served('node3', { state: 'out', address: '', rule: 'server.ill', why: 'node3 is not well: exit 2' }),
      ],
    },
    ids: ['read-server'],
    code: 0,
    sentence: /node3 serves no reads: it is not well: exit 2\./,
    command: 'check_active_slave -U monitor -h node3',
    commandOn: 'node2',
  },
  {
    title: 'a machine outside the cluster whose port is closed',
    parts: {
      servers: [
        ...WELL_SERVED,
        served('db9', {
          state: 'kept',
          address: '10.0.0.9',
          rule: 'server.unchecked',
          why: 'stays as it is',
        }),
      ],
    },
    ids: ['read-server'],
    command: 'pg_isready -h 10.0.0.9 -p 5432',
    commandOn: 'node2',
  },
  {
    title: 'the command that lists the servers fails',
    parts: {
      parameters: { realserver_get_real_servers_script: 'get_active_slaves /usr/bin/psql' },
      servers: ['node2', 'node3'].map((node) =>
        served(node, {
          state: 'kept',
          rule: 'list.unknown',
          why: 'stays as it is: the list of servers: get_active_slaves: exit code 1',
        }),
      ),
    },
    ids: ['read-servers-unknown'],
    sentence:
      /^the servers of lvsdr stay as they are: the list of servers: get_active_slaves: exit code 1\.$/,
    command: 'get_active_slaves /usr/bin/psql',
    commandOn: 'node2',
  },
  {
    title: 'a name without an address',
    parts: {
      servers: [
        ...WELL_SERVED,
        served('db9', { state: 'out', address: '', rule: 'server.unresolved', why: 'db9 has no address' }),
      ],
    },
    ids: ['read-server'],
    command: 'getent hosts db9',
  },
  {
    title: 'the primary is no server, as it should be',
    parts: {
      servers: [
        ...WELL_SERVED,
        served('node1', { state: 'out', address: '', rule: 'server.other-value', why: 'it is PRI' }),
      ],
    },
    ids: [],
  },
  {
    title: 'one that lags',
    parts: {
      servers: [served('node2'), served('node3', { state: 'lagging', weight: 0, why: '20 MB behind' })],
    },
    ids: ['read-server'],
    code: 0,
    sentence: /node3 gets no new reads until it has caught up: 20 MB behind\./,
  },
  {
    title: 'the sorry server serves, and another cannot',
    parts: {
      servers: [served('node1', { state: 'sorry', rule: 'server.sorry', why: '0 of at least 1 are left' })],
      sorryRefusal: 'db9 has no address',
    },
    ids: ['read-server', 'sorry-server-refused'],
    sentence: /^0 of at least 1 are left\. That ends by itself/,
  },
  {
    title: 'a sorry server that refuses connections',
    parts: {
      parameters: { sorry_server: 'db9' },
      sorryRefusal: 'db9 takes no connections (port 5432: ECONNREFUSED)',
    },
    ids: ['sorry-server-refused'],
    sentence: /the sorry server cannot help: db9 takes no connections \(port 5432: ECONNREFUSED\)\./,
    command: 'pg_isready -h db9 -p 5432',
    commandOn: 'node2',
  },
  {
    title: 'a primary that does not accept the address',
    parts: {
      parameters: { sorry_server: 'primary' },
      sorryRefusal: 'lvsdr-realsvr is not active on node1, so that it does not accept 192.168.0.237',
    },
    ids: ['sorry-server-refused'],
    sentence:
      /cannot help: lvsdr-realsvr is not active on node1, .*; where it stays so, lvsdr-realsvr has to run beside the primary, too \(docs\/lvs\.md/,
    command: 'cls_status --watch',
  },
  {
    title: 'a standby that does not accept the address',
    parts: { servers: [served('node2')] },
    places: { 'lvsdr-realsvr': ['node2'] },
    ids: ['read-server-absent'],
    sentence: /node3 could serve reads \(pgsql-status is HS:async\), and lvsdr-realsvr is not active there/,
    command: 'pcs resource cleanup lvsdr-realsvr',
  },
  {
    title: 'the same while it starts',
    parts: { servers: [served('node2')] },
    places: { 'lvsdr-realsvr': ['node2'] },
    change: (all) =>
      all.map((each) => (each.resource === 'lvsdr-realsvr' ? { ...each, pending: 'Starting' } : each)),
    ids: [],
  },
  {
    title: 'the table has a stranger',
    parts: { rules: [...TABLE, serverLine('192.168.0.99')] },
    ids: ['read-server-strange'],
    sentence: /192\.168\.0\.99 is in the table of IPVS, and lvsdr does not know why/,
    commandOn: 'node2',
  },
  {
    title: 'the table lacks one, and has another with a wrong weight',
    parts: { rules: [SERVICE, serverLine('192.168.0.232', 7)] },
    ids: ['read-server-missing', 'read-server-missing'],
    sentence: /node2 should be in the table of IPVS with weight 1, and has weight 7/,
  },
  {
    title: 'one that starts has more already than was told',
    parts: {
      servers: [served('node2', { state: 'starting', weight: 1 }), served('node3')],
      rules: [SERVICE, serverLine('192.168.0.232', 7), serverLine('192.168.0.233', 1)],
    },
    ids: [],
  },
  {
    title: 'nobody follows events',
    parts: { rules: TABLE, isFollowed: false },
    ids: ['balancer-follower'],
    sentence: /that follows the cluster's events does not run on node2/,
  },
  {
    title: 'nobody is to follow events',
    parts: { rules: TABLE, isFollowed: false, parameters: { follow_events: 'false' } },
    ids: [],
  },
];

for (const { title, parts = {}, places, change, ids, code = 0, ...first } of cases) {
  t.test(title, async (t) => {
    const report = statusReport(look(parts, places, change));
    t.same(
      report.problems.map(({ id }) => id),
      ids,
    );
    t.equal(report.code, code);
    const [problem] = report.problems;
    if (first.sentence !== undefined) t.match(problem?.sentence, first.sentence);
    if (first.command !== undefined) t.equal(problem?.command, first.command);
    if (first.commandOn !== undefined) t.equal(problem?.commandOn, first.commandOn);
  });
}

t.test('every rule has a case', async (t) => {
  const seen = new Set(['balancer-failed-action', ...cases.flatMap(({ ids }) => ids)]);
  t.same(
    balancerRules.map(({ id }) => id).filter((id) => !seen.has(id)),
    [],
  );
});

t.test('an action that failed', async (t) => {
  const scene = look({});
  const failures = [
    {
      ...{ resource: 'lvsdr', node: 'node3', task: 'start', exitCode: 5, exitStatus: 'not installed' },
      ...{ exitReason: 'ipvsadm is not installed; install the package ipvsadm', when: '' },
    },
  ];
  const { problems } = statusReport({ ...scene, mon: { ...scene.mon, failures } });
  t.match(problems, [
    {
      id: 'balancer-failed-action',
      sentence:
        'start of lvsdr failed on node3 (not installed): ipvsadm is not installed; install the package ipvsadm.',
      command: 'pcs resource cleanup lvsdr',
    },
  ]);
});

t.test('a node in standby mode is not asked to serve', async (t) => {
  const nodes = { ...HEALTHY, node3: { ...HEALTHY.node3, permanent: { standby: 'on' } } };
  const plain = snapshot({ databases, nodes });
  const mon = { ...plain.mon, instances: runningOn(plain.mon, { 'lvsdr-realsvr': ['node2'] }) };
  const { problems } = statusReport({ ...plain, mon, balancers: [balancer({ servers: [served('node2')] })] });
  t.same(
    problems.map(({ id }) => id),
    ['node-standby'],
  );
});

t.test('without quorum nothing more is said', async (t) => {
  const plain = snapshot({ databases, quorum: false });
  const mon = { ...plain.mon, instances: runningOn(plain.mon, { lvsdr: [], 'vip-slave': [] }) };
  const { problems } = statusReport({ ...plain, mon, balancers: [balancer({ director: undefined })] });
  t.same(
    problems.map(({ id }) => id).filter((id) => /balancer|read/.test(id)),
    [],
  );
});

t.test('the table on the director', async (t) => {
  const servers = [
    ...WELL_SERVED,
    served('node1', {
      state: 'out',
      address: '',
      rule: 'server.other-value',
      why: 'pgsql-status of node1 is PRI, which is a reason of so many words that they take two lines',
    }),
  ];
  const lines = balancerLines(balancerRow(balancer({ servers, rules: TABLE })), 100);
  t.same(lines, [
    'Reads through 192.168.0.237:5432, lvsdr on node2, scheduler rr, forward gate:',
    '',
    '  SERVER  ADDRESS        STATE    WEIGHT  CONNECTIONS  WHY',
    '  node2   192.168.0.232  serving       1            3  pgsql-status of node2 is HS:sync',
    '  node3   192.168.0.233  serving       1            0  pgsql-status of node3 is HS:sync',
    '  node1   -              out                           pgsql-status of node1 is PRI, which is a',
    '                                                       reason of so many words that they take two',
    '                                                       lines',
  ]);
});

t.test('clients that stay with one server', async (t) => {
  const parameters = { vip: 'fd00:9::10', ports: '6432', virtual_service_options: '-s wrr -p 300 -M 64' };
  t.equal(
    balancerLines(balancerRow(balancer({ parameters })), 100)[0],
    'Reads through [fd00:9::10]:5432, [fd00:9::10]:6432, lvsdr on node2, scheduler wrr, persistent 300 s, forward gate:',
  );
});

t.test('where nothing is known', async (t) => {
  const parts = { parameters: { vip: 'nonsense' }, director: undefined, isSilent: true };
  t.same(balancerLines(balancerRow(balancer(parts)), 100), [
    'Reads through an address that is not known, lvsdr has no director:',
    '',
    '  no servers are known',
  ]);
});

t.test('in the text and in JSON', async (t) => {
  const observation = { ok: true, snapshot: look({ rules: TABLE }), crmMon: known('') } as const;
  t.match(
    statusFrame(observation, 'text').text,
    /\n\nReads through 192\.168\.0\.237:5432, lvsdr on node2.*\n\n {2}SERVER(?:.*\n)+\nNothing is wrong\.\n/,
  );
  t.match(JSON.parse(statusFrame(observation, 'json').text).balancers, [
    {
      resource: 'lvsdr',
      vip: '192.168.0.237',
      ports: [5432],
      scheduler: 'rr',
      persistentSeconds: null,
      forward: 'gate',
      director: 'node2',
      servers: [{ host: 'node2', address: '192.168.0.232', state: 'serving', weight: 1, connections: 3 }, {}],
    },
  ]);
});
