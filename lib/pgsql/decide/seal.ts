import type { StandbyState } from '../../postgres/server-state.ts';
import type { ReplicationSettings } from '../../postgres/settings.ts';
import { type ClusterFacts, clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { DataStatus } from '../names.ts';
import { replicationSettings, sealedSettings } from '../replication.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import { livePrimary } from './context.ts';
import { type Reason, reason } from './decision.ts';
import { isRecordedPrimary } from './join.ts';

/*
 * A marked standby that makes way in an election for one that holds more takes its word back with it: what it acknowledges
 * from now on, the other one lacks. The lost primary may still run, cut off from Corosync alone, and PostgreSQL starts a WAL
 * receiver again that was ended. So first this node receives nothing any more (it seals itself), then it says so, and only
 * then another node may be promoted on its word (candidate.ts).
 */

/** Nothing can be received, and what has been received is final. */
export const isSealed = (state: StandbyState): boolean => hasNoAddress(state) && state.receiver === undefined;

const hasNoAddress = ({ settings }: StandbyState): boolean => settings.primaryConninfo === '';

/** Before 13 primary_conninfo is not read again; and who may not see it cannot tell. */
export const canBeSealed = ({ version, settings }: StandbyState): boolean =>
  version.major >= 13 && settings.primaryConninfo !== undefined;

/**
 * So does a standby that sees another one promoted while the lost primary may run on: its node has left the cluster, and its address takes
 * connections, since it is frozen, or Corosync alone has ended there. A receiver that is only ended is back half a second later, or waits
 * for the thaw, and what it gets then lies beyond the place where the candidate leaves the timeline, so that this node would have to be
 * rewound as well. Where nobody has the address it follows the next primary the sooner.
 */
export const sealsBeforePromotion = (
  { self, isAddressTaken }: Snapshot,
  facts: ClusterFacts,
  state: StandbyState,
  candidate: string,
): boolean => {
  const lost = facts.replInfo?.node;
  return (
    isAddressTaken === true &&
    candidate !== self &&
    lost !== undefined &&
    lost !== candidate &&
    !facts.online(lost) &&
    canBeSealed(state)
  );
};

/** What is left to do until this node is sealed; PostgreSQL ends the WAL receiver itself. */
export const sealSteps = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  state: StandbyState,
  pid: number,
): readonly Step[] =>
  hasNoAddress(state)
    ? []
    : [
        {
          kind: 'configure',
          settings: sealedSettings(replicationSettings(config, snapshot.self, { kind: 'none' })),
          standby: true,
        },
        { kind: 'reload', pid },
      ];

/** Whoever is about to be promoted on the word of a sealed node counts on it, also when this node is started anew meanwhile. */
export const settingsAtStart = (
  { self, disk, cluster, names }: Snapshot,
  config: PgsqlConfig,
): ReplicationSettings => {
  const settings = replicationSettings(config, self, { kind: 'none' });
  if (!disk.isSealed) return settings;
  const facts = cluster.known ? clusterFacts(cluster.value, names) : undefined;
  const primary = facts && livePrimary(facts);
  return primary !== undefined && primary === facts?.replInfo?.node ? settings : sealedSettings(settings);
};

/**
 * A sealed node receives again when there is a primary. Someone may be about to be promoted on its word at this very moment:
 * so first the cluster records that this node may not take over, which makes any promotion start over that was decided
 * before (record.ts), and a majority confirms that nobody else has been promoted. The primary marks it anew.
 *
 * Not before that primary itself answers at its address: an old one that nobody could stop may still have the address, too,
 * and would take up where it was. Once this node has followed the new timeline, the old one has nothing for it any more.
 * Where nobody can be asked (a way of authentication that the agent does not know), some monitors must do.
 */
export const planToUnseal = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: StandbyState,
): { readonly reasons: readonly Reason[]; readonly steps: readonly Step[] } | undefined => {
  const { self, server, primaryHistory, memory } = snapshot;
  const primary = livePrimary(facts);
  if (!hasNoAddress(state) || server.state !== 'running') return undefined;
  const recorded = facts.replInfo;
  if (primary === undefined || primary === self || primary !== recorded?.node) return undefined;
  const answers = primaryHistory.known && isRecordedPrimary(primaryHistory.value, recorded);
  const cannotBeAsked = !primaryHistory.known && memory.withoutPrimary.count >= config.checkCount;
  if (!answers && !cannotBeAsked)
    return {
      reasons: [
        reason(
          'seal.wait',
          `${self} has stopped receiving in an election until ${primary} answers at its address: ${primaryHistory.known ? `another one does, on timeline ${primaryHistory.value.timeline}` : primaryHistory.reason}`,
          'warn',
        ),
      ],
      steps: [],
    };
  const dataStatus = facts.dataStatus(self) === DataStatus.sync ? { [self]: DataStatus.disconnect } : {};
  return {
    reasons: [reason('seal.open', `${self} has stopped receiving in an election; it follows ${primary} now`)],
    steps: [
      // The next election may bear the same name, and this node does not stand by what it said in the last one.
      { kind: 'announce', note: undefined },
      ...(Object.keys(dataStatus).length > 0 ? [{ kind: 'record', dataStatus } as const] : []),
      { kind: 'confirm', dataStatus, notSync: [self], replInfo: recorded, byNodes: true },
      {
        kind: 'configure',
        settings: replicationSettings(config, self, { kind: 'none' }),
        standby: true,
      },
      { kind: 'reload', pid: server.pid },
    ],
  };
};
