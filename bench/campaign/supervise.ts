/**
 * What systemd does on a real machine: nodes of the lab have none. By Debian's units pacemakerd is started again a second after
 * it has failed, and Corosync with it; Corosync alone is not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../lab/index.ts';

const RESTARTED = 7;

/** On a node that has just booted, the first start is not over before there is the file. */
const script = `
  [ -e /run/pha-lab/pacemakerd.pid ] || exit 0
  if pgrep --exact --runstates R,S,D,I,T,t pacemakerd >/dev/null; then exit 0; fi
  sleep 1
  cluster-stack start
  exit ${RESTARTED}`;

const EVERY_MS = 1_000;

/** @param onRestart called with the name of each node whose Pacemaker was started again */
export const superviseUntil = async (
  lab: Lab,
  signal: AbortSignal,
  onRestart: (node: string) => void,
): Promise<void> => {
  const watch = async (node: string): Promise<void> => {
    while (!signal.aborted) {
      // A node that is off, or frozen in this moment, has no systemd either.
      const result = await lab
        .exec(node, ['sh', '-c', script], { allowFailure: true, timeoutMs: 20_000 })
        .catch(() => undefined);
      if (result?.exitCode === RESTARTED) onRestart(node);
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all(lab.options.nodeNames.map(watch));
};
