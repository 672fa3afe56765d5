import { isRecordedPrimary } from '../../pgsql/decide/join.ts';
import type { PrimaryHistory } from '../../pgsql/snapshot.ts';
import type { ControlData } from '../../postgres/control-data.ts';
import { describeIncomplete } from '../../postgres/incomplete.ts';
import type { SourceFacts } from '../../postgres/source.ts';
import { formatBytes } from '../cli/text.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Divergence, divergenceOf } from '../node-data/divergence.ts';
import { commonHurdle, heldBack, notInState, primaryOf, refused } from '../node-data/hurdles.ts';
import { describeLoss } from '../node-data/loss.ts';
import type { Verdict } from '../plan.ts';
import type { RepairSnapshot } from './observe.ts';

export type RepairStep =
  /** The cluster knows that this node may not take over. */
  | { readonly kind: 'release' }
  /** Crash recovery, so that the server was shut down cleanly. */
  | { readonly kind: 'recover' }
  /** On the primary. */
  | { readonly kind: 'checkpoint' }
  /** pg_rewind without writing. */
  | { readonly kind: 'try' }
  | { readonly kind: 'rewind'; readonly primary: string }
  | { readonly kind: 'start' }
  | { readonly kind: 'wait' };

const REBUILD = 'run cls_rebuild_slave here, which makes a new copy';

/** Pure. */
export function decideRepair(snapshot: RepairSnapshot): Verdict<RepairStep> {
  const hurdle = commonHurdle(snapshot) ?? serverHurdle(snapshot) ?? dataHurdle(snapshot);
  if (hurdle !== undefined) return hurdle;
  const { disk, primaryHistory, situation, config } = snapshot;
  const { self, facts } = situation;
  const primary = primaryOf(snapshot);
  if (!disk.control.known)
    return notInState(`the control file of ${self}: ${disk.control.reason}; ${REBUILD}`);
  if (!primaryHistory.known)
    return refused(
      CommandExit.ERROR,
      `${primary} could not be asked for its history: ${primaryHistory.reason}`,
    );
  if (facts.unreadable !== undefined)
    return notInState(
      `${facts.unreadable.problem}. Whether ${config.primaryHost} is the recorded primary cannot be told from that; its next monitor puts it right: try again in some seconds`,
    );
  if (!isRecordedPrimary(primaryHistory.value, facts.replInfo)) {
    return refused(
      CommandExit.NO_QUORUM,
      `the server at ${config.primaryHost} is not the primary that the cluster has recorded (${facts.replInfoText}); is the address taken by an old one?`,
    );
  }
  const divergence = divergenceOf(disk.control.value, disk, primaryHistory.value);
  return divergence.kind === 'none'
    ? startOnly(snapshot)
    : planRewind(snapshot, disk.control.value, primaryHistory.value, divergence);
}

function serverHurdle(snapshot: RepairSnapshot): Verdict<never> | undefined {
  const { server, situation } = snapshot;
  if (server.state === 'stopped') return undefined;
  return server.receives
    ? notInState(
        `${situation.self} is healthy: it streams from ${primaryOf(snapshot)}, and there is nothing to repair`,
      )
    : notInState(
        `PostgreSQL runs on ${situation.self} and has not been found to have diverged, so there is nothing to rewind; cls_status tells why it does not stream, and cls_rebuild_slave makes a new copy`,
      );
}

function dataHurdle({
  disk,
  situation,
  installation,
  primaryHistory,
}: RepairSnapshot): Verdict<never> | undefined {
  const { self } = situation;
  if (disk.incomplete !== undefined) {
    return notInState(
      `${describeIncomplete(disk.incomplete.kind)} (marked by ${disk.incomplete.path}) and cannot be rewound any more; ${REBUILD}`,
    );
  }
  if (disk.directory !== 'present')
    return notInState(`${installation.pgdata} of ${self} holds no database; ${REBUILD}`);
  if (!disk.control.known) return undefined;
  const { systemIdentifier, backupStart, endOfBackupRequired, dataChecksums, walLogHints } =
    disk.control.value;
  if (primaryHistory.known && primaryHistory.value.systemIdentifier !== systemIdentifier) {
    return notInState(
      `the database of ${self} is no copy of the primary's (system identifier ${systemIdentifier}, there ${primaryHistory.value.systemIdentifier}); ${REBUILD}`,
    );
  }
  if (backupStart !== undefined || endOfBackupRequired)
    return notInState(`the data of ${self} are a base backup that never became consistent; ${REBUILD}`);
  if (!dataChecksums && !walLogHints) {
    return notInState(
      `pg_rewind needs data checksums or wal_log_hints=on, and ${self} had neither; ${REBUILD}, and set wal_log_hints=on on the primary before the next failover`,
    );
  }
  return undefined;
}

