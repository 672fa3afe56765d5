import t from 'tap';
import type { CommandFacts } from '../../../../../../lib/commands/doctor/facts/facts.ts';
import { doctorReport } from '../../../../../../lib/commands/doctor/report.ts';
import { directorRules } from '../../../../../../lib/commands/doctor/rules/director-rules.ts';
import { balancing, CONSTRAINTS } from '../balancing.ts';
import { situation } from '../builders.ts';
import { checkRows, type Row } from '../row.ts';

const command = (found: CommandFacts['found']) => ({
  nodes: { node3: { commands: [{ kind: 'check' as const, name: '/opt/check', found }] } },
});
const FINE = { path: '/opt/check', isExecutable: true, openTo: null };
const settings = {
  'net/ipv4/ip_forward': '1',
  'net/ipv4/vs/expire_nodest_conn': '0',
  'net/ipv4/vs/conntrack': '0',
};

const ROWS: readonly Row[] = [
  {
    id: 'director-kernel',
    when: 'one node has no ipvsadm',
    parts: balancing({ nodes: { node3: { hasTool: false } } }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^lvsdr cannot run on node3: ipvsadm is not installed$/,
    fix: /^apt-get install ipvsadm \(or dnf install ipvsadm\) {3}\(on node3\), or keep it off: pcs constraint location lvsdr avoids node3$/,
  },
  {
    id: 'director-kernel',
    when: 'no kernel has IPVS',
    parts: balancing({
      nodes: Object.fromEntries(
        ['node1', 'node2', 'node3'].map((node) => [
          node,
          { isLoaded: false, missingModules: ['ip_vs', 'ip_vs_rr'] },
        ]),
      ),
    }),
    severity: 'error',
    nodes: ['node1', 'node2', 'node3'],
    sentence:
      /^lvsdr cannot run on node1, node2 and node3: the kernel there has no IPVS \(module ip_vs\); no node that was examined can be its director$/,
  },
  {
    id: 'director-kernel',
    when: 'a kernel lacks the scheduler',
    parts: balancing({
      parameters: { virtual_service_options: '-s mh' },
      nodes: { node3: { missingModules: ['ip_vs_mh'] } },
    }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^lvsdr cannot run on node3: the kernel there has no scheduler mh$/,
  },
  {
    id: 'director-settings',
    when: "somebody has reset the director's settings",
    parts: balancing({ nodes: { node2: { settings }, node3: { settings } } }),
    severity: 'warning',
    nodes: ['node2'],
    sentence:
      /^net\.ipv4\.vs\.expire_nodest_conn is 0 instead of 1 on node2, the director: connections .* hang/,
    fix: /^sysctl -w net\.ipv4\.vs\.expire_nodest_conn=1 {3}\(on node2/,
  },
  {
    id: 'director-settings',
    when: 'with NAT, the firewall does not know the connections',
    parts: balancing({ parameters: { forward: 'masq' } }),
    severity: 'notice',
    nodes: ['node2'],
    sentence: /^net\.ipv4\.vs\.conntrack is 0 on node2, and forward is masq/,
  },
  {
    id: 'director-sync',
    when: 'no node has the interface for the synchronisation',
    parts: balancing({ parameters: { sync_daemon: 'true', sync_interface: 'nope9' } }),
    severity: 'warning',
    nodes: ['node1', 'node2', 'node3'],
    sentence:
      /^nope9, the sync_interface of lvsdr, is not there or has no address on node1, node2 and node3: /,
    fix: /^pcs resource update lvsdr sync_interface=INTERFACE/,
  },
  {
    id: 'director-command',
    when: 'a command is not there',
    parts: balancing(command(null)),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^on node3, \/opt\/check is not there \(realserver_check_active_real_server_script of lvsdr\)$/,
  },
  {
    id: 'director-command',
    when: 'a command cannot be run',
    parts: balancing(command({ ...FINE, isExecutable: false })),
    severity: 'error',
    sentence: /\/opt\/check is not executable/,
    fix: /^chmod 755 \/opt\/check {3}\(on node3\)$/,
  },
  {
    id: 'director-command',
    when: 'somebody else can change a command that root runs',
    parts: balancing(command({ ...FINE, openTo: '/opt' })),
    severity: 'warning',
    sentence: /\/opt\/check is run by root, and others than root can change \/opt \(/,
    fix: /^chown root: \/opt && chmod go-w \/opt/,
  },
  {
    id: 'listed-host',
    when: 'a name has no address on one node',
    parts: balancing({ nodes: { node3: { names: { replica: [], other: ['192.168.0.9'] } } } }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^the server replica of lvsdr has no address on node3: it is left out$/,
    fix: /^\/etc\/hosts on node3: ADDRESS replica$/,
  },
  {
    id: 'outside-server',
    when: 'a server outside the cluster does not answer',
    parts: balancing({
      nodes: {
        node2: {
          outside: [{ host: '10.0.0.9', answer: { ok: false, timedOut: false, reason: 'ECONNREFUSED' } }],
        },
        node3: {
          outside: [
            { host: '10.0.0.9', answer: { ok: false, timedOut: false, reason: 'ECONNREFUSED' } },
            { host: '10.0.0.8', answer: { ok: true } },
          ],
        },
      },
    }),
    severity: 'warning',
    nodes: ['node2', 'node3'],
    sentence:
      /^10\.0\.0\.9, a server of lvsdr, takes no connections at port 5432 from node2, node3 \(ECONNREFUSED\)$/,
    fix: /^pg_isready -h 10\.0\.0\.9 -p 5432/,
  },
];

checkRows(t, directorRules, ROWS);

t.test('the interface for the synchronisation is there, or is not used', async (t) => {
  for (const parameters of [{ sync_daemon: 'true' }, { sync_interface: 'nope9' }])
    t.match(
      doctorReport(situation(balancing({ parameters }))).entries.filter(({ id }) => id === 'director-sync'),
      [{ severity: 'ok' }],
    );
});

t.test('a node that the director may not go to needs nothing', async (t) => {
  const ban = '<rsc_location id="off" rsc="vip-slave" node="node3" score="-INFINITY"/>';
  const parts = balancing({ constraints: CONSTRAINTS + ban, nodes: { node3: { hasTool: false } } });
  t.notOk(
    doctorReport(situation(parts)).entries.some(
      ({ id, severity }) => id === 'director-kernel' && severity !== 'ok',
    ),
  );
});

t.test('a kernel that has IPVS, and whose modules nobody can list, is no finding', async (t) => {
  const parts = balancing({ nodes: { node2: { isLoaded: true, missingModules: ['ip_vs', 'ip_vs_rr'] } } });
  t.notOk(
    doctorReport(situation(parts)).entries.some(
      ({ id, severity }) => id === 'director-kernel' && severity !== 'ok',
    ),
  );
});
