import { sendersNamed } from '../../pgsql/decide/standby-view.ts';
import { stateNames } from '../../pgsql/names.ts';
import { formatLsn } from '../../postgres/lsn.ts';
import type { Sender, StandbyState } from '../../postgres/server-state.ts';
import type { PrimaryReport } from '../database/observe-databases.ts';
import type { Situation } from './situation.ts';

/** One line of the table. What is not known is null, and never zero. */
export interface NodeRow {
  readonly name: string;
  readonly online: boolean;
  readonly role: 'primary' | 'standby' | 'stopped';
  readonly status: string | null;
  readonly dataStatus: string | null;
  /** As Pacemaker holds it: `1000`, `100`, `-INFINITY`. */
  readonly score: string | null;
  readonly timeline: number | null;
  /** End of what is on the node's disk. */
  readonly lsn: string | null;
  /** How far that is behind the primary's. */
  readonly lagBytes: number | null;
  /** How long until a commit is visible to readers there. */
  readonly lagSeconds: number | null;
  readonly failCount: number;
  readonly baseline: string | null;
}

type Position = Pick<NodeRow, 'timeline' | 'lsn' | 'lagBytes' | 'lagSeconds'>;

const UNKNOWN: Position = { timeline: null, lsn: null, lagBytes: null, lagSeconds: null };

export function nodeRows(situation: Situation): readonly NodeRow[] {
  const { facts, resource, mon, promoted, running } = situation;
  const names = stateNames(resource.id);
  return situation.nodes.map((name) => {
    const role = promoted.includes(name) ? 'primary' : running.includes(name) ? 'standby' : 'stopped';
    return {
      name,
      online: facts.online(name),
      role,
      status: facts.status(name) ?? null,
      dataStatus: facts.dataStatus(name) ?? null,
      score: facts.score(name) ?? null,
      ...(role === 'primary'
        ? primaryPosition(situation)
        : role === 'standby'
          ? standbyPosition(situation, name)
          : UNKNOWN),
      failCount: mon.failCounts
        .filter((count) => count.resource === resource.id && count.node === name)
        .reduce((most, { failCount }) => Math.max(most, failCount), 0),
      baseline: facts.transient(name, names.baseline) ?? null,
    };
  });
}

function primaryPosition({ databases: { primary }, promoted }: Situation): Position {
  if (!primary.known || promoted.length > 1) return UNKNOWN;
  return {
    timeline: primary.value.timeline,
    lsn: formatLsn(primary.value.flushed),
    lagBytes: 0,
    lagSeconds: 0,
  };
}

/** The primary's own knowledge of a connected standby comes first: both positions are then of one moment. */
function standbyPosition({ databases: { local, primary }, self }: Situation, name: string): Position {
  const report = primary.known ? primary.value : undefined;
  const sender = sendersNamed(report?.details?.state.senders ?? [], name)[0];
  if (report !== undefined && sender?.flushLsn !== undefined) return asSeenByPrimary(report, sender);
  return name === self && local.known && local.value.inRecovery
    ? asSeenByItself(local.value, report)
    : UNKNOWN;
}

function asSeenByPrimary(report: PrimaryReport, sender: Sender): Position {
  if (sender.flushLsn === undefined) return UNKNOWN;
  const lagBytes = distance(report.flushed, sender.flushLsn);
  const measured = report.details?.activity.replayLagSeconds.get(sender.pid);
  return {
    // A standby that streams is on the primary's timeline; one that catches up may still be on an older one.
    timeline: sender.state === 'streaming' ? report.timeline : null,
    lsn: formatLsn(sender.flushLsn),
    lagBytes,
    // While nothing is written no lag is measured; with everything replayed there is none.
    lagSeconds: measured ?? (sender.replayLsn !== undefined && sender.replayLsn >= report.flushed ? 0 : null),
  };
}

function asSeenByItself(state: StandbyState, report: PrimaryReport | undefined): Position {
  // Without a receiver the server tells only the timeline of its last restart point, which may be an older one.
  const timeline = state.receiver?.receivedTimeline ?? null;
  const { receiveLsn, replayLsn } = state;
  const held =
    receiveLsn === undefined || (replayLsn !== undefined && replayLsn > receiveLsn) ? replayLsn : receiveLsn;
  if (held === undefined) return { ...UNKNOWN, timeline };
  // Positions of two timelines are never compared without their history.
  const comparable = report !== undefined && report.timeline === timeline;
  const lagBytes = comparable ? distance(report.flushed, held) : null;
  return {
    timeline,
    lsn: formatLsn(held),
    lagBytes,
    lagSeconds: lagBytes === 0 && replayLsn === held ? 0 : null,
  };
}

/** Bytes; a standby that flushed more than the primary had when it was asked is not behind. */
const distance = (primary: bigint, standby: bigint): number =>
  standby >= primary ? 0 : Number(primary - standby);
