import { OcfExit } from '../../../../heartbeat-ocf/exit-codes.ts';
import { removal } from '../../ipvs/difference.ts';
import { serviceName } from '../../ipvs/table.ts';
import type { DirectorConfig } from '../config.ts';
import { EMPTY_MEMORY } from '../memory.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import { again, type Decision, done, reason } from './decision.ts';
import { ourServices } from './wished.ts';

/** Takes our services away, and nothing else, and puts the kernel's settings back. */
export const decideStop = (snapshot: Snapshot, config: DirectorConfig): Decision => {
  const { table, memory } = snapshot;
  const unfollow: Step = { kind: 'follow', isWanted: false };
  if (table.state === 'unknown')
    return again(reason('stop.table-unknown', table.reason, 'warn'), `the table of IPVS: ${table.reason}`, {
      memory,
    });
  const services = ourServices(snapshot, config);
  const [first] = services;
  // Waiting would not bring the program.
  if (table.state === 'toolless' && first !== undefined)
    return done(
      OcfExit.GENERIC,
      reason('stop.no-tool', `${serviceName(first)} stays: ${table.reason}`, 'error'),
      { memory, steps: [unfollow] },
    );
  if (table.state === 'known' && services.length > 0)
    return again(
      reason('stop.remove', 'the virtual service is taken away'),
      'the virtual service to be gone',
      {
        memory,
        steps: [unfollow, { kind: 'apply', lines: removal(table.services, services) }],
      },
    );
  return done(OcfExit.SUCCESS, reason('stop.done', 'there is no virtual service of ours'), {
    memory: EMPTY_MEMORY,
    steps: [
      unfollow,
      // What this node has told of its servers holds no longer.
      ...(memory.report === '' ? [] : [{ kind: 'report', text: '' } as const]),
      { kind: 'restoreSysctls' },
      // Beside the services of another director a backup would keep the kernel from serving them (backup_only).
      ...(config.sync === undefined || table.state !== 'known' || table.services.length > 0
        ? []
        : [{ kind: 'sync', role: 'backup' } as const]),
      { kind: 'forget' },
    ],
  });
};
