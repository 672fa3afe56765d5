import t from 'tap';
import type { DirectorConfig } from '../../../../../lib/lvs/director/config.ts';
import type { Decision } from '../../../../../lib/lvs/director/decide/decision.ts';
import { decideMonitor } from '../../../../../lib/lvs/director/decide/monitor.ts';
import { decideStart } from '../../../../../lib/lvs/director/decide/start.ts';
import { decideStop } from '../../../../../lib/lvs/director/decide/stop.ts';
import { directorSysctls } from '../../../../../lib/lvs/director/decide/sysctls.ts';
import { formatReport } from '../../../../../lib/lvs/director/report.ts';
import type { Snapshot } from '../../../../../lib/lvs/director/snapshot.ts';
import { parseRules } from '../../../../../lib/lvs/ipvs/parse.ts';
import { unknown } from '../../../../../lib/system/fact.ts';
import { aConfig, aSnapshot, plan, type Scene, VIP } from './builders.ts';

const SYNC = { interface: 'eth0', id: 7 };
const SERVED = { node2: 1, node3: 1 };

type Table = Snapshot['table'];
const NO_TABLE: Table = { state: 'known', services: [] };
const ABSENT: Table = { state: 'absent', reason: 'this kernel has no IPVS (module ip_vs)' };
const UNREADABLE: Table = { state: 'unknown', reason: 'ipvsadm: exit code 255' };
const TOOLLESS: Table = {
  state: 'toolless',
  services: [{ vip: '192.0.2.1', port: 5432 }],
  reason: 'ipvsadm is not installed; install the package ipvsadm',
};
const TOOLLESS_SERVED: Table = { ...TOOLLESS, services: [{ vip: VIP, port: 5432 }] };

interface Case {
  readonly title: string;
  readonly decide: (snapshot: Snapshot, config: DirectorConfig) => Decision;
  readonly scene?: Scene;
  readonly snapshot?: Partial<Snapshot>;
  readonly config?: Partial<DirectorConfig>;
  readonly rule: string;
  /** `done 0`, or `again` and what for. */
  readonly outcome: string;
  readonly steps: readonly string[];
}

