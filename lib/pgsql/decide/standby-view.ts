import type { Sender } from '../../postgres/server-state.ts';
import { DataStatus } from '../names.ts';

/** A standby as its primary sees it. */
export interface Standby {
  readonly name: string;
  /** a member of the cluster; one outside may be waited for, but can never take over */
  readonly inCluster: boolean;
  readonly online: boolean;
  /** about to be stopped, by what Pacemaker has announced */
  readonly leaving: boolean;
  /** its node is in standby mode or shuts down: Pacemaker stops it when it gets to that, and announces it then */
  readonly departs: boolean;
  readonly sender: Sender | undefined;
  /** where the others stream to that call themselves the same, such as a copy of the node with its settings */
  readonly namesakes: readonly string[];
  /** its agent is not let in, so that nobody could promote it: see refusal.ts */
  readonly refusesAgent: boolean;
  /** it is to take over in a planned switch: see hand-over.ts */
  readonly isSuccessor: boolean;
  /** `<rsc>-data-status` */
  readonly dataStatus: string | undefined;
}

/** PostgreSQL compares the names in synchronous_standby_names without case. */
export const sendersNamed = (senders: readonly Sender[], name: string): readonly Sender[] =>
  senders.filter((sender) => sender.applicationName?.toLowerCase() === name.toLowerCase());

/** The addresses that connections of one name stream to, if they are more than one. */
export const namesakesOf = (senders: readonly Sender[]): readonly string[] => {
  const streaming = senders.filter((sender) => sender.state === 'streaming');
  const addresses = [...new Set(streaming.map((sender) => sender.clientAddr ?? 'the Unix socket'))];
  return addresses.length > 1 ? addresses.sort() : [];
};

/**
 * Whose flush a commit waited for cannot be told when two servers call themselves the same: PostgreSQL takes the first
 * that answers. A standby that reconnected from its own address is not meant.
 */
export const isOneServer = (s: Standby): boolean => s.namesakes.length === 0;

export const isStreaming = (s: Standby): boolean => s.sender?.state === 'streaming';

/** What `<rsc>-data-status` says of a standby. Only a marked node is ever `STREAMING|SYNC`. */
export const dataStatusOf = (s: Standby, marked: readonly string[], waitedFor: readonly string[]): string => {
  if (marked.includes(s.name)) return DataStatus.sync;
  const { sender } = s;
  if (sender === undefined) return DataStatus.disconnect;
  if (sender.state !== 'streaming')
    return `${sender.state ?? 'unknown'}|${sender.syncState ?? 'async'}`.toUpperCase();
  if (waitedFor.includes(s.name) || sender.syncState === 'potential') return DataStatus.potential;
  return sender.syncState === 'quorum' ? DataStatus.quorum : DataStatus.async;
};

export const describeSender = (s: Standby): string => {
  if (s.sender === undefined) return 'not connected';
  if (s.namesakes.length > 0) return `streaming to ${s.namesakes.join(' and ')} under one application_name`;
  if (s.leaving) return 'is being stopped';
  if (s.departs) return 'its node is in standby mode or shuts down';
  return s.sender.state === 'streaming' ? 'streaming' : `state ${s.sender.state ?? 'unknown'}`;
};
