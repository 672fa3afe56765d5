/** ocf:pha:lvsdr-realsvr on a machine with a network of its own: what the kernel and the client make of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { isAccepted, isAnnounced, type TwoMachines, twoMachines } from './two-machines.ts';

const AGENT = fileURLToPath(new URL('../../dist/ocf/lvsdr-realsvr', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../dist/bin/cls_realserver', import.meta.url));
const IPADDR2 = '/usr/lib/ocf/resource.d/heartbeat/IPaddr2';
const VIP = '192.168.0.237';
const VIP6 = 'fd00::237';

const BASE = {
  OCF_ROOT: '/usr/lib/ocf',
  OCF_RA_VERSION_MAJOR: '1',
  OCF_RESOURCE_INSTANCE: 'lvsdr-realsvr:0',
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
};

type Parameters = Readonly<Record<string, string>>;

const environment = (parameters: Parameters): Record<string, string> => ({
  ...BASE,
  ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`OCF_RESKEY_${name}`, value])),
});

const act = ({ machine }: TwoMachines, action: string, parameters: Parameters = { vip: VIP }) => {
  const interval: Parameters = action === 'monitor' ? { CRM_meta_interval: '60000' } : {};
  return machine.call([AGENT, action], environment({ ...interval, ...parameters }));
};

const codes = (machines: TwoMachines, actions: string, parameters?: Parameters): string =>
  actions
    .split(' ')
    .map((action) => `${action} ${act(machines, action, parameters).status}`)
    .join(', ');

const SETTINGS = ['all', 'lo'].flatMap((each) =>
  ['arp_ignore', 'arp_announce'].map((name) => `${each}/${name}`),
);

const settings = ({ machine }: TwoMachines): string =>
  machine
    .exec('cat', ...SETTINGS.map((name) => `/proc/sys/net/ipv4/conf/${name}`))
    .trim()
    .replaceAll('\n', ' ');

const set = ({ machine }: TwoMachines, name: string, value: string): string =>
  machine.exec('sh', '-c', `echo ${value} >/proc/sys/net/ipv4/conf/${name}`);

const addresses = ({ machine }: TwoMachines, device: string): string =>
  machine
    .exec('ip', '-oneline', 'address', 'show', 'dev', device, 'up')
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[3] ?? '')
    .filter((each) => each !== '' && !each.startsWith('fe80'))
    .join(' ');

const scenario = (name: string, run: (t: Test, machines: TwoMachines) => Promise<void>): Promise<unknown> =>
  t.test(name, { skip: process.geteuid?.() !== 0 && 'needs root' }, async (t) =>
    run(t, await twoMachines(t)),
  );

await scenario('a real server takes the address and does not announce it', async (t, machines) => {
  t.equal(settings(machines), '0 0 0 0');
  t.equal(codes(machines, 'monitor start start monitor'), 'monitor 7, start 0, start 0, monitor 0');
  t.equal(settings(machines), '1 2 1 2');
  t.equal(addresses(machines, 'lo'), `127.0.0.1/8 ${VIP}/32 ::1/128`);
  t.match(machines.machine.exec('ip', 'address', 'show', 'label', 'lo:0'), `inet ${VIP}/32 scope host lo:0`);
  t.equal(await isAnnounced(machines, VIP), false);
  t.equal(isAccepted(machines, VIP), true);
  t.equal(codes(machines, 'stop monitor stop'), 'stop 0, monitor 7, stop 0');
  t.equal(settings(machines), '0 0 0 0', 'as they were');
  t.equal(addresses(machines, 'lo'), '127.0.0.1/8 ::1/128', 'the loopback is up, and has the rest');
});

await scenario('on the director, which announces the address and goes on to', async (t, machines) => {
  const director = { ip: VIP, cidr_netmask: '24', nic: 'eth0', arp_count: '1' };
  const ipaddr2 = (action: string): number | null =>
    machines.machine.call([IPADDR2, action], environment(director)).status;
  act(machines, 'start');
  t.equal(ipaddr2('monitor'), 7, 'IPaddr2 does not take a real server for its own');
  t.equal(ipaddr2('start'), 0);
  t.equal(await isAnnounced(machines, VIP), true);
  t.equal(codes(machines, 'monitor stop monitor'), 'monitor 0, stop 0, monitor 7');
  t.equal(ipaddr2('monitor'), 0);
  t.equal(await isAnnounced(machines, VIP), true);
  t.match(act(machines, 'start').stderr, /\[start\.elsewhere\] 192\.168\.0\.237 is on eth0 too/);
  t.equal(ipaddr2('stop'), 0);
  t.equal(codes(machines, 'monitor'), 'monitor 0');
  t.equal(await isAnnounced(machines, VIP), false);
  t.equal(isAccepted(machines, VIP), true);
});

await scenario('what others do to the settings', async (t, machines) => {
  set(machines, 'lo/arp_announce', '2');
  act(machines, 'start');
  set(machines, 'all/arp_ignore', '0');
  t.equal(await isAnnounced(machines, VIP), true, 'as after sysctl --system');
  const { status, stderr } = act(machines, 'monitor');
  t.equal(status, 0);
  t.match(stderr, /net\.ipv4\.conf\.all\.arp_ignore was 0 instead of 1/);
  t.equal(await isAnnounced(machines, VIP), false, 'set again');
  set(machines, 'all/arp_announce', '1');
  t.match(act(machines, 'stop').stderr, /net\.ipv4\.conf\.all\.arp_announce is 1: somebody has changed it/);
  t.equal(settings(machines), '0 1 0 2', 'what others have set stays');
});

await scenario('what a crash or a wrong hand has left', async (t, machines) => {
  machines.machine.exec('ip', 'address', 'add', `${VIP}/24`, 'dev', 'lo');
  t.equal(codes(machines, 'monitor start monitor'), 'monitor 1, start 0, monitor 0');
  t.equal(addresses(machines, 'lo'), `127.0.0.1/8 ${VIP}/32 ::1/128`);
  t.equal(codes(machines, 'stop'), 'stop 0');
  machines.machine.exec('ip', 'address', 'add', `${VIP}/24`, 'dev', 'eth0');
  const wrong = { vip: VIP, nic_lo: 'eth0' };
  t.match(act(machines, 'start', wrong), { status: 5, stderr: /eth0 answers .* set nic_lo to lo:0/ });
  t.equal(codes(machines, 'monitor stop', wrong), 'monitor 7, stop 0');
  t.match(addresses(machines, 'eth0'), `${VIP}/24`, 'the address of a director is never removed');
});

await scenario('two addresses, started and stopped at the same time; IPv6', async (t, machines) => {
  const all = async (action: string): Promise<readonly unknown[]> =>
    Promise.all(
      [VIP, '192.168.0.238', VIP6].map(async (vip, i) => {
        const child = spawn(...machines.machine.outside([AGENT, action]), {
          env: { ...environment({ vip }), OCF_RESOURCE_INSTANCE: `realsvr${i}` },
          stdio: 'ignore',
        });
        return (await once(child, 'exit'))[0];
      }),
    );
  t.same(await all('start'), [0, 0, 0]);
  t.equal(
    addresses(machines, 'lo').split(' ').sort().join(' '),
    `127.0.0.1/8 ${VIP}/32 192.168.0.238/32 ::1/128 ${VIP6}/128`,
  );
  t.equal(await isAnnounced(machines, VIP6), false);
  t.equal(isAccepted(machines, VIP6), true);
  t.equal(settings(machines), '1 2 1 2');
  t.same(await all('stop'), [0, 0, 0]);
  t.equal(addresses(machines, 'lo'), '127.0.0.1/8 ::1/128');
  t.equal(settings(machines), '0 0 0 0');
});

/** What systemctl does of what is asked of it here, without systemd. */
const SYSTEMCTL = `#!/bin/sh
shift
unit=/etc/systemd/system/$2
case $1 in
  is-enabled) test -e /run/enabled ;;
  is-active) test -e /run/active ;;
  enable) touch /run/enabled ;;
  disable) rm -f /run/enabled ;;
  start) touch /run/active; $(sed -n 's/^ExecStart=//p' "$unit") ;;
  stop) rm -f /run/active; $(sed -n 's/^ExecStop=//p' "$unit") ;;
esac
`;

