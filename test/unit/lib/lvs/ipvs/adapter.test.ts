import fc from 'fast-check';
import t from 'tap';
import { connectionsOf, parseConnections, parseServices } from '../../../../../lib/lvs/ipvs/connections.ts';
import { difference, removal } from '../../../../../lib/lvs/ipvs/difference.ts';
import { parseRules, parseSocket } from '../../../../../lib/lvs/ipvs/parse.ts';
import { findService, type RealServer, type VirtualService } from '../../../../../lib/lvs/ipvs/table.ts';
import { applied, sorted } from './kernel-model.ts';
import { BY_HAND, PROC, RULES } from './texts.ts';

t.test('ipvsadm -Sn: services of TCP, and nothing else', async (t) => {
  const services = parseRules(RULES);
  t.same(
    services.map(({ vip, port, servers }) => [vip, port, servers.length]),
    [
      ['192.168.0.237', 5432, 3],
      ['192.168.0.237', 5433, 1],
      ['fd00:7068:61::237', 5432, 1],
    ],
  );
  t.same(services[0]?.servers[2], {
    address: '192.168.0.233',
    port: 5432,
    forward: 'gate',
    weight: 0,
    others: '',
  });
  t.same(services[1]?.scheduling, {
    scheduler: 'wlc',
    flags: [],
    persistence: { seconds: 300, mask: undefined },
  });
  t.equal(services[1]?.servers[0]?.forward, 'masq');
  t.same(services[2]?.scheduling.persistence, { seconds: 60, mask: '64' });
});

t.test('what is set by hand on ours is seen, and a plain tunnel is no difference', async (t) => {
  const services = parseRules(BY_HAND);
  const [first, second] = services;
  t.same(first?.scheduling.flags, ['mh-port']);
  t.match(first?.servers, [
    { address: '192.168.0.231', forward: 'ipip', weight: 5, others: '' },
    { address: '192.168.0.232', others: '--tun-type gue --tun-port 6080 --tun-nocsum' },
  ]);
  t.same(second?.scheduling.persistence, { seconds: 360, mask: '255.0.0.0' });
  const wished = [5432, 5433].map((port) => ({
    vip: '192.168.0.237',
    port,
    scheduling: { scheduler: 'mh', flags: ['mh-port'], persistence: { seconds: 360, mask: undefined } },
    others: '',
    servers: [5, 4].map((weight, index) => ({
      ...{ address: `192.168.0.${231 + index}`, port, weight, others: '' },
      forward: 'ipip' as const,
    })),
  }));
  t.same(
    difference(services, wished),
    [
      '-E -t 192.168.0.237:5433 -s mh -b mh-port -p 360',
      '-e -t 192.168.0.237:5432 -r 192.168.0.232:5432 -i -w 4',
      '-a -t 192.168.0.237:5433 -r 192.168.0.231:5433 -i -w 5',
      '-d -t 192.168.0.237:5433 -r 192.168.0.232:99',
    ],
    'the kernel takes these, and then has what is wished for',
  );
});

t.test('any text is read', async (t) => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseRules(text))));
  fc.assert(fc.property(fc.string(), (text) => parseConnections(text) instanceof Map));
  t.equal(parseSocket('node1:5432'), undefined, 'names are not numeric');
  t.equal(parseSocket('[fd00:0::1]:5')?.address, 'fd00::1');
});

t.test('/proc/net/ip_vs: connections and services', async (t) => {
  const connections = parseConnections(PROC);
  const service = { vip: '192.168.0.237', port: 5432 };
  const count = (address: string) => connectionsOf(connections, service, { address, port: 5432 });
  t.same(count('192.168.0.231'), { active: 2, inactive: 1 });
  t.same(count('192.168.0.232'), { active: 3, inactive: 0 });
  t.equal(count('192.168.0.234'), undefined);
  t.same(
    connectionsOf(
      connections,
      { vip: 'fd00:7068:61::237', port: 5432 },
      { address: 'fd00:7068:61::232', port: 5432 },
    ),
    { active: 0, inactive: 0 },
  );
  t.equal(connections.size, 5, 'UDP and firewall marks are left out');
  t.same(parseServices(PROC), [
    { vip: 'fd00:7068:61::237', port: 5432 },
    { vip: '192.168.0.237', port: 5432 },
    { vip: '192.168.0.237', port: 5433 },
  ]);
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseServices(text))));
});

