import t from 'tap';
import { realServerOf } from '../../../../../lib/lvs/realsvr/real-server.ts';
import type { Decide } from '../../../../../lib/lvs/realsvr/settle.ts';
import { decideSoleStart, decideSoleStop } from '../../../../../lib/lvs/realsvr/sole.ts';
import { unknown } from '../../../../../lib/system/fact.ts';
import {
  arpSettings,
  conf,
  ETH0,
  LO,
  link,
  type Machine,
  machine,
  perform,
  snapshotOfMachine,
  VIP,
} from './machine.ts';

const V0 = link('v0', 'silent');
const NAMES = ['arp_ignore', 'arp_announce', 'rp_filter'];
const BEFORE = machine([LO, V0, link('tunl0', 'tunnel'), ETH0], {
  ...arpSettings({}),
  ...Object.fromEntries(['v0', 'tunl0'].flatMap((each) => NAMES.map((name) => [conf(each, name), '0']))),
});

const devicesWith = ({ interfaces }: Machine): readonly string[] =>
  interfaces
    .filter(({ addresses }) => addresses.some(({ address }) => address === VIP))
    .map(({ name }) => name);

/** What is seen after each step: where the address is, and whether the kernel keeps silent about it. */
const run = (
  decide: Decide,
  nic: string,
  begin: Machine,
): { readonly seen: readonly string[]; readonly machine: Machine } => {
  const seen: string[] = [];
  let now = begin;
  for (let round = 0; round < 4; round++) {
    const decision = decide(realServerOf(VIP, nic), snapshotOfMachine(now));
    if (decision.kind === 'done') return { seen: [...seen, `done ${decision.code}`], machine: now };
    for (const step of decision.steps) {
      now = perform(now, step);
      seen.push(`${devicesWith(now).join('+')} ${now.settings[conf('all', 'arp_ignore')]}`.trim());
    }
  }
  return { seen, machine: now };
};

const onLoopback = run(decideSoleStart, 'lo:0', BEFORE).machine;

t.test('on another interface than before: it moves, and is accepted at each moment', async (t) => {
  const moved = run(decideSoleStart, 'v0', onLoopback);
  t.same(moved.seen, ['lo 1', 'lo+v0 1', 'v0 1', 'done 0']);
  t.same(run(decideSoleStop, 'v0', moved.machine).machine, BEFORE);
});

t.test('both have it: the wished one keeps it', async (t) => {
  const both = perform(run(decideSoleStart, 'v0', BEFORE).machine, {
    kind: 'addAddress',
    address: VIP,
    device: 'lo',
    label: undefined,
  });
  t.same(run(decideSoleStart, 'v0', both).seen, ['v0 1', 'done 0']);
});

t.test('a tunnel that it leaves goes down', async (t) => {
  const tunnelled = run(decideSoleStart, 'tunl0', BEFORE).machine;
  t.equal(tunnelled.interfaces.find(({ name }) => name === 'tunl0')?.up, true);
  t.same(run(decideSoleStop, 'lo:0', tunnelled).machine, BEFORE);
});

for (const nic of ['v0', 'eth0', 'none0'])
  t.test(`off names ${nic}, and the loopback has it: it goes before the settings do`, async (t) => {
    const { seen, machine } = run(decideSoleStop, nic, onLoopback);
    t.same(seen, ['1', '0', 'done 0']);
    t.same(machine, BEFORE);
  });

t.test('an interface that answers for it is left alone', async (t) => {
  const director = machine([LO, link('eth0', 'other', `${VIP}/24`)], arpSettings({}));
  t.same(run(decideSoleStop, 'lo:0', director), { seen: ['done 0'], machine: director });
});

t.test('nothing is removed while it cannot be accepted, or is not known', async (t) => {
  t.same(run(decideSoleStart, 'none0', onLoopback), { seen: ['done 5'], machine: onLoopback });
  const dumb = { interfaces: unknown('ip: not finished in time'), settings: {}, held: [] };
  for (const decide of [decideSoleStart, decideSoleStop])
    t.match(decide(realServerOf(VIP, 'lo:0'), dumb), { kind: 'done', code: 1 });
});
