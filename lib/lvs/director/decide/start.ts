import { OcfExit } from '../../../../heartbeat-ocf/exit-codes.ts';
import { serviceName } from '../../ipvs/table.ts';
import type { DirectorConfig } from '../config.ts';
import { formatReport } from '../report.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import { again, type Decision, done, reason } from './decision.ts';
import { planServers } from './plan.ts';
import { directorSysctls } from './sysctls.ts';
import { changesOf, reasonsOf, sourceReasons, wishedServices } from './wished.ts';

/** Looks at a cluster that does not answer before the service is started with what is known without it. */
const PATIENT_LOOKS = 10;

/** The whole table is there when start returns: the address that clients read from comes after it. */
export const decideStart = (snapshot: Snapshot, config: DirectorConfig): Decision => {
  const { table, memory, cluster, round } = snapshot;
  if (table.state === 'absent' || table.state === 'toolless')
    return done(OcfExit.INSTALLED, reason('start.no-ipvs', table.reason, 'error'), { memory });
  if (table.state === 'unknown')
    return again(reason('start.table-unknown', table.reason, 'warn'), `the table of IPVS: ${table.reason}`, {
      memory,
    });
  if (!cluster.known && round < PATIENT_LOOKS)
    return again(
      reason('start.cluster-unknown', `the cluster cannot be asked: ${cluster.reason}`, 'warn'),
      'the cluster to answer',
      { memory },
    );
  const plan = planServers(snapshot, config);
  const lines = changesOf(snapshot, wishedServices(plan, config));
  const also = [...sourceReasons(snapshot), ...reasonsOf(plan, config)];
  const after = { ...plan.memory, failures: 0 };
  const names = config.ports.map((port) => serviceName({ vip: config.vip, port })).join(', ');
  if (lines.length > 0) {
    const steps: readonly Step[] = [
      { kind: 'takeSysctls', wished: directorSysctls(config) },
      { kind: 'apply', lines },
    ];
    return again(reason('start.make', `the virtual service ${names} is made`), 'the table of IPVS', {
      memory: after,
      steps,
      also,
    });
  }
  const report = formatReport(plan);
  const steps: readonly Step[] = [
    { kind: 'takeSysctls', wished: directorSysctls(config) },
    ...(config.sync === undefined ? [] : [{ kind: 'sync', role: 'master' } as const]),
    { kind: 'report', text: report },
    { kind: 'follow', isWanted: config.followEvents },
  ];
  return done(OcfExit.SUCCESS, reason('start.done', `the virtual service ${names} is there`), {
    memory: { ...after, report, reportedAtMs: snapshot.uptimeMs },
    steps,
    also,
  });
};
