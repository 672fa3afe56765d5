import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { nicOfUnit, unitName, unitText, vipOfUnit } from '../../../../../lib/commands/realserver/unit.ts';
import { realServerOf } from '../../../../../lib/lvs/realsvr/real-server.ts';

const SERVERS = [
  ['192.168.0.237', 'lo:0'],
  ['192.168.0.237', 'tunl0'],
  ['FD00:0::237', 'lo'],
] as const;

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

for (const [vip, nic] of SERVERS) {
  const server = realServerOf(vip, nic);
  t.test(`${vip} on ${nic}`, async (t) => {
    t.equal(vipOfUnit(unitName(server.vip)), server.vip);
    t.equal(nicOfUnit(unitText(server, '/usr/sbin/cls_realserver')), nic);
  });

  t.test(
    `${vip} on ${nic}: systemd has no objection`,
    { skip: hasSystemd ? false : 'systemd-analyze is not installed' },
    async (t) => {
      // Not under its own name: systemd-analyze takes what comes after a colon for an alias.
      const folder = t.testdir({ 'checked.service': unitText(server, '/bin/true') });
      const args = ['--man=no', 'verify', join(folder, 'checked.service')];
      const { stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      // It reads the units of this machine as well, which may have their own faults.
      t.notMatch(stderr, 'checked.service');
    },
  );
}