/** Its data fit; only Pacemaker still remembers a failure. */
function startOnly(snapshot: RepairSnapshot): Verdict<RepairStep> {
  const { self } = snapshot.situation;
  const held = heldBack(snapshot);
  return {
    kind: 'plan',
    plan: {
      purpose: `The data of ${self} have not diverged from ${primaryOf(snapshot)}: nothing has to be rewound, and ${self} will be started as its standby.`,
      warnings: heldWarning(held),
      steps: ending(held),
    },
  };
}

function planRewind(
  snapshot: RepairSnapshot,
  control: ControlData,
  primary: PrimaryHistory,
  divergence: Extract<Divergence, { kind: 'diverged' }>,
): Verdict<RepairStep> {
  const { source, config, situation } = snapshot;
  const host = config.primaryHost;
  if (!source.known) {
    return refused(
      CommandExit.ERROR,
      `pg_rewind must log in to ${host} as ${config.replicationUser}, to the database postgres: ${source.reason}`,
    );
  }
  const objection = objectionToLogin(source.value, primary, snapshot);
  if (objection !== undefined) return notInState(objection);
  const tight = wantOfRoom(snapshot, control);
  if (tight !== undefined) return notInState(tight);
  const { self } = situation;
  const held = heldBack(snapshot);
  const isClean = control.state === 'shut down' || control.state === 'shut down in recovery';
  return {
    kind: 'plan',
    plan: {
      purpose: `The data of ${self} will be rewound to the history of ${primaryOf(snapshot)}, and ${self} will be its standby.`,
      warnings: [describeLoss(self, divergence, snapshot.beyondFork), ...heldWarning(held)],
      steps: [
        { kind: 'release' },
        ...(isClean ? [] : [{ kind: 'recover' } as const]),
        ...(source.value.checkpointTimeline === primary.timeline ? [] : [{ kind: 'checkpoint' } as const]),
        { kind: 'try' },
        { kind: 'rewind', primary: primaryOf(snapshot) },
        ...ending(held),
      ],
    },
  };
}

function objectionToLogin(
  source: SourceFacts,
  primary: PrimaryHistory,
  { config, situation }: RepairSnapshot,
): string | undefined {
  const [host, user] = [config.primaryHost, config.replicationUser];
  if (source.inRecovery) return `the server at ${host} is in recovery, and no primary`;
  if (source.forbidden.length > 0) {
    const grants = source.forbidden.map(
      (signature) => `GRANT EXECUTE ON FUNCTION ${signature} TO "${user}";`,
    );
    return `${user} may not read the files of ${host}; as a superuser there, in the database postgres: ${grants.join(' ')}`;
  }
  // Before 16, pg_rewind takes the timeline of the source from its last checkpoint.
  return source.checkpointTimeline !== primary.timeline && !source.mayCheckpoint
    ? `the primary has made no checkpoint since its promotion, and ${user} may not make one; run CHECKPOINT there as a superuser (psql on ${situation.promoted[0]}), then this again`
    : undefined;
}

/** And one segment more, since the standby goes on receiving. */
function wantOfRoom({ walRoom }: RepairSnapshot, { walSegmentBytes }: ControlData): string | undefined {
  if (walRoom === undefined || walRoom.freeBytes >= walRoom.neededBytes + walSegmentBytes) return undefined;
  const needed = formatBytes(walRoom.neededBytes + walSegmentBytes);
  return `pg_rewind brings the primary's WAL, for which ${walRoom.path} needs ${needed}, and ${formatBytes(walRoom.freeBytes)} are free there: it would stop half-way, and the data be useless. Make room first, or ${REBUILD}`;
}

const heldWarning = (held: string | undefined): readonly string[] =>
  held === undefined ? [] : [`PostgreSQL will not be started afterwards, since ${held}`];

const ending = (held: string | undefined): readonly RepairStep[] =>
  held === undefined ? [{ kind: 'start' }, { kind: 'wait' }] : [{ kind: 'start' }];
