import t from 'tap';
import type { Verdict } from '../../../../../lib/commands/plan.ts';
import { decideOff, decideOn, type RealServerStep } from '../../../../../lib/commands/realserver/decide.ts';
import type { OutsideSnapshot, UnitState } from '../../../../../lib/commands/realserver/snapshot.ts';
import { statusOf, statusText } from '../../../../../lib/commands/realserver/status.ts';
import { nicOfUnit, unitName, unitText, vipOfUnit } from '../../../../../lib/commands/realserver/unit.ts';
import { realServerOf } from '../../../../../lib/lvs/realsvr/real-server.ts';
import { arpSettings, ETH0, HELD, LO, link, SILENT, snapshotOf, VIP } from '../../lvs/realsvr/machine.ts';

const SERVER = realServerOf(VIP, 'lo:0');
const PATH = '/usr/local/bin/cls_realserver';
const TEXT = unitText(SERVER, PATH);
const NO_UNIT: UnitState = { text: undefined, enabled: false, active: false };
const UNIT: UnitState = { text: TEXT, enabled: true, active: true };
const LO_VIP = link('lo', 'loopback', `${VIP}/32`);

const outside = (more: Partial<OutsideSnapshot> = {}): OutsideSnapshot => ({
  local: snapshotOf([LO, ETH0], arpSettings({})),
  unit: NO_UNIT,
  executable: PATH,
  isClusterNode: false,
  ...more,
});
const SERVING = outside({ local: snapshotOf([LO_VIP, ETH0], SILENT, HELD), unit: UNIT });

const lineOf = (verdict: Verdict<RealServerStep>): string => {
  switch (verdict.kind) {
    case 'plan':
      return verdict.plan.steps.map(({ kind }) => kind).join(' ');
    case 'refused':
      return `refused ${verdict.code}: ${verdict.sentence}`;
    case 'nothing-to-do':
      return verdict.sentence;
  }
};

const KEEP = { untilReboot: false };
const NOW = { untilReboot: true };

t.test('on', async (t) => {
  t.equal(lineOf(decideOn(SERVER, outside(), KEEP)), 'accept keep');
  t.equal(lineOf(decideOn(SERVER, outside(), NOW)), 'accept');
  t.equal(lineOf(decideOn(SERVER, SERVING, KEEP)), `${VIP} is accepted already, on lo`);
  t.equal(lineOf(decideOn(SERVER, { ...SERVING, unit: NO_UNIT }, KEEP)), 'keep');
  t.equal(lineOf(decideOn(SERVER, { ...SERVING, unit: { ...UNIT, text: 'older' } }, KEEP)), 'keep');
  t.equal(lineOf(decideOn(SERVER, { ...SERVING, unit: { ...UNIT, enabled: false } }, KEEP)), 'keep');
});

t.test('on, without systemd: it is said what to do', async (t) => {
  const verdict = decideOn(SERVER, outside({ unit: undefined }), KEEP);
  t.equal(lineOf(verdict), 'accept');
  t.match(verdict, {
    plan: {
      purpose: /until it is rebooted/,
      warnings: [/not run by systemd: have "cls_realserver on 192\.168\.0\.237" run at each boot/],
    },
  });
});

t.test('on, without systemd, on another interface: it is named', async (t) => {
  const local = snapshotOf([LO, link('tunl0', 'tunnel'), ETH0], arpSettings({}));
  const verdict = decideOn(realServerOf(VIP, 'tunl0'), outside({ local, unit: undefined }), KEEP);
  t.match(verdict, {
    plan: { warnings: [/have "cls_realserver on --interface tunl0 192\.168\.0\.237" run/] },
  });
});

t.test('on, with an interface that a module makes: the plan is whole', async (t) => {
  const settings = { ...arpSettings({}), 'net/ipv4/conf/default/rp_filter': '1' };
  const local = snapshotOf([LO_VIP, ETH0], settings);
  const verdict = decideOn(realServerOf(VIP, 'tunl0'), outside({ local }), KEEP);
  t.match(verdict.kind === 'plan' && verdict.plan.steps[0], {
    what: [
      "load the kernel's module ipip",
      /^set .*net\.ipv4\.conf\.tunl0\.arp_ignore = 1.*net\.ipv4\.conf\.tunl0\.rp_filter = 2/,
      'bring tunl0 up',
      `put ${VIP}/32 on tunl0`,
      `remove ${VIP}/32 from lo`,
    ],
  });
});