await scenario('cls_realserver on a machine outside the cluster', async (t, machines) => {
  const { machine } = machines;
  const command = (...args: readonly string[]) =>
    machine.call([process.execPath, COMMAND, ...args], { PATH: `/run/bin:${BASE.PATH}` });
  machine.exec('sh', '-c', 'rm -f /etc/corosync/corosync.conf; mkdir -p /run/bin /etc/systemd/system');

  t.match(command('on', VIP), { status: 0, stderr: /not run by systemd/ });
  t.equal(await isAnnounced(machines, VIP), false);
  t.equal(isAccepted(machines, VIP), true);
  t.match(command('status', VIP), { status: 0, stdout: /192\.168\.0\.237 +lo:0 +yes +unknown/ });

  machine.exec('sh', '-c', `mkdir -p /run/systemd/system; cat >/run/bin/systemctl <<"END"\n${SYSTEMCTL}END`);
  machine.exec('chmod', '755', '/run/bin/systemctl');
  t.match(command('on', '--dry-run', VIP), { status: 0, stdout: /1\. have systemd do so at each boot/ });
  t.match(command('status'), { status: 10, stderr: /no address is accepted at boot/ });
  t.equal(command('on', VIP).status, 0);
  t.match(command('on', VIP), { status: 0, stdout: /accepted already/ });

  // A reboot takes address and settings away, and systemd starts what is enabled.
  t.equal(command('off', '--until-reboot', VIP).status, 0);
  t.equal(settings(machines), '0 0 0 0');
  t.match(command('status', '--json'), { status: 10, stdout: /"accepted": false,[^}]*"atBoot": "yes"/ });
  machine.exec('/run/bin/systemctl', '--quiet', 'start', `pha-realserver-${VIP}.service`);
  t.equal(settings(machines), '1 2 1 2');
  t.equal(isAccepted(machines, VIP), true);

  t.match(command('off', VIP), { status: 0, stderr: /take it out of the list first/ });
  t.equal(settings(machines), '0 0 0 0');
  t.equal(addresses(machines, 'lo'), '127.0.0.1/8 ::1/128');
  t.match(command('status'), { status: 10, stderr: /no address is accepted at boot/ });
  t.match(command('off', VIP), { status: 0, stdout: /not accepted here anyway/ });
  t.match(command('on', '127.0.0.1'), { status: 100, stderr: /of this machine alone/ });
  t.match(command('up', VIP), { status: 100, stderr: /one of on, off, status/ });
});