const cases: readonly Case[] = [
  {
    title: 'start makes the service, and looks whether it is there',
    decide: decideStart,
    snapshot: { table: NO_TABLE },
    rule: 'start.make',
    outcome: 'again the table of IPVS',
    steps: ['takeSysctls', 'apply 3'],
  },
  {
    title: 'start ends when the table is as it should be',
    decide: decideStart,
    scene: { table: SERVED },
    rule: 'start.done',
    outcome: 'done 0',
    steps: ['takeSysctls', 'report', 'follow true'],
  },
  {
    title: 'start tells another director of connections where that is wished',
    decide: decideStart,
    scene: { table: SERVED },
    config: { sync: SYNC, followEvents: false },
    rule: 'start.done',
    outcome: 'done 0',
    steps: ['takeSysctls', 'sync master', 'report', 'follow false'],
  },
  {
    title: 'start mends a service that has been left behind',
    decide: decideStart,
    scene: { table: { node2: 1, '10.0.0.99': 1 } },
    rule: 'start.make',
    outcome: 'again the table of IPVS',
    steps: ['takeSysctls', 'apply 2'],
  },
  {
    title: 'start without IPVS in the kernel',
    decide: decideStart,
    snapshot: { table: ABSENT },
    rule: 'start.no-ipvs',
    outcome: 'done 5',
    steps: [],
  },
  {
    title: 'start with a table that cannot be read',
    decide: decideStart,
    snapshot: { table: UNREADABLE },
    rule: 'start.table-unknown',
    outcome: 'again the table of IPVS: ipvsadm: exit code 255',
    steps: [],
  },
  {
    title: 'start waits for the cluster a while',
    decide: decideStart,
    scene: { cluster: unknown('crm_mon: timed out') },
    snapshot: { table: NO_TABLE, round: 9 },
    rule: 'start.cluster-unknown',
    outcome: 'again the cluster to answer',
    steps: [],
  },
  {
    title: 'start goes on without the cluster',
    decide: decideStart,
    scene: { cluster: unknown('crm_mon: timed out') },
    snapshot: { table: NO_TABLE, round: 10 },
    rule: 'start.make',
    outcome: 'again the table of IPVS',
    steps: ['takeSysctls', 'apply 1'],
  },
  {
    title: 'stop takes the service away, after the process that would change it',
    decide: decideStop,
    scene: { table: SERVED },
    rule: 'stop.remove',
    outcome: 'again the virtual service to be gone',
    steps: ['follow false', 'apply 1'],
  },
  {
    title: 'stop ends when it is gone, and forgets',
    decide: decideStop,
    snapshot: { table: NO_TABLE },
    rule: 'stop.done',
    outcome: 'done 0',
    steps: ['follow false', 'restoreSysctls', 'forget'],
  },
  {
    title: 'stop withdraws what was told',
    decide: decideStop,
    scene: { memory: { report: '{}' } },
    snapshot: { table: NO_TABLE },
    rule: 'stop.done',
    outcome: 'done 0',
    steps: ['follow false', 'report', 'restoreSysctls', 'forget'],
  },
  {
    title: 'stop leaves the kernel listening to the next director',
    decide: decideStop,
    snapshot: { table: NO_TABLE },
    config: { sync: SYNC },
    rule: 'stop.done',
    outcome: 'done 0',
    steps: ['follow false', 'restoreSysctls', 'sync backup', 'forget'],
  },
  {
    title:
      'stop beside the services of another director starts no backup, which would keep those from being served',
    decide: decideStop,
    snapshot: { table: { state: 'known', services: parseRules('-A -t 192.0.2.1:80 -s rr\n') } },
    config: { sync: SYNC },
    rule: 'stop.done',
    outcome: 'done 0',
    steps: ['follow false', 'restoreSysctls', 'forget'],
  },
  {
    title: 'stop without IPVS in the kernel is done',
    decide: decideStop,
    snapshot: { table: ABSENT },
    config: { sync: SYNC },
    rule: 'stop.done',
    outcome: 'done 0',
    steps: ['follow false', 'restoreSysctls', 'forget'],
  },
  {
    title: 'stop with a table that cannot be read looks again',
    decide: decideStop,
    snapshot: { table: UNREADABLE },
    rule: 'stop.table-unknown',
    outcome: 'again the table of IPVS: ipvsadm: exit code 255',
    steps: [],
  },
  {
    title: 'monitor: nothing to change but what was never told',
    decide: decideMonitor,
    scene: { table: SERVED },
    rule: 'server.attribute',
    outcome: 'done 0',
    steps: ['report', 'follow true'],
  },
  {
    title: 'monitor does not tell what it has told',
    decide: decideMonitor,
    scene: { table: SERVED, memory: { report: formatReport(plan({ table: SERVED })) } },
    rule: 'server.attribute',
    outcome: 'done 0',
    steps: ['follow true'],
  },
  {
    title: 'monitor sets again what somebody has changed of the kernel',
    decide: decideMonitor,
    scene: { table: SERVED, memory: { report: formatReport(plan({ table: SERVED })) } },
    snapshot: { settings: { 'net/ipv4/ip_forward': '0', 'net/ipv4/vs/expire_nodest_conn': '1' } },
    rule: 'monitor.settings',
    outcome: 'done 0',
    steps: ['follow true', 'takeSysctls'],
  },
  {
    title: 'monitor brings the servers up to date',
    decide: decideMonitor,
    scene: { table: { node2: 1 } },
    rule: 'server.attribute',
    outcome: 'done 0',
    steps: ['apply 1', 'report', 'follow true'],
  },
  {
    title: 'an update by an event does not look after the process that asked for it',
    decide: decideMonitor,
    scene: { table: { node2: 1 }, isRegular: false },
    rule: 'server.attribute',
    outcome: 'done 0',
    steps: ['apply 1', 'report'],
  },
  {
    title: 'monitor: the service is gone',
    decide: decideMonitor,
    snapshot: { table: NO_TABLE },
    rule: 'monitor.not-there',
    outcome: 'done 7',
    steps: [],
  },
  {
    title: 'monitor: IPVS is gone',
    decide: decideMonitor,
    snapshot: { table: ABSENT },
    rule: 'monitor.not-there',
    outcome: 'done 7',
    steps: [],
  },
  {
    title: 'monitor: the table cannot be read',
    decide: decideMonitor,
    snapshot: { table: UNREADABLE },
    rule: 'monitor.table-unknown',
    outcome: 'done 1',
    steps: [],
  },
  {
    title: 'monitor: the table has refused to be changed three times in a row',
    decide: decideMonitor,
    scene: { table: { node2: 1 }, memory: { failures: 3 } },
    rule: 'monitor.table-refuses',
    outcome: 'done 1',
    steps: ['apply 1', 'report', 'follow true'],
  },
  {
    title: 'a probe changes nothing',
    decide: decideMonitor,
    scene: { table: { node2: 1 } },
    snapshot: { isProbe: true },
    rule: 'monitor.there',
    outcome: 'done 0',
    steps: [],
  },
  {
    title: 'a probe where nothing is',
    decide: decideMonitor,
    snapshot: { isProbe: true, table: ABSENT },
    rule: 'monitor.not-there',
    outcome: 'done 7',
    steps: [],
  },
  {
    title: 'start without ipvsadm',
    decide: decideStart,
    snapshot: { table: TOOLLESS_SERVED },
    rule: 'start.no-ipvs',
    outcome: 'done 5',
    steps: [],
  },
  {
    title: 'stop without ipvsadm, where the kernel has services of others only',
    decide: decideStop,
    snapshot: { table: TOOLLESS },
    config: { sync: SYNC },
    rule: 'stop.done',
    outcome: 'done 0',
    steps: ['follow false', 'restoreSysctls', 'forget'],
  },
  {
    title: 'stop without ipvsadm does not wait for it',
    decide: decideStop,
    snapshot: { table: TOOLLESS_SERVED },
    rule: 'stop.no-tool',
    outcome: 'done 1',
    steps: ['follow false'],
  },
  {
    title: 'a probe without ipvsadm, where the kernel has services of others only',
    decide: decideMonitor,
    snapshot: { isProbe: true, table: TOOLLESS },
    rule: 'monitor.not-there',
    outcome: 'done 7',
    steps: [],
  },
  {
    title: 'monitor without ipvsadm',
    decide: decideMonitor,
    snapshot: { table: TOOLLESS_SERVED },
    rule: 'monitor.no-tool',
    outcome: 'done 1',
    steps: [],
  },
];

