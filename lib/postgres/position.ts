import { formatLsn, type Lsn, type Timeline } from './lsn.ts';

/** A place in the history of a cluster. Places on two timelines can be compared only by their history. */
export interface Position {
  readonly timeline: Timeline;
  readonly lsn: Lsn;
}

/** For messages: `2/0/50001B0`, timeline first. */
export const formatPosition = ({ timeline, lsn }: Position): string => `${timeline}/${formatLsn(lsn)}`;
