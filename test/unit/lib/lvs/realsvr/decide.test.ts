import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import {
  decideMonitor,
  decideProbe,
  decideStart,
  decideStop,
  decideValidate,
} from '../../../../../lib/lvs/realsvr/decide.ts';
import type { Decision } from '../../../../../lib/lvs/realsvr/decision.ts';
import { realServerOf } from '../../../../../lib/lvs/realsvr/real-server.ts';
import type { Decide } from '../../../../../lib/lvs/realsvr/settle.ts';
import type { RealServerSnapshot } from '../../../../../lib/lvs/realsvr/snapshot.ts';
import { unknown } from '../../../../../lib/system/fact.ts';
import {
  arpSettings,
  conf,
  ETH0,
  HELD,
  LO,
  link,
  type Machine,
  machine,
  perform,
  SILENT,
  snapshotOf,
  snapshotOfMachine,
  VIP,
} from './machine.ts';

const SERVER = realServerOf(VIP, 'lo:0');
const NOTHING_SET = arpSettings({});
const LO_VIP = link('lo', 'loopback', '127.0.0.1/8', `${VIP}/32`);
const LO_WIDE = link('lo', 'loopback', '127.0.0.1/8', `${VIP}/24`);
const ETH0_VIP = link('eth0', 'other', '192.168.0.232/24', `${VIP}/24`);
const fresh = snapshotOf([LO, ETH0], NOTHING_SET);
const serving = snapshotOf([LO_VIP, ETH0], SILENT, HELD);
const DUMB = { interfaces: unknown('ip: not finished in time'), settings: {}, held: [] };

/** A line for each decision: the rule, then the steps or the exit code. */
const lineOf = (decision: Decision): string =>
  `${decision.reason.rule}: ${decision.kind === 'done' ? decision.code : decision.steps.map(({ kind }) => kind).join(' ')}`;

const TABLE: readonly (readonly [string, Decide, RealServerSnapshot, string])[] = [
  ['start, new', decideStart, fresh, 'start.accept: applySettings addAddress'],
  ['start, again', decideStart, serving, 'start.accepted: 0'],
  [
    'start, put there by hand: the settings are held from now on',
    decideStart,
    snapshotOf([LO_VIP, ETH0], SILENT),
    'start.accept: applySettings',
  ],
  [
    'start, somebody has changed the settings',
    decideStart,
    snapshotOf([LO_VIP, ETH0], NOTHING_SET, HELD),
    'start.accept: applySettings',
  ],
  [
    'start, with a whole network on the loopback',
    decideStart,
    snapshotOf([LO_WIDE, ETH0], SILENT, HELD),
    'start.accept: removeAddress addAddress',
  ],
  [
    'start, on the director',
    decideStart,
    snapshotOf([LO, ETH0_VIP], NOTHING_SET),
    'start.accept: applySettings addAddress',
  ],
  ['start, ip does not answer', decideStart, DUMB, 'start.unknown: 1'],
  ['start, no loopback', decideStart, snapshotOf([ETH0], NOTHING_SET), 'start.unfit: 5'],
  [
    'start, loopback down',
    decideStart,
    snapshotOf([{ ...LO, up: false }], NOTHING_SET),
    'start.loopback-down: 1',
  ],
  ['probe, new', decideProbe, fresh, 'monitor.not-there: 7'],
  ['probe, serving', decideProbe, serving, 'monitor.there: 0'],
  [
    'probe, on the director without a real server',
    decideProbe,
    snapshotOf([LO, ETH0_VIP], NOTHING_SET),
    'monitor.not-there: 7',
  ],
  ['probe, left by a crash', decideProbe, snapshotOf([LO_WIDE, ETH0], NOTHING_SET), 'monitor.there: 0'],
  ['probe, ip does not answer', decideProbe, DUMB, 'monitor.unknown: 1'],
  ['monitor, serving', decideMonitor, serving, 'monitor.there: 0'],
  ['monitor, address gone', decideMonitor, snapshotOf([LO], SILENT, HELD), 'monitor.lost: 7'],
  [
    'monitor, settings gone',
    decideMonitor,
    snapshotOf([LO_VIP, ETH0], NOTHING_SET, HELD),
    'monitor.settings: applySettings',
  ],
  ['monitor, whole network', decideMonitor, snapshotOf([LO_WIDE, ETH0], SILENT, HELD), 'monitor.misfit: 1'],
  [
    'monitor, loopback down',
    decideMonitor,
    snapshotOf([{ ...LO_VIP, up: false }, ETH0], SILENT, HELD),
    'monitor.down: 1',
  ],
  ['monitor, ip does not answer', decideMonitor, DUMB, 'monitor.unknown: 1'],
  ['stop, serving', decideStop, serving, 'stop.give-up: removeAddress restoreSettings'],
  ['stop, not there', decideStop, fresh, 'stop.done: 0'],
  [
    'stop, killed half-way',
    decideStop,
    snapshotOf([LO, ETH0], SILENT, HELD),
    'stop.give-up: restoreSettings',
  ],
  ['stop, no loopback', decideStop, snapshotOf([ETH0], NOTHING_SET), 'stop.done: 0'],
  ['stop, ip does not answer', decideStop, DUMB, 'stop.unknown: 1'],
  ['validate-all', decideValidate, fresh, 'validate.fit: 0'],
];

for (const [what, decide, snapshot, expected] of TABLE) {
  t.test(what, async (t) => {
    t.equal(lineOf(decide(SERVER, snapshot)), expected);
  });
}

