import { query } from '../../postgres/client.ts';
import { tryRewind } from '../../postgres/rewind.ts';
import { toolSource } from '../../postgres/tool-source.ts';
import { readMark } from '../../postgres/work-area.ts';
import { within } from '../../system/clock.ts';
import { primaryAddress } from '../database/addresses.ts';
import { CommandExit } from '../exit-codes.ts';
import {
  afterTheStart,
  letPacemakerStart,
  type OldFailures,
  startTitle,
  waitForStandby,
} from '../node-data/bring-back.ts';
import { heldBack } from '../node-data/hurdles.ts';
import { releaseNode } from '../node-data/release.ts';
import { type Executor, failure, STEP_DONE, type StepContext, type StepResult } from '../plan.ts';
import type { RepairStep } from './decide.ts';
import type { RepairSnapshot } from './observe.ts';
import { recoverData } from './recover-data.ts';
import { rewindData } from './rewind-data.ts';

export const NAME = 'cls_repair_by_pg_rewind';

const DESCRIPTIONS = {
  release: 'tell the cluster that this node may not take over',
  recover: 'recover the crashed server alone, so that it is shut down cleanly',
  checkpoint: 'make a checkpoint on the primary, by which pg_rewind goes',
  try: 'let pg_rewind try everything without writing',
  wait: 'wait for recovery complete',
} as const;

/** A primary with much to write takes its time. */
const CHECKPOINT_MS = 600_000;

export function repairExecutor(snapshot: RepairSnapshot, timeoutSeconds: number): Executor<RepairStep> {
  const { installation, disk, config, situation } = snapshot;
  const { resource, self } = situation;
  const { pgdata, owner: user, binDirectory } = installation;
  const held = heldBack(snapshot);
  let old: OldFailures = new Set();

  const request = ({ deadline, interrupted }: StepContext) => {
    if (!disk.version.known) throw new Error(disk.version.reason);
    const address = { host: config.primaryHost, port: config.port, user: config.replicationUser };
    const source = toolSource(address, config.primaryConninfoOptions, NAME);
    return { binDirectory, version: disk.version.value, pgdata, user, source, deadline, interrupted };
  };

  const execute = async (step: RepairStep, context: StepContext): Promise<StepResult> => {
    const { deadline, interrupted } = context;
    switch (step.kind) {
      case 'release':
        return releaseNode(resource.id, self, deadline);
      case 'recover': {
        const { binDirectory, version } = request(context);
        const { configFile } = installation;
        return recoverData({ binDirectory, version, pgdata, configFile, user, deadline, interrupted });
      }
      case 'checkpoint': {
        const address = primaryAddress(resource, user);
        if (address === undefined) return failure(CommandExit.ERROR, 'master_ip is not configured');
        const result = await query(address, 'CHECKPOINT', within(deadline, CHECKPOINT_MS), interrupted);
        return result.ok
          ? STEP_DONE
          : failure(CommandExit.ERROR, `CHECKPOINT on ${address.host}: ${result.failure.message}`);
      }
      case 'try': {
        const result = await tryRewind({ ...request(context), onLine: () => {} });
        return result.ok
          ? STEP_DONE
          : failure(
              CommandExit.ERROR,
              `${result.reason}. Nothing was rewound; where that cannot be helped, run cls_rebuild_slave here`,
            );
      }
      case 'rewind':
        return rewindData(request(context), NAME, context);
      case 'start': {
        const result = await letPacemakerStart(resource, self, context, held);
        old = result.old;
        return result;
      }
      case 'wait':
        return waitForStandby(resource, old, timeoutSeconds, context);
    }
  };

  return {
    describe: (step) => {
      if (step.kind === 'start') return startTitle(held);
      return step.kind === 'rewind'
        ? `rewind ${pgdata} to the history of ${step.primary}`
        : DESCRIPTIONS[step.kind];
    },
    execute,
    recover: async (begun, context) => {
      if (readMark(pgdata, user) !== undefined) {
        // The agent refuses the start, and says in crm_mon and cls_status what is to be done.
        await letPacemakerStart(resource, self, context);
        return 'this node stays out of the cluster until cls_rebuild_slave is run here';
      }
      const last = begun.at(-1)?.kind;
      if (last === 'wait' || last === 'start') return afterTheStart(held);
      return last === 'rewind'
        ? `if the data were rewound, ${NAME} once more only starts PostgreSQL`
        : `${begun.some(({ kind }) => kind === 'recover') ? 'nothing was rewound, only crash recovery was begun or done' : 'the data are as they were'}; run ${NAME} again`;
    },
  };
}