const inWords = ({ steps }: Decision): readonly string[] =>
  steps.map((step) => {
    switch (step.kind) {
      case 'apply':
        return `apply ${step.lines.length}`;
      case 'follow':
        return `follow ${step.isWanted}`;
      case 'sync':
        return `sync ${step.role}`;
      default:
        return step.kind;
    }
  });

const outcomeOf = ({ outcome }: Decision): string =>
  outcome.kind === 'done' ? `done ${outcome.code}` : `again ${outcome.waitingFor}`;

for (const { title, decide, scene = {}, snapshot, config: parts = {}, rule, outcome, steps } of cases) {
  t.test(title, async (t) => {
    const config = aConfig(parts);
    const decision = decide({ ...aSnapshot(scene, config), ...snapshot }, config);
    t.equal(decision.reasons[0].rule, rule);
    t.equal(outcomeOf(decision), outcome);
    t.same(inWords(decision), steps);
  });
}

t.test('a failure is shown with its reason, and what is no failure without', async (t) => {
  const config = aConfig();
  const snapshot = aSnapshot({}, config);
  const failed = decideStart({ ...snapshot, table: ABSENT }, config);
  t.match(failed.outcome, { exitReason: 'this kernel has no IPVS (module ip_vs)' });
  const stays = decideStop({ ...snapshot, table: TOOLLESS_SERVED }, config);
  t.match(stays.outcome, {
    exitReason: '192.168.0.237:5432 stays: ipvsadm is not installed; install the package ipvsadm',
  });
  const gone = decideMonitor({ ...snapshot, table: NO_TABLE }, config);
  t.notOk('exitReason' in gone.outcome);
});

t.test('another try after the table refused begins to count anew', async (t) => {
  const config = aConfig();
  const decision = decideMonitor(aSnapshot({ memory: { failures: 3 } }, config), config);
  t.equal(decision.memory.failures, 0);
});

t.test('which settings have changed is said, and no others are touched', async (t) => {
  const config = aConfig();
  const settings = { 'net/ipv4/ip_forward': '1', 'net/ipv4/vs/expire_nodest_conn': '0' };
  const decision = decideMonitor({ ...aSnapshot({ table: SERVED }, config), settings }, config);
  t.match(decision.reasons[0].because, /^net\.ipv4\.vs\.expire_nodest_conn was 0 instead of 1: somebody/);
  t.match(decision.steps.at(-1), { kind: 'takeSysctls', wished: { 'net/ipv4/vs/expire_nodest_conn': '1' } });
});

t.test('kernel settings of a director', async (t) => {
  const always = { 'net/ipv4/vs/expire_nodest_conn': '1' };
  const persistence = { seconds: 60, mask: undefined };
  const scheduling = { scheduler: 'rr', flags: [], persistence };
  t.same(directorSysctls(aConfig()), { 'net/ipv4/ip_forward': '1', ...always });
  t.same(directorSysctls(aConfig({ family: 6 })), always);
  t.same(directorSysctls(aConfig({ family: 6, forward: 'masq' })), {
    'net/ipv6/conf/all/forwarding': '1',
    ...always,
  });
  t.match(directorSysctls(aConfig({ scheduling })), { 'net/ipv4/vs/expire_quiescent_template': '1' });
  t.match(directorSysctls(aConfig({ sync: SYNC })), { 'net/ipv4/vs/backup_only': '1' });
});
