/** What the agent of a node has logged, as events that a test can wait for. */
import type { Lab } from '../../lab/index.ts';

/** Oldest first. */
export const agentLog = async (lab: Lab, node: string): Promise<string[]> => {
  const { stdout } = await lab.exec(node, ['grep', '-F', 'pgsql(pgsql', '/var/log/pacemaker/pacemaker.log'], {
    allowFailure: true,
  });
  return stdout.split('\n').flatMap((line) => /\b(?:INFO|WARNING|ERROR): (.*)$/.exec(line)?.[1] ?? []);
};

/** A rule that holds on is logged once, and again when it holds anew. */
export const sentencesOf = async (lab: Lab, node: string, rule: string): Promise<string[]> =>
  (await agentLog(lab, node)).filter((line) => line.includes(`[${rule}]`));

/**
 * Waits until the agent of a node logs a rule.
 * @param known how many of its sentences were there before
 */
export const waitForRule = async (
  lab: Lab,
  node: string,
  rule: string,
  deadlineMs: number,
  known = 0,
): Promise<string> => {
  let newest = '';
  await lab.waitUntil(
    `the agent of ${node} to log [${rule}]`,
    async () => {
      const sentences = await sentencesOf(lab, node, rule);
      newest = sentences.at(-1) ?? '';
      return sentences.length > known;
    },
    deadlineMs,
  );
  return newest;
};
