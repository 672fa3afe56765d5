import { OcfExit } from '../../../../heartbeat-ocf/exit-codes.ts';
import { serviceName } from '../../ipvs/table.ts';
import { type Sysctls, sysctlName } from '../../sysctl-record.ts';
import type { DirectorConfig } from '../config.ts';
import { formatReport, isNews } from '../report.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import { type Decision, done, type Reason, reason } from './decision.ts';
import { planServers } from './plan.ts';
import { changedSysctls } from './sysctls.ts';
import { changesOf, ourServices, reasonsOf, sourceReasons, wishedServices } from './wished.ts';

/** Operations in a row in which the table may refuse to be changed before the resource counts as failed. */
const FAILURES = 3;

/** Tells whether the virtual service is there, and brings the real servers up to date. A probe only tells. */
export const decideMonitor = (snapshot: Snapshot, config: DirectorConfig): Decision => {
  const { table, memory, isProbe } = snapshot;
  if (table.state === 'unknown')
    return done(
      OcfExit.GENERIC,
      reason('monitor.table-unknown', `the table of IPVS cannot be read: ${table.reason}`, 'error'),
      { memory },
    );
  const services = ourServices(snapshot, config);
  if (services.length === 0) {
    const name = serviceName({ vip: config.vip, port: config.ports[0] ?? 0 });
    const why = table.state === 'known' ? `there is no virtual service ${name}` : table.reason;
    return done(OcfExit.NOT_RUNNING, reason('monitor.not-there', why, isProbe ? 'debug' : 'warn'), {
      memory,
    });
  }
  if (table.state === 'toolless')
    return done(
      OcfExit.GENERIC,
      reason('monitor.no-tool', `the table of IPVS cannot be changed: ${table.reason}`, 'error'),
      { memory },
    );
  if (isProbe)
    return done(OcfExit.SUCCESS, reason('monitor.there', 'the virtual service is there', 'debug'), {
      memory,
    });
  const plan = planServers(snapshot, config);
  const lines = changesOf(snapshot, wishedServices(plan, config));
  const report = formatReport(plan);
  const isTold = isNews(report, snapshot.uptimeMs, memory);
  const changed = snapshot.isRegular ? changedSysctls(snapshot.settings, config) : {};
  const isChanged = Object.keys(changed).length > 0;
  const steps: readonly Step[] = [
    ...(lines.length === 0 ? [] : [{ kind: 'apply', lines } as const]),
    ...(isTold ? [{ kind: 'report', text: report } as const] : []),
    ...(snapshot.isRegular ? [{ kind: 'follow', isWanted: config.followEvents } as const] : []),
    ...(isChanged ? [{ kind: 'takeSysctls', wished: changed, isServing: true } as const] : []),
  ];
  const [first, ...also] = [
    ...(isChanged ? [settingsChanged(changed, snapshot)] : []),
    ...sourceReasons(snapshot),
    ...reasonsOf(plan, config),
  ];
  const after = isTold ? { ...plan.memory, report, reportedAtMs: snapshot.uptimeMs } : plan.memory;
  if (memory.failures >= FAILURES)
    return done(
      OcfExit.GENERIC,
      reason(
        'monitor.table-refuses',
        `the table of IPVS could not be changed ${memory.failures} times in a row; see the log`,
        'error',
      ),
      { memory: { ...after, failures: 0 }, steps, also: first === undefined ? [] : [first, ...also] },
    );
  return done(OcfExit.SUCCESS, first ?? reason('servers.none', 'there are no servers', 'warn'), {
    memory: after,
    steps,
    also,
  });
};

const settingsChanged = (changed: Sysctls, { settings }: Snapshot): Reason => {
  const each = Object.entries(changed).map(
    ([name, value]) => `${sysctlName(name)} was ${settings[name]} instead of ${value}`,
  );
  return reason(
    'monitor.settings',
    `${each.join(', ')}: somebody has changed it, and it is set again; correct what changes it, in /etc/sysctl.d`,
    'warn',
  );
};
