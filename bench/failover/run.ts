/** How long each agent leaves a cluster without writes, side by side. */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FailoverRequest } from '../arguments.ts';
import { untilInterrupted } from '../with-lab.ts';
import { ratiosOf, resultsOf, stepsOf } from './figures.ts';
import { limitsOf } from './limits.ts';
import { pageOf } from './page.ts';
import { play } from './play.ts';
import type { Play } from './plays.ts';
import { type Report, renderReport } from './report.ts';

const LOGS = fileURLToPath(new URL('../../.test-logs/failover', import.meta.url));

const progress = (text: string): void =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

/**
 * In turn, so that whatever else the machine does meanwhile falls upon all of them alike. Whoever ends it early gets what
 * has been played until then.
 */
const playAll = async (
  { agents, faults, runs, corosync, name = `bench-${process.pid}` }: FailoverRequest,
  signal: AbortSignal,
): Promise<{ plays: Play[]; failures: string[] }> => {
  const plays: Play[] = [];
  const failures: string[] = [];
  for (let round = 1; round <= runs; round++)
    for (const fault of faults)
      for (const agent of agents) {
        if (signal.aborted) return { plays, failures: [...failures, 'it was ended before all was played'] };
        const title = `${round} of ${runs}, ${fault}, ${agent}`;
        const logs = join(LOGS, `${round}-${fault}-${agent}`);
        try {
          const played = await play({ agent, fault, round, corosync, name, logs });
          plays.push(played);
          const { cameBack, outageMs, lost, marks } = played;
          const told = marks.map(({ kind, atMs }) => `${kind} ${atMs}`).join(', ');
          progress(`${title}: ${cameBack ? outageMs : `not within ${outageMs}`} ms, lost ${lost} (${told})`);
        } catch (error) {
          const failure = error instanceof Error ? error.message : String(error);
          progress(`${title}: FAILED: ${failure}\n  logs: ${logs}`);
          failures.push(`${title}: ${failure.split('\n')[0]}`);
        }
      }
  return { plays, failures };
};

/** @returns the exit code */
export const benchFailover = async (request: FailoverRequest): Promise<number> => {
  const { corosync, json, html } = request;
  const before = loadavg()[0] ?? 0;
  const { plays, failures } = await untilInterrupted((signal) => playAll(request, signal));
  const results = resultsOf(plays);
  const ratios = ratiosOf(results);
  const report: Report = {
    date: new Date().toISOString(),
    corosync,
    machine: { cores: cpus().length, processor: cpus()[0]?.model ?? 'unknown' },
    loadAverage: [before, loadavg()[0] ?? 0],
    results,
    ratios,
    steps: stepsOf(plays),
    limits: limitsOf(results, ratios, corosync),
    failures,
    plays,
  };
  if (html !== undefined) await writeFile(html, pageOf(report));
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : renderReport(report));
  return failures.length === 0 && report.limits.every(({ met }) => met) ? 0 : 1;
};
