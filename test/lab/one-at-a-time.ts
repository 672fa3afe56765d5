/** What writers inside the nodes have seen: whoever was the primary, there was one at a time, and nothing is lost. */
import type { Test } from 'tap';
import { acknowledgingSpans, type LocalWriters, lostAttempts } from '../../lab/client/local-writers.ts';
import type { Lab } from '../../lab/index.ts';

/**
 * Ends the writers.
 *
 * @param nodes who has acknowledged writes, in this order
 * @param primary who must have all of them by now
 */
export const expectOneAtATime = async (
  t: Test,
  lab: Lab,
  writers: LocalWriters,
  nodes: readonly string[],
  primary: string,
): Promise<void> => {
  const attempts = await writers.stop();
  const spans = acknowledgingSpans(attempts);
  t.strictSame(
    spans.map(({ node }) => node),
    nodes,
    'who has acknowledged writes, in this order',
  );
  spans.slice(1).forEach(({ fromMs }, i) => {
    t.ok((spans[i]?.toMs ?? 0) < fromMs, 'the next one began after the one before had ended');
  });
  t.strictSame(await lostAttempts(lab, primary, attempts), [], 'nothing that was acknowledged is lost');
};
