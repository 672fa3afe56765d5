import t from 'tap';
import { parseParameters } from '../../../../../heartbeat-ocf/index.ts';
import { directorConfig } from '../../../../../lib/lvs/director/from-parameters.ts';
import { checkLvsdrParameters, lvsdrNotices } from '../../../../../lib/lvs/director/param-rules.ts';
import { lvsdrParameters } from '../../../../../lib/lvs/director/params.ts';
import { objectionToCommand } from '../../../../../lib/lvs/director/scripts.ts';
import { objectionToServerList, parseServerList } from '../../../../../lib/lvs/director/server-list.ts';
import { parseServiceOptions } from '../../../../../lib/lvs/director/service-options.ts';

t.test('options of the virtual service', async (t) => {
  const plain = { scheduler: 'rr', flags: [], persistence: undefined };
  for (const [text, scheduling] of [
    ['-s rr', plain],
    ['-srr', plain],
    ['--scheduler=rr', plain],
    ['', { ...plain, scheduler: 'wlc' }],
    ['-s rr -p', { ...plain, persistence: { seconds: 360, mask: undefined } }],
    ['-p 30 -s rr', { ...plain, persistence: { seconds: 30, mask: undefined } }],
    ['-s rr -p -M 255.255.255.255', { ...plain, persistence: { seconds: 360, mask: undefined } }],
    ['-s rr -p 30 -M 255.255.0.0', { ...plain, persistence: { seconds: 30, mask: '255.255.0.0' } }],
    [
      '-s sh -b sh-port,sh-fallback',
      { scheduler: 'sh', flags: ['sh-fallback', 'sh-port'], persistence: undefined },
    ],
    // ipvsadm prints them under the scheduler's own names.
    [
      '-s sh -b flag-2,flag-1,sh-port',
      { scheduler: 'sh', flags: ['sh-fallback', 'sh-port'], persistence: undefined },
    ],
    ['-s mh -b flag-1', { scheduler: 'mh', flags: ['mh-fallback'], persistence: undefined }],
    ['-b flag-1 -s rr', { ...plain, flags: ['flag-1'] }],
  ] as const)
    t.same(parseServiceOptions(text, 4), { ok: true, scheduling }, text);
  t.match(parseServiceOptions('-s rr -p 30 -M 64', 6), { scheduling: { persistence: { mask: '64' } } });
  for (const scheduler of 'rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh'.split(' '))
    t.match(parseServiceOptions(`-s ${scheduler}`, 4), { ok: true, scheduling: { scheduler } });
  for (const text of [
    '-s',
    '-s rr -s lc',
    '-x',
    'rr',
    '-s RR',
    '-s rr -p 0',
    '-M 255.0.0.0',
    "-s 'rr",
    '-p 9 -M 255.0.255.0',
    '-b all',
    // These ipvsadm refuses, and of the last it prints an empty list.
    '-s rr -b sh-port',
    '-s sh -b mh-port',
    '-s mh -b sh-fallback',
    '-s sh -b flag-3',
  ])
    t.equal(parseServiceOptions(text, 4).ok, false, text);
  t.equal(parseServiceOptions('-s rr -p 30 -M 064', 6).ok, false, 'it would be printed as 64');
});

t.test('lists of servers', async (t) => {
  t.same(parseServerList(' node1,1  node2,0 10.0.0.9\tfd00::1,3 '), [
    { host: 'node1', weight: 1 },
    { host: 'node2', weight: 0 },
    { host: '10.0.0.9', weight: undefined },
    { host: 'fd00::1', weight: 3 },
  ]);
  for (const text of ['a,b', ',1', 'a,1,2', '-r', 'a,70000', 'a a', '$(id)', '300.1.1.1,1', '10.1'])
    t.type(objectionToServerList(text), 'string', text);
});

const parameters = (given: Readonly<Record<string, string>>) =>
  parseParameters(
    lvsdrParameters,
    Object.fromEntries(
      Object.entries({ vip: '192.0.2.1', port: '5432', ...given }).map(([name, value]) => [
        `OCF_RESKEY_${name}`,
        value,
      ]),
    ),
  );

t.test('what the brain is told', async (t) => {
  const { values, problems } = parameters({
    ports: '6432 5432',
    realserver_dependent_attribute_name: 'db-status',
    realserver_get_real_servers_script:
      '/opt/get_active_slaves /usr/bin/psql "host=192.168.0.236 port=5432 user=replication"',
  });
  t.same(problems, []);
  t.match(directorConfig(values), {
    ports: [5432, 6432],
    family: 4,
    database: 'db',
    getScript: ['/opt/get_active_slaves', '/usr/bin/psql', 'host=192.168.0.236 port=5432 user=replication'],
    drainTimeoutMs: 300_000,
  });
  t.equal(directorConfig(parameters({ vip: 'FD00:0::1' }).values).vip, 'fd00::1');
  t.equal(directorConfig(parameters({ database_resource: 'x' }).values).database, 'x');
  t.equal(parameters({ heartbeat_file: '/run/beat' }).values.heatbeat_file, '/run/beat');
});

t.test('addresses that nobody can have', async (t) => {
  for (const vip of ['127.0.0.1', '0.0.0.0', '224.0.0.1', 'fe80::1', 'db1'])
    t.match(parameters({ vip }).problems, [{ parameter: 'vip' }], vip);
  t.match(parameters({ sorry_server: '300.1.1.1' }).problems, [{ parameter: 'sorry_server' }]);
});

t.test('commands that cannot be run here', async (t) => {
  t.equal(objectionToCommand('x', []), undefined);
  t.equal(objectionToCommand('x', ['sh', '-c']), undefined);
  t.match(objectionToCommand('x', ['/no/such']), /^x: there is no program \/no\/such on this machine; /);
  t.match(objectionToCommand('x', ['/etc/passwd']), /^x: \/etc\/passwd is not executable; chmod 755/);
});

t.test('what does not fit together, and what has no effect', async (t) => {
  const problems = (given: Readonly<Record<string, string>>) =>
    checkLvsdrParameters(parameters(given).values).map(({ parameter }) => parameter);
  t.same(problems({ protocol_family: 'IPv6' }), ['protocol_family']);
  t.same(problems({ vip: 'fd00::1', protocol_family: 'IPv6', weight_of_realservers: 'node1 fd00::2' }), []);
  t.same(problems({ vip: 'fd00::1', sorry_server: '10.0.0.1' }), ['sorry_server']);
  t.same(problems({ sorry_server: '192.0.2.1' }), ['sorry_server']);
  t.same(problems({ vip: 'fd00::1', weight_of_realservers: 'a,1 FD00:0::1,1' }), ['weight_of_realservers']);
  const notices = (given: Readonly<Record<string, string>>) => lvsdrNotices(parameters(given).values).length;
  t.equal(notices({}), 0);
  t.equal(notices({ slow_start_seconds: '30' }), 2);
  t.equal(notices({ slow_start_seconds: '30', default_weight: '10', virtual_service_options: '-s wrr' }), 0);
  t.equal(notices({ weight_of_realservers: 'a,1 b,2' }), 1);
  t.equal(notices({ default_weight: '0' }), 1);
  t.equal(notices({ min_real_servers: '2' }), 1);
});
