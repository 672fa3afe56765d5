import type { Layout } from '../../postgres/layout.ts';
import type { SourceFacts } from '../../postgres/source.ts';
import type { WalContent } from '../../postgres/wal-loss.ts';
import type { Fact } from '../../system/fact.ts';
import type { NodeDataSnapshot } from '../node-data/snapshot.ts';

export interface RebuildOptions {
  /** Name of a standby to copy from. */
  readonly from: string | undefined;
  readonly inPlace: boolean;
  readonly keepOld: boolean;
  /** Also a standby that is healthy. */
  readonly force: boolean;
}

/** What a new copy needs on one file system, and what there is. */
export interface Room {
  /** One of the directories on it. */
  readonly path: string;
  readonly neededBytes: number;
  readonly freeBytes: number;
  /** What the old data there take, where they are removed first. */
  readonly oldBytes: number;
}

/** Where the copy comes from. */
export interface Origin {
  readonly node: string;
  readonly host: string;
  readonly facts: Fact<SourceFacts>;
}

export interface RebuildSnapshot extends NodeDataSnapshot {
  /** What this node's log holds beyond the fork, where pg_waldump can tell. */
  readonly beyondFork: WalContent | undefined;
  readonly origin: Origin;
  /** Undefined where the origin does not tell the sizes. */
  readonly rooms: readonly Room[] | undefined;
  readonly layout: Layout;
  readonly isMountPoint: boolean;
  /** A complete copy of an earlier run is there. */
  readonly hasFresh: boolean;
  /** Where a switch was begun: the copy is in place, and only the mark is left. */
  readonly isSwitched: boolean;
}
