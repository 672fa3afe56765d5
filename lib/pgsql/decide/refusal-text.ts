import type { QueryFailure } from '../../postgres/failure.ts';
import type { Snapshot } from '../snapshot.ts';

/** A free connection may be there again in a moment, and each change of a score has Pacemaker plan anew. */
const LASTING = 2;

/** So many monitors in a row have been refused that it is told. */
export const isLasting = ({ memory }: Snapshot): boolean => (memory.refusals ?? 0) >= LASTING;

const LONGEST = 100;

/**
 * `<rsc>-refuses-agent`: the SQLSTATE and PostgreSQL's own words. While the SQLSTATE stays the same, what was published is kept: the
 * words may hold what is another in each moment, and each write to the CIB aborts a transition.
 */
export const refusalText = (
  { sqlState = 'XXXXX', message }: QueryFailure,
  published: string | undefined,
): string =>
  published?.startsWith(`${sqlState} `)
    ? published
    : [...`${sqlState} ${message}`.replace(/\p{Cc}/gu, ' ')].slice(0, LONGEST).join('');
