/** All cases of two nodes and an arbiter, or some of them, one after the other on a real cluster. */
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { createLab, type Lab, LabError } from '../../lab/index.ts';
import { arbiterConninfo, lockName } from '../../lab/postgres/arbiter.ts';
import type { TwoNodesRequest } from '../arguments.ts';
import { progress } from '../progress.ts';
import { untilInterrupted } from '../with-lab.ts';
import { ARBITER, type Cast, waitUntilWell } from './at-rest.ts';
import { CASES, type Case, idOf, setsClock } from './cases.ts';
import { pageOf } from './page.ts';
import { LEASE_MS, play } from './play.ts';
import { formatResults, isFault, type Played, parseResults, type Versions } from './results.ts';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const RESULTS = pathOf('results.json');
const PAGE = pathOf('../../docs/two-nodes-lab.md');
const LOGS = pathOf('../../.test-logs/two-nodes');

const PARAMS = {
  enable_distlock: 'true',
  distlock_conninfo: arbiterConninfo(ARBITER),
  distlock_lockname: lockName,
  distlock_lease_seconds: String(LEASE_MS / 1000),
  distlock_timeout_seconds: String(LEASE_MS / 1000 + 3),
};

const firstLine = async (file: string, args: readonly string[]): Promise<string> =>
  /\d[\w.]*/.exec((await execa(file, args)).stdout)?.[0] ?? 'unknown';

/** Of what was measured, not of this benchmark. */
const LAST_CHANGE = ['log', '-1', '--format=%h', '--', 'agents', 'heartbeat-ocf', 'lib'];

const versionsOf = async ({ binDirectory }: Lab): Promise<Versions> => ({
  commit: (await execa('git', LAST_CHANGE, { cwd: pathOf('../..') })).stdout,
  postgres: await firstLine(join(binDirectory, 'postgres'), ['--version']),
  pacemaker: await firstLine('pacemakerd', ['--version']),
  corosync: await firstLine('corosync', ['-v']),
  kernel: (await execa('uname', ['-r'])).stdout,
});

const bringUp = (name: string, clocks: boolean): Promise<Lab> =>
  createLab({ name, clocks, template: 'dual', corosync: 'fast', params: PARAMS, onProgress: progress });

const castAfter = ({ primary, standby }: Cast, played: Played): Cast =>
  played.primary === 'P' ? { primary, standby } : { primary: standby, standby: primary };

/** A case that did not come to its end leaves a lab that nobody can rely upon. */
const playAll = async (
  name: string,
  cases: readonly Case[],
  clocks: boolean,
  keep: (played: Played) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  let lab = await bringUp(name, clocks);
  let cast: Cast | undefined;
  try {
    const versions = await versionsOf(lab);
    for (const [i, each] of cases.entries()) {
      signal.throwIfAborted();
      const beganMs = performance.now();
      const logs = join(
        LOGS,
        idOf(each).replace(/\W+/g, (gap) => (gap.includes('↔') ? '-' : gap.includes('→') ? '-to-' : '_')),
      );
      progress(`${i + 1} of ${cases.length}: ${idOf(each)}`);
      try {
        cast ??= await waitUntilWell(lab);
        const played = await play({ lab, cast, each, versions, progress });
        cast = castAfter(cast, played);
        const { writer, gapMs, primary, repair, lost, overlaps } = played;
        const after = `${primary}${repair === undefined ? '' : `, by ${repair}`}`;
        progress(
          `  ${writer} after ${(gapMs / 1000).toFixed(1)} s, then ${after}; lost ${lost}, overlaps ${overlaps.length}; took ${((performance.now() - beganMs) / 1000).toFixed(0)} s`,
        );
        if (isFault(played) || writer === 'nobody') await lab.collectLogs(logs);
        await keep(played);
      } catch (error) {
        signal.throwIfAborted();
        const failure = error instanceof Error ? error.message : String(error);
        progress(`  FAILED: ${failure}\n  logs: ${logs}`);
        await lab.collectLogs(logs).catch(() => undefined);
        const at = new Date().toISOString().slice(0, 16).replace('T', ' ');
        const numbers = { gapMs: 0, clientGapMs: 0, rows: 0, lost: 0 };
        const unknown = { writer: 'nobody', primary: 'P', ...numbers, overlaps: [] } as const;
        await keep({ id: idOf(each), at, versions, ...unknown, failure: failure.split('\n')[0] ?? '' });
        await lab.down();
        cast = undefined;
        lab = await bringUp(name, clocks);
      }
    }
  } finally {
    await lab.down();
  }
};

/** Whoever reads it meanwhile has all of it. */
const replaceFile = async (path: string, text: string): Promise<void> => {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
};

const readResults = async (): Promise<readonly Played[]> => {
  try {
    return parseResults(await readFile(RESULTS, 'utf8'));
  } catch (error) {
    throw new LabError(
      `${RESULTS} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

/** @returns the exit code: 0 if nothing was lost and never two acknowledged */
export const benchTwoNodes = async ({ only, json, list, write, name }: TwoNodesRequest): Promise<number> => {
  const cases = CASES.filter((each) => only === undefined || only.test(idOf(each)));
  if (list) {
    process.stdout.write(cases.map((each) => `${idOf(each)}\n`).join(''));
    return 0;
  }
  if (cases.length === 0) throw new LabError('No case is called so; --list shows them.');
  const now: Played[] = [];
  const before = existsSync(RESULTS) ? await readResults() : [];
  const keep = async (played: Played): Promise<void> => {
    now.push(played);
    // After each: what was played counts, whatever becomes of the run.
    if (write) await replaceFile(RESULTS, formatResults([...before, ...now]));
  };
  const labName = name ?? `bench-${process.pid}`;
  await untilInterrupted(async (signal) => {
    for (const clocks of [false, true]) {
      const group = cases.filter((each) => setsClock(each) === clocks);
      if (group.length > 0) await playAll(labName, group, clocks, keep, signal);
    }
  }).finally(async () => {
    if (write) await replaceFile(PAGE, pageOf([...before, ...now]));
  });
  const faults = now.filter(isFault);
  process.stdout.write(
    json
      ? `${JSON.stringify(now)}\n`
      : `${now.length} cases, ${faults.length} with a fault${faults.map(({ id }) => `\n  ${id}`).join('')}\n`,
  );
  return faults.length === 0 ? 0 : 1;
};
