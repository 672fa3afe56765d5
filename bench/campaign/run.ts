/** Random faults on a real cluster, one round after the other. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab, LabError } from '../../lab/index.ts';
import type { CampaignRequest } from '../arguments.ts';
import { progress } from '../progress.ts';
import { untilInterrupted } from '../with-lab.ts';
import { giveDisks, releaseDisks } from './disks.ts';
import { nothingPlayed, playRound } from './play.ts';
import { recover } from './recover.ts';
import { faultsOf, isSurvived, type Played, reportOf, reportText } from './report.ts';
import { type Round, roundsFrom, setsClock, storyOf } from './round.ts';
import type { Cast } from './well.ts';

const LOGS = fileURLToPath(new URL('../../.test-logs/campaign', import.meta.url));

/** The machine may be busy with other things. */
const BRING_UP_TRIES = 2;

const takeDown = async (lab: Lab): Promise<void> => {
  await releaseDisks(lab);
  await lab.down();
};

const bringUp = async (name: string, clocks: boolean, tries = BRING_UP_TRIES): Promise<Lab> => {
  try {
    const lab = await createLab({ name, clocks, deadlineMs: 180_000, onProgress: progress });
    try {
      await giveDisks(lab);
      return lab;
    } catch (error) {
      await takeDown(lab);
      throw error;
    }
  } catch (error) {
    if (tries <= 1) throw error;
    progress(`The lab does not come up: ${error instanceof Error ? error.message : String(error)}`);
    return bringUp(name, clocks, tries - 1);
  }
};

const keepLogs = async (lab: Lab, played: Played): Promise<string> => {
  const directory = join(LOGS, String(played.round));
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'round.json'), `${JSON.stringify(played, null, 2)}\n`);
  await lab.collectLogs(directory).catch(() => undefined);
  return directory;
};

const summary = ({ gapMs, acked, lost, help, primary, cast, tookMs, load, isTidied }: Played): string =>
  [
    `  ${(gapMs / 1000).toFixed(1)} s without writes`,
    `${acked} acknowledged, ${lost.length} lost`,
    primary === cast.primary ? `${primary} is still the primary` : `${primary} is the primary`,
    help.length === 0 ? 'by itself' : `by ${help.map(({ command }) => command).join(', ')}`,
    ...(isTidied ? ['then cls_cleanup'] : []),
    `took ${(tookMs / 1000).toFixed(0)} s, load ${load.toFixed(1)}`,
  ].join('; ');

interface Numbered {
  readonly number: number;
  readonly round: Round;
}

interface Campaign {
  readonly name: string;
  readonly keep: (played: Played) => void;
  readonly onRebuilt: () => void;
  readonly signal: AbortSignal;
}

/** A round that does not come to its end leaves a lab that nobody can rely upon. */
const playAll = async (
  { name, keep, onRebuilt, signal }: Campaign,
  rounds: readonly Numbered[],
  clocks: boolean,
): Promise<void> => {
  let lab = await bringUp(name, clocks);
  let cast: Cast | undefined;
  try {
    for (const { number, round } of rounds) {
      signal.throwIfAborted();
      progress(`round ${number}, seed ${round.seed}: ${storyOf(round)}`);
      const beganMs = performance.now();
      try {
        cast ??= (await recover(lab, 0, progress)).cast;
        const { played, cast: after } = await playRound({ lab, number, round, cast, progress });
        cast = after;
        progress(summary(played));
        keep(played);
        if (!isSurvived(played)) {
          progress(`  FAILED: ${faultsOf(played).join('\n  ')}\n  logs: ${await keepLogs(lab, played)}`);
        }
      } catch (error) {
        signal.throwIfAborted();
        const failure = error instanceof Error ? error.message : String(error);
        const tookMs = Math.round(performance.now() - beganMs);
        const played = { ...nothingPlayed({ number, round, cast }), tookMs, failure };
        keep(played);
        progress(`  FAILED: ${failure}\n  logs: ${await keepLogs(lab, played)}`);
        await takeDown(lab);
        cast = undefined;
        lab = await bringUp(name, clocks);
        onRebuilt();
      }
    }
  } finally {
    await takeDown(lab);
  }
};

/** @returns the exit code: 0 if all rounds were survived */
export const benchCampaign = async (request: CampaignRequest): Promise<number> => {
  const { seed, only, json, list, name } = request;
  const rounds = roundsFrom(seed, request.rounds, only).map((round, i) => ({ number: i + 1, round }));
  if (rounds.length === 0) throw new LabError('No round has such a fault; --list shows some.');
  if (list) {
    process.stdout.write(rounds.map(({ round }) => `${round.seed} ${storyOf(round)}\n`).join(''));
    return 0;
  }
  const played: Played[] = [];
  let rebuilt = 0;
  const report = (): void => {
    const result = reportOf(seed, played, rebuilt);
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : reportText(result));
  };
  try {
    await untilInterrupted(async (signal) => {
      const campaign: Campaign = {
        name: name ?? `bench-${process.pid}`,
        keep: (each) => void played.push(each),
        onRebuilt: () => {
          rebuilt += 1;
        },
        signal,
      };
      for (const clocks of [false, true]) {
        const group = rounds.filter(({ round }) => setsClock(round) === clocks);
        if (group.length > 0) await playAll(campaign, group, clocks);
      }
    });
  } finally {
    // What was played counts, whatever becomes of the run.
    if (played.length > 0) report();
  }
  return played.every(isSurvived) ? 0 : 1;
};
