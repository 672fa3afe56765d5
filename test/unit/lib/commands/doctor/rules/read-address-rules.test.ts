import t from 'tap';
import { doctorReport } from '../../../../../../lib/commands/doctor/report.ts';
import { readAddressRules } from '../../../../../../lib/commands/doctor/rules/read-address-rules.ts';
import { balancing, CONSTRAINTS } from '../balancing.ts';
import { situation } from '../builders.ts';
import { checkRows, type Row } from '../row.ts';

const ROWS: readonly Row[] = [
  {
    id: 'balancer-parameters',
    when: 'a parameter cannot be used',
    parts: balancing({ parameters: { virtual_service_options: '-x' } }),
    severity: 'error',
    sentence: /^the definition of lvsdr is wrong: .*virtual_service_options/,
    fix: /^pcs resource update lvsdr /,
  },
  {
    id: 'balancer-advice',
    when: 'weights have no effect',
    parts: balancing({ parameters: { weight_of_realservers: 'node2,3 node3,1' } }),
    severity: 'notice',
    sentence: /^lvsdr: the scheduler rr takes all weights but 0 for the same/,
  },
  {
    id: 'balancer-advice',
    when: 'the lag that is limited is not published',
    parts: balancing({ parameters: { max_lag_seconds: '30' } }),
    severity: 'warning',
    sentence: /^lvsdr has a limit for the lag, and pgsql does not publish it/,
    fix: /^pcs resource update pgsql publish_lag=true$/,
  },
  {
    id: 'balancer-advice',
    when: 'nobody helps when no standby is left',
    parts: balancing({ parameters: { sorry_server: '' } }),
    severity: 'notice',
    sentence: /^lvsdr has no sorry server: reads through 192\.168\.0\.237 are refused/,
    fix: /sorry_server=primary$/,
  },
  {
    id: 'read-address',
    when: 'nothing brings the address',
    parts: balancing({ hasAddress: false }),
    severity: 'error',
    sentence: /^no resource brings 192\.168\.0\.237, the address of lvsdr/,
    fix: /^pcs resource create vip-slave ocf:heartbeat:IPaddr2 ip=192\.168\.0\.237$/,
  },
  {
    id: 'read-address',
    when: 'the two are not kept together',
    parts: balancing({
      constraints: CONSTRAINTS.replace('INFINITY', '100'),
    }),
    severity: 'error',
    sentence: /^nothing keeps lvsdr and vip-slave \(192\.168\.0\.237\) on one node/,
    fix: /^pcs constraint colocation add lvsdr with vip-slave score=INFINITY$/,
  },
  {
    id: 'read-address',
    when: 'the address may come first',
    parts: balancing({ constraints: CONSTRAINTS.replace(/<rsc_order.*/, '') }),
    severity: 'warning',
    sentence: /^vip-slave \(192\.168\.0\.237\) may come before lvsdr/,
    fix: /^pcs constraint order start lvsdr then start vip-slave kind=Optional$/,
  },
  {
    id: 'balancer-monitor',
    when: 'nobody looks',
    parts: balancing({ monitor: '' }),
    severity: 'error',
    sentence: /^lvsdr has no recurring monitor/,
    fix: /^pcs resource op add lvsdr monitor interval=5s timeout=30s$/,
  },
  {
    id: 'balancer-monitor',
    when: 'it is looked at once in a minute',
    parts: balancing({ monitor: '<op id="m" name="monitor" interval="1min" timeout="30s"/>' }),
    severity: 'warning',
    sentence: /^the monitor of lvsdr runs every 60 s/,
  },
  {
    id: 'balancer-monitor',
    when: 'a command may take longer than the monitor',
    parts: balancing({
      parameters: { realserver_check_active_real_server_script: 'check', realserver_script_timeout: '20' },
    }),
    severity: 'warning',
    sentence: /^the monitor of lvsdr has 30 s, and its commands may take twice 20 s/,
    fix: /timeout=80s$/,
  },
  {
    id: 'balancer-monitor',
    when: 'nobody looks at the servers',
    parts: balancing({ acceptorMonitor: '' }),
    severity: 'warning',
    sentence: /^lvsdr-realsvr has no recurring monitor/,
  },
];

checkRows(t, readAddressRules, ROWS);

const GROUP = 'Read balancing';
const findings = (parts: Parameters<typeof situation>[0]) =>
  doctorReport(situation(parts)).entries.filter(
    ({ group, severity }) => group === GROUP && severity !== 'ok',
  );

t.test('as the template has it, nothing is found', async (t) => {
  t.strictSame(findings(balancing()), []);
});

t.test('a group is a place and an order', async (t) => {
  const parts = balancing({ constraints: '' });
  const [lvsdr = '', vip = ''] = ['lvsdr', 'vip-slave'].map(
    (id) => new RegExp(`<primitive id="${id}".*?</primitive>`, 's').exec(parts.resources ?? '')?.[0],
  );
  const rest = (parts.resources ?? '').replace(lvsdr, '').replace(vip, '');
  const grouped = (members: string) =>
    findings({ ...parts, resources: `${rest}<group id="reads">${members}</group>` }).map(({ id }) => id);
  t.strictSame(grouped(lvsdr + vip), []);
  t.strictSame(grouped(vip + lvsdr), ['read-address'], 'in the other order the address comes first');
});

t.test('without a balancer nothing is said of one', async (t) => {
  t.notOk(doctorReport(situation()).entries.some(({ group }) => group === GROUP));
});