t.test('an interface that answers ARP is refused, and never touched', async (t) => {
  const server = realServerOf(VIP, 'eth0:1');
  const snapshot = snapshotOf([LO, ETH0_VIP], NOTHING_SET);
  t.match(decideStart(server, snapshot), {
    code: 5,
    reason: { because: /^eth0 answers .*set nic_lo to lo:0$/ },
  });
  t.equal(lineOf(decideValidate(server, snapshot)), 'validate.unfit: 5');
  t.equal(lineOf(decideProbe(server, snapshot)), 'monitor.not-there: 7');
  t.equal(lineOf(decideStop(server, snapshot)), 'stop.done: 0');
});

t.test('on the director: it is said where else the address is', async (t) => {
  t.match(decideStart(SERVER, snapshotOf([LO_VIP, ETH0_VIP], SILENT, HELD)), {
    code: 0,
    also: [{ rule: 'start.elsewhere', because: `${VIP} is on eth0 too: right on the director's node; ` }],
  });
});

t.test('a tunnel is made, brought up, and taken down again', async (t) => {
  const server = realServerOf(VIP, 'tunl0');
  const settings = { ...NOTHING_SET, [conf('all', 'rp_filter')]: '1' };
  t.equal(lineOf(decideStart(server, snapshotOf([LO], settings))), 'start.load-module: loadModule');
  t.equal(lineOf(decideValidate(server, snapshotOf([LO], settings))), 'validate.fit: 0');
  t.match(decideStart(server, snapshotOf([LO, link('tunl0', 'tunnel')], settings)), {
    steps: [
      { kind: 'applySettings', settings: { [conf('tunl0', 'rp_filter')]: '2' } },
      { kind: 'bringUp' },
      { kind: 'addAddress', device: 'tunl0', label: undefined },
    ],
  });
  const up = { ...link('tunl0', 'tunnel', `${VIP}/32`), up: true };
  t.equal(
    lineOf(decideStop(server, snapshotOf([LO, up], SILENT, HELD))),
    'stop.give-up: removeAddress takeDown restoreSettings',
  );
  const shared = { ...up, addresses: [...up.addresses, { address: '10.0.0.1', prefixLength: 32 }] };
  t.equal(lineOf(decideStop(server, snapshotOf([LO, shared], SILENT))), 'stop.give-up: removeAddress');
});

t.test('IPv6 needs the address alone', async (t) => {
  const server = realServerOf('FD00:0::99', 'lo:0');
  t.match(decideStart(server, snapshotOf([LO], {})), {
    steps: [{ kind: 'addAddress', address: 'fd00::99', device: 'lo', label: undefined }],
  });
  t.equal(
    lineOf(decideStart(server, snapshotOf([link('lo', 'loopback', 'fd00::99/128')], {}))),
    'start.accepted: 0',
  );
  t.match(decideStart(server, snapshotOf([LO], { 'net/ipv6/conf/lo/disable_ipv6': '1' })), {
    code: 5,
    reason: { because: /switched off on lo; set net\.ipv6\.conf\.lo\.disable_ipv6 to 0/ },
  });
});

t.test('every reason for an exit fits into what Pacemaker keeps', async (t) => {
  for (const [, decide, snapshot] of TABLE) {
    const decision = decide(realServerOf('192.168.100.237', 'lo:0'), snapshot);
    if (decision.kind === 'done' && ![0, 7].includes(decision.code))
      t.ok(decision.reason.because.length <= 128, decision.reason.because);
  }
});

/** Carried out step by step; `after` sees the machine after each one, and can end it all by false. */
const run = (
  decide: Decide,
  begin: Machine,
  after: (machine: Machine) => boolean,
): { readonly machine: Machine; readonly code: number | undefined } => {
  let now = begin;
  for (let round = 0; round < 4; round++) {
    const decision = decide(SERVER, snapshotOfMachine(now));
    if (decision.kind === 'done') return { machine: now, code: decision.code };
    for (const step of decision.steps) {
      now = perform(now, step);
      if (!after(now)) return { machine: now, code: undefined };
    }
  }
  return { machine: now, code: undefined };
};

/** Some interface answers ARP for an address of the loopback (ip-sysctl.rst). */
const answers = ({ interfaces, settings }: Machine): boolean =>
  interfaces.some(
    ({ kind, addresses }) => kind === 'loopback' && addresses.some(({ address }) => address === VIP),
  ) &&
  ![1, 2, 8].includes(
    Math.max(Number(settings[conf('all', 'arp_ignore')]), Number(settings[conf('eth0', 'arp_ignore')])),
  );

t.test('whatever was there, and wherever it is killed', async () => {
  const value = fc.integer({ min: 0, max: 8 }).map(String);
  const settings = fc
    .record({ all: value, lo: value, eth0: value })
    .chain((ignore) =>
      fc.record({ all: value, lo: value, eth0: value }).map((announce) => arpSettings(ignore, announce)),
    );
  const kills = fc.array(fc.nat({ max: 3 }), { maxLength: 3 });
  fc.assert(
    fc.property(
      settings,
      fc.constantFrom(ETH0, ETH0_VIP),
      kills,
      kills,
      (found, eth0, startKills, stopKills) => {
        const before = machine([LO, eth0], found);
        let now = before;
        let silent = true;
        const attempt = (decide: Decide, steps: number): number | undefined => {
          let left = steps;
          const result = run(decide, now, (each) => {
            silent &&= !answers(each);
            return left-- > 0;
          });
          now = result.machine;
          return result.code;
        };
        for (const steps of startKills) attempt(decideStart, steps);
        const started = attempt(decideStart, 100);
        const watched = decideMonitor(SERVER, snapshotOfMachine(now));
        for (const steps of stopKills) attempt(decideStop, steps);
        const stopped = attempt(decideStop, 100);
        return (
          silent &&
          started === 0 &&
          watched.kind === 'done' &&
          watched.code === 0 &&
          stopped === 0 &&
          isDeepStrictEqual(now, before)
        );
      },
    ),
  );
});
