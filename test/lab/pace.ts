/**
 * How fast this machine is now. What agents do in a switch is starting processes; a shared machine starts them at half its
 * pace for minutes, which no load average and no stolen time tells.
 */
import { execa } from 'execa';

/** Of Node.js, beside a lab that runs, on a machine for which the limits hold as they are. */
const START_MS = 100;
const STARTS = 9;

/** @returns in ms, of nine in a row, the one in the middle */
export const nodeStartMs = async (): Promise<number> => {
  const times: number[] = [];
  for (let each = 0; each < STARTS; each += 1) {
    const beginMs = performance.now();
    await execa(process.execPath, ['--eval', '0'], { extendEnv: false });
    times.push(performance.now() - beginMs);
  }
  return times.sort((one, other) => one - other)[Math.floor(STARTS / 2)] ?? 0;
};

/** What a limit becomes on a machine that starts Node.js so slowly; on a fast one it stays. */
export const atPace = (limitMs: number, startMs: number): number =>
  Math.round(limitMs * Math.max(1, startMs / START_MS));