t.test('only what differs', async (t) => {
  const services = parseRules(RULES);
  t.same(difference(services, services), []);
  const [first] = services;
  if (first === undefined) throw new Error('no service');
  const [one, two] = first.servers;
  if (one === undefined || two === undefined) throw new Error('no server');
  t.same(
    difference(services, [
      { ...first, servers: [one, { ...two, weight: 5 }, { ...one, address: '192.168.0.234' }] },
    ]),
    [
      '-e -t 192.168.0.237:5432 -r 192.168.0.232:5432 -g -w 5',
      '-a -t 192.168.0.237:5432 -r 192.168.0.234:5432 -g -w 1',
      '-d -t 192.168.0.237:5432 -r 192.168.0.233:5432',
    ],
    'those who leave come last',
  );
  t.same(difference(services, [{ ...first, scheduling: { ...first.scheduling, scheduler: 'wlc' } }]), [
    '-E -t 192.168.0.237:5432 -s wlc',
  ]);
  t.same(removal(services, [first, { vip: '10.0.0.1', port: 1 }]), ['-D -t 192.168.0.237:5432']);
});

const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1', 'fd00::2');
const server: fc.Arbitrary<RealServer> = fc.record({
  address,
  port: fc.constantFrom(5432, 5433),
  forward: fc.constantFrom('gate', 'masq', 'ipip'),
  weight: fc.integer({ min: 0, max: 9 }),
  others: fc.constant(''),
});
const service: fc.Arbitrary<VirtualService> = fc.record({
  vip: fc.constantFrom('192.0.2.1', '192.0.2.2', 'fd00::99'),
  port: fc.constantFrom(5432, 5433),
  scheduling: fc.record({
    scheduler: fc.constantFrom('rr', 'wlc', 'sh'),
    flags: fc.subarray(['sh-fallback', 'sh-port']),
    persistence: fc.option(
      fc.record({ seconds: fc.integer({ min: 1, max: 999 }), mask: fc.constantFrom('64', undefined) }),
      { nil: undefined },
    ),
  }),
  others: fc.constant(''),
  servers: fc.uniqueArray(server, { selector: ({ address, port }) => `${address} ${port}`, maxLength: 6 }),
});
const table = fc.uniqueArray(service, { selector: ({ vip, port }) => `${vip} ${port}`, maxLength: 5 });

t.test('applying the difference to a table makes the wished one, and touches no other service', async (t) => {
  fc.assert(
    fc.property(table, table, (current, wished) => {
      const lines = difference(current, wished);
      const after = applied(current, lines);
      t.same(sorted(wished), sorted(wished.flatMap((each) => findService(after, each) ?? [])));
      const isOther = (each: VirtualService) => findService(wished, each) === undefined;
      t.same(sorted(after.filter(isOther)), sorted(current.filter(isOther)));
      t.same(difference(after, wished), [], 'nothing is left to do');
    }),
    { numRuns: 300 },
  );
  t.end();
});

/** Weights of the servers of one service; one without a weight is not in the table. */
const weights = fc.array(fc.option(fc.integer({ min: 0, max: 2 })), { minLength: 3, maxLength: 3 });
const serviceOf = (of: readonly (number | null)[]): VirtualService => ({
  vip: '10.0.0.9',
  port: 5432,
  scheduling: { scheduler: 'rr', flags: [], persistence: undefined },
  others: '',
  servers: of.flatMap((weight, index) =>
    weight === null ? [] : [{ address: `10.0.0.${index}`, port: 5432, forward: 'gate', weight, others: '' }],
  ),
});
const serves = ([service]: readonly VirtualService[]): boolean =>
  service?.servers.some(({ weight }) => weight > 0) ?? false;

t.test('who is served stays served, whichever line has been applied', async () => {
  fc.assert(
    fc.property(weights.map(serviceOf), weights.map(serviceOf), (current, wished) => {
      fc.pre(serves([current]) && serves([wished]));
      const lines = difference([current], [wished]);
      return lines.every((_, end) => serves(applied([current], lines.slice(0, end + 1))));
    }),
    { numRuns: 500 },
  );
});

t.test('what is printed is read back', async () => {
  fc.assert(
    fc.property(table, (wished) => {
      const after = applied([], difference([], wished));
      return JSON.stringify(sorted(after)) === JSON.stringify(sorted(wished));
    }),
  );
});
