/** One round, from a cluster that is well to one that is well again. */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { lostAttempts, startLocalWriters } from '../../lab/client/local-writers.ts';
import type { Lab } from '../../lab/index.ts';
import { overlapsOf } from '../terms.ts';
import { describe } from './faults.ts';
import { inflict, type Scene } from './inflict.ts';
import { recover } from './recover.ts';
import type { Played } from './report.ts';
import { idOf, type Round, storyOf, type Timed } from './round.ts';
import { superviseUntil } from './supervise.ts';
import type { Cast } from './well.ts';

const WRITES_MS = 60_000;
const CLIENT_PAUSE_MS = 20;
/** Of the writers inside the nodes; each attempt is a psql. */
const PAUSE_SECONDS = 0.3;
/** More than one for each fault counts against the round, and is run all the same, to see what it takes. */
const SPARE_COMMANDS = 2;

export interface Play {
  readonly lab: Lab;
  /** from 1 */
  readonly number: number;
  readonly round: Round;
  readonly cast: Cast;
  readonly progress: (text: string) => void;
}

/** What is known of a round before it begins, and stays if it does not come to its end. */
export const nothingPlayed = ({
  number,
  round,
  cast,
}: Pick<Play, 'number' | 'round'> & { readonly cast: Cast | undefined }): Played => ({
  round: number,
  seed: round.seed,
  id: idOf(round),
  story: storyOf(round),
  at: new Date().toISOString().slice(0, 19).replace('T', ' '),
  cast: cast ?? {},
  primary: '',
  gapMs: 0,
  wellAfterMs: 0,
  acked: 0,
  lost: [],
  overlaps: [],
  help: [],
  isTidied: false,
  restarted: [],
  load: loadavg()[0] ?? 0,
  tookMs: 0,
});

const inflictAll = async (
  scene: Scene,
  faults: readonly Timed[],
  progress: (text: string) => void,
): Promise<void> => {
  const all = faults.map(async ({ fault, afterMs }) => {
    await sleep(afterMs);
    progress(`  ${describe(fault)}: ${scene.cast[fault.place]}`);
    if (!(await inflict(scene, fault))) progress(`  ${describe(fault)}: there was nothing to do it to`);
  });
  // Also if one goes wrong, the other one comes to its end.
  for (const result of await Promise.allSettled(all)) if (result.status === 'rejected') throw result.reason;
};

/** @throws Error if the cluster does not become well again, or if the lab cannot do what the round wants */
export const playRound = async (play: Play): Promise<{ played: Played; cast: Cast }> => {
  const { lab, round, cast, progress } = play;
  const beganMs = performance.now();
  const before = nothingPlayed(play);
  const restarted: string[] = [];
  const over = new AbortController();
  const supervision = superviseUntil(lab, over.signal, (node) => {
    progress(`  Pacemaker had failed on ${node}, and is started again as by systemd`);
    restarted.push(node);
  });
  const client = await lab.client({ pauseMs: CLIENT_PAUSE_MS });
  try {
    const writers = await startLocalWriters(lab, cast.primary, PAUSE_SECONDS);
    await writers.waitForRows(cast.primary, 3);
    await inflictAll({ lab, cast, writers }, round.faults, progress);
    const recovery = await recover(lab, round.faults.length + SPARE_COMMANDS, progress);
    await client.waitForWrites(10, WRITES_MS);
    const [attempts, report] = [await writers.stop(), await client.stop()];
    const lost = await lostAttempts(lab, recovery.cast.primary, attempts);
    const played: Played = {
      ...before,
      primary: recovery.cast.primary,
      gapMs: report.longestGapMs,
      wellAfterMs: recovery.tookMs,
      acked: report.acked + attempts.filter(({ acknowledged }) => acknowledged).length,
      lost: [
        ...lost,
        ...Array.from({ length: report.lost }, (_, i) => `client ${report.lostAttempts[i] ?? '…'}`),
      ],
      overlaps: overlapsOf(attempts),
      help: recovery.help.map(({ command, node, why, exitCode }) => ({ command, node, why, exitCode })),
      isTidied: recovery.isTidied,
      restarted,
      load: loadavg()[0] ?? 0,
      tookMs: Math.round(performance.now() - beganMs),
    };
    return { played, cast: recovery.cast };
  } catch (error) {
    client.stop().catch(() => undefined);
    throw error;
  } finally {
    over.abort();
    await supervision;
  }
};