t.test('on, where the address is announced', async (t) => {
  const director = outside({
    local: snapshotOf([LO, link('eth0', 'other', `${VIP}/24`)], arpSettings({})),
  });
  t.match(
    lineOf(decideOn(SERVER, director, KEEP)),
    /^refused 10: .* is on eth0, so this machine answers for it/,
  );
  t.match(decideOn(SERVER, { ...director, isClusterNode: true }, KEEP), {
    plan: { warnings: [/node of a cluster/] },
  });
  const on = (nic: string): string =>
    lineOf(decideOn(realServerOf(VIP, nic, '--interface'), outside(), KEEP));
  t.match(on('eth0'), /^refused 10: .* is not accepted: eth0 answers .*; set --interface to lo:0$/);
  t.match(on('v9'), /^refused 10: .* there is no interface v9; correct --interface$/);
});

t.test('off', async (t) => {
  t.equal(lineOf(decideOff(SERVER, SERVING, KEEP)), 'give-up forget');
  t.equal(lineOf(decideOff(SERVER, SERVING, NOW)), 'give-up');
  t.equal(lineOf(decideOff(SERVER, outside(), KEEP)), `${VIP} is not accepted here anyway`);
  t.equal(lineOf(decideOff(SERVER, outside({ unit: UNIT }), KEEP)), 'forget');
  t.equal(
    lineOf(decideOff(SERVER, outside({ unit: undefined }), KEEP)),
    `${VIP} is not accepted here anyway`,
  );
  t.match(decideOff(SERVER, SERVING, KEEP), { plan: { warnings: [/take it out of the list first/] } });
});

t.test('another interface than before: the address moves, and goes from wherever it is', async (t) => {
  const moving = { ...SERVING, local: snapshotOf([LO_VIP, link('v0', 'silent'), ETH0], SILENT, HELD) };
  const server = realServerOf(VIP, 'v0');
  const last = [`put ${VIP}/32 on v0`, `remove ${VIP}/32 from lo`];
  const on = decideOn(server, moving, KEEP);
  t.equal(lineOf(on), 'accept keep');
  t.match(on.kind === 'plan' && on.plan.steps[0], { kind: 'accept', what: [/^set /, ...last] });
  const off = decideOff(server, moving, KEEP);
  const what = [`remove ${VIP}/32 from lo`, /^put the kernel settings back/];
  t.match(off.kind === 'plan' && off.plan.steps[0], { kind: 'give-up', what });
});

t.test('the unit', async (t) => {
  t.match(TEXT, `\nExecStart=${PATH} on --until-reboot --interface=lo:0 ${VIP}\n`);
  t.equal(nicOfUnit(TEXT), 'lo:0');
  t.equal(nicOfUnit('[Unit]\n'), undefined);
  t.equal(vipOfUnit(unitName('fd00::9')), 'fd00::9');
  t.equal(vipOfUnit('postgresql.service'), undefined);
});

t.test('status', async (t) => {
  t.match(statusOf(SERVER, SERVING), { vip: VIP, interface: 'lo:0', accepted: true, atBoot: 'yes' });
  t.match(statusOf(SERVER, outside({ unit: undefined })), { accepted: false, atBoot: 'unknown' });
  const changed = { ...SERVING, local: snapshotOf([LO_VIP, ETH0], arpSettings({}), HELD) };
  t.match(statusOf(SERVER, changed), { accepted: false, reason: /arp_ignore was 0 instead of 1/ });
  t.equal(
    statusText([statusOf(SERVER, SERVING)]),
    'ADDRESS        INTERFACE  ACCEPTED  AT BOOT  WHY\n192.168.0.237  lo:0       yes       yes\n',
  );
});
