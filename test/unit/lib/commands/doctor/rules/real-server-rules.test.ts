import t from 'tap';
import { doctorReport } from '../../../../../../lib/commands/doctor/report.ts';
import { realServerRules } from '../../../../../../lib/commands/doctor/rules/real-server-rules.ts';
import { known, unknown } from '../../../../../../lib/system/fact.ts';
import { balancing } from '../balancing.ts';
import { situation } from '../builders.ts';
import { checkRows, type Row } from '../row.ts';

const wrong = [{ name: 'net/ipv4/conf/all/arp_ignore', is: '0', wanted: '1' }];

const ROWS: readonly Row[] = [
  {
    id: 'acceptor',
    when: 'nothing has the servers accept the address',
    parts: balancing({ acceptor: null, parameters: { realserver_dependent_resource: '' } }),
    severity: 'error',
    sentence:
      /^forward is gate, and no resource of ocf:pha:lvsdr-realsvr has the servers accept 192\.168\.0\.237/,
    fix: /^pcs resource create lvsdr-realsvr ocf:pha:lvsdr-realsvr vip=192\.168\.0\.237 clone$/,
  },
  {
    id: 'acceptor',
    when: 'they accept another one',
    parts: balancing({ acceptor: { vip: '192.168.0.238' } }),
    severity: 'error',
    sentence:
      /^lvsdr-realsvr has the servers accept 192\.168\.0\.238, and lvsdr sends them 192\.168\.0\.237$/,
    fix: /^pcs resource update lvsdr-realsvr vip=192\.168\.0\.237$/,
  },
  {
    id: 'acceptor',
    when: 'the director tunnels, and nobody opens the tunnel',
    parts: balancing({ parameters: { forward: 'ipip' } }),
    severity: 'error',
    sentence: /^forward of lvsdr is ipip, and lvsdr-realsvr has nic_lo=lo: nobody there opens the tunnel$/,
    fix: /nic_lo=tunl0$/,
  },
  {
    id: 'acceptor',
    when: 'a tunnel is open that nobody uses',
    parts: balancing({ acceptor: { nic_lo: 'tunl0' } }),
    severity: 'warning',
    sentence: /nic_lo=tunl0: no tunnel is needed$/,
  },
  {
    id: 'accepts',
    when: 'a server answers for the address',
    parts: balancing({ nodes: { node3: { acceptance: known({ hasAddress: true, wrong }) } } }),
    severity: 'error',
    nodes: ['node3'],
    sentence:
      /^net\.ipv4\.conf\.all\.arp_ignore is 0 instead of 1 on node3, a server of reads: it makes .* known/,
    fix: /^sysctl -w net\.ipv4\.conf\.all\.arp_ignore=1 {3}\(on node3/,
  },
  {
    id: 'accepts',
    when: 'a server drops what comes out of the tunnel',
    parts: balancing({
      parameters: { forward: 'ipip' },
      acceptor: { nic_lo: 'tunl0' },
      nodes: {
        node2: {
          acceptance: known({
            hasAddress: true,
            wrong: [{ name: 'net/ipv4/conf/tunl0/rp_filter', is: '1', wanted: '2' }],
          }),
        },
      },
    }),
    severity: 'error',
    nodes: ['node2'],
    sentence:
      /^net\.ipv4\.conf\.tunl0\.rp_filter is 1 instead of 2 on node2, .* drops what comes out of the tunnel$/,
  },
  {
    id: 'accepts',
    when: 'a server does not have the address',
    parts: balancing({ nodes: { node2: { acceptance: known({ hasAddress: false, wrong: [] }) } } }),
    severity: 'error',
    nodes: ['node2'],
    sentence: /^lvsdr-realsvr is active on node2, and 192\.168\.0\.237 is not on lo there/,
    fix: /^pcs resource refresh lvsdr-realsvr-clone$/,
  },
  {
    id: 'accepts',
    when: 'a node has kept the address',
    parts: balancing({ nodes: { node1: { acceptance: known({ hasAddress: true, wrong: [] }) } } }),
    severity: 'warning',
    nodes: ['node1'],
    sentence: /^node1 has 192\.168\.0\.237 on lo, where lvsdr-realsvr is not active/,
    fix: /^ip address delete 192\.168\.0\.237\/32 dev lo/,
  },
  {
    id: 'accepts',
    when: 'a server could not be looked at',
    parts: balancing({ nodes: { node2: { acceptance: unknown('ip: exit code 1') } } }),
    severity: 'warning',
    sentence: /^whether node2 accepts 192\.168\.0\.237 is not known: ip: exit code 1$/,
  },
  {
    id: 'acceptor-absent',
    when: 'a standby is no server',
    parts: balancing({
      active: ['node2'],
      nodes: { node3: { acceptance: known({ hasAddress: false, wrong: [] }) } },
    }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^lvsdr-realsvr is not active on node3, a standby: it gets no reads$/,
  },
];

checkRows(t, realServerRules, ROWS);

t.test('with address translation, a server needs nothing', async (t) => {
  const parts = balancing({
    acceptor: null,
    parameters: { forward: 'masq', realserver_dependent_resource: 'pgsql' },
  });
  const found = doctorReport(situation(parts)).entries.filter(
    ({ id, severity }) => realServerRules.some((rule) => rule.id === id) && severity !== 'ok',
  );
  t.strictSame(found, []);
});
