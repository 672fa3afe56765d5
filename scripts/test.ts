/**
 * Runs the tests of one level: `tsx scripts/test.ts LEVEL [FILTER…]`. A filter is a part of a file's path.
 *
 * The last line is `N passed, N failed, N skipped`, the same in numbers is in .test-logs/LEVEL.json, and what each
 * file wrote is in .test-logs/LEVEL/. Fails when a test fails and when none ran.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type TestResult, tapReader } from './tap-lines.ts';

interface LevelOptions {
  readonly parallel: number;
  /** for one file */
  readonly timeoutSeconds: number;
  /** names each test as it runs */
  readonly live: boolean;
  /** runs the executables in dist/ */
  readonly needsBuild: boolean;
}

/** Lines per failed test; all of them are in the log. */
const SHOWN_DETAILS = 50;
const CORES = availableParallelism();
const LEVELS: Readonly<Record<string, LevelOptions>> = {
  unit: { parallel: CORES, timeoutSeconds: 180, live: false, needsBuild: false },
  simulation: { parallel: CORES, timeoutSeconds: 600, live: false, needsBuild: false },
  contract: { parallel: CORES, timeoutSeconds: 300, live: false, needsBuild: true },
  // A cluster mostly waits: two share the cores of a small machine well.
  lab: { parallel: Math.min(2, CORES), timeoutSeconds: 1800, live: true, needsBuild: true },
};
/**
 * They judge how long something took, which a second cluster on the same cores doubles: each of them runs first, with
 * nothing beside it.
 */
const MEASURES_TIME: readonly string[] = ['test/lab/switch-outage.test.ts'];

interface FileResult {
  readonly file: string;
  readonly results: readonly TestResult[];
  readonly seconds: number;
}

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const running = new Set<ChildProcess>();
let stopped = false;
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const secondsSince = (startedMs: number): number => Math.round((performance.now() - startedMs) / 100) / 10;

const titleOf = (result: TestResult): string => result.path.join(' > ');
const count = (results: readonly TestResult[], verdict: TestResult['verdict']): number =>
  results.filter((result) => result.verdict === verdict).length;
const totals = (results: readonly TestResult[]): string =>
  `${count(results, 'passed')} passed, ${count(results, 'failed')} failed, ${count(results, 'skipped')} skipped`;

const findFiles = (level: string, filters: readonly string[]): string[] =>
  readdirSync(join(root, 'test', level), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', level, name))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .sort();

const showResult = (result: TestResult): void => {
  const mark = { passed: 'ok    ', failed: 'FAILED', skipped: 'skip  ' }[result.verdict];
  const time =
    result.timeMs === undefined || result.timeMs < 1000 ? '' : `${(result.timeMs / 1000).toFixed(1)} s`;
  const remarks = [result.reason, time].filter((remark) => remark !== '').join(', ');
  print(`  ${mark} ${titleOf(result)}${remarks === '' ? '' : ` (${remarks})`}`);
};

/** What ended with the file itself rather than with a test in it. */
const fileVerdict = (
  file: string,
  results: readonly TestResult[],
  end: {
    code: number | null;
    signal: string | null;
    timedOut: number | undefined;
    skipAll: string | undefined;
  },
): TestResult | undefined => {
  const failed = (why: string): TestResult => ({
    path: [file],
    verdict: 'failed',
    reason: why,
    timeMs: undefined,
    details: [],
  });
  if (end.timedOut !== undefined) return failed(`not finished after ${end.timedOut} s`);
  if (end.signal !== null) return failed(`ended by ${end.signal}`);
  if (end.code !== 0 && count(results, 'failed') === 0) return failed(`exit code ${end.code}`);
  if (results.length > 0) return undefined;
  return end.skipAll === undefined
    ? failed('no test in it')
    : { path: [file], verdict: 'skipped', reason: end.skipAll, timeMs: undefined, details: [] };
};

const runFile = (level: string, file: string, options: LevelOptions): Promise<FileResult> =>
  new Promise((resolve) => {
    const startedMs = performance.now();
    const log = join(root, '.test-logs', level, `${relative(join('test', level), file)}.tap`);
    mkdirSync(dirname(log), { recursive: true });
    const output = createWriteStream(log);
    // another run may have cleared the folder: no reason to lose this one
    output.on('error', (error) => print(`${log}: ${error.message}`));
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      cwd: root,
      // tap's own limit is for the whole file, 30 s unless told; the one of this runner comes after it
      env: { ...process.env, TAP: '1', TAP_TIMEOUT: String(options.timeoutSeconds) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const results: TestResult[] = [];
    let skipAll: string | undefined;
    let timedOut: number | undefined;
    const limit = options.timeoutSeconds + 30;
    const timer = setTimeout(() => {
      timedOut = limit;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
    }, limit * 1000);
    const reader = tapReader({
      started: (path) => {
        if (options.live && process.stdout.isTTY) print(`  ...    ${path.join(' > ')}`);
      },
      ended: (result) => {
        results.push(result);
        if (options.live) showResult(result);
      },
    });
    let unfinished = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output.write(chunk);
      // not by node:readline, which also ends lines at characters that tests have in their names
      const lines = (unfinished + chunk).split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) {
        skipAll ??= /^1\.\.0(?: # (?:SKIP )?(.*))?$/i.exec(line)?.[1];
        reader.line(line);
      }
    });
    child.stderr.on('data', (chunk) => {
      output.write(chunk);
      if (options.live) process.stderr.write(chunk);
    });
    child.on('error', (error) => output.write(`${error.message}\n`));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      output.end();
      const whole = fileVerdict(file, results, { code, signal, timedOut, skipAll });
      if (whole !== undefined) results.push(whole);
      resolve({ file, results, seconds: secondsSince(startedMs) });
    });
  });

const showFile = ({ file, results, seconds }: FileResult, level: string, live: boolean): void => {
  const failures = results.filter((result) => result.verdict === 'failed');
  print(`${failures.length === 0 ? 'ok    ' : 'FAILED'} ${file} (${totals(results)}, ${seconds} s)`);
  if (!live) for (const skip of results.filter((result) => result.verdict === 'skipped')) showResult(skip);
  for (const failure of failures) {
    if (!live) showResult(failure);
    for (const detail of failure.details.slice(0, SHOWN_DETAILS)) print(`      ${detail}`);
  }
  if (failures.length > 0)
    print(`      all of it: .test-logs/${level}/${relative(join('test', level), file)}.tap`);
};

const runAll = async (
  level: string,
  files: readonly string[],
  options: LevelOptions,
): Promise<FileResult[]> => {
  const done: FileResult[] = [];
  const runEach = async (left: string[]): Promise<void> => {
    for (let file = left.shift(); file !== undefined && !stopped; file = left.shift()) {
      if (options.live) print(`${file}`);
      const result = await runFile(level, file, options);
      showFile(result, level, options.live);
      done.push(result);
    }
  };
  await runEach(files.filter((file) => MEASURES_TIME.includes(file)));
  const others = files.filter((file) => !MEASURES_TIME.includes(file));
  await Promise.all(Array.from({ length: options.parallel }, () => runEach(others)));
  return done.sort((a, b) => a.file.localeCompare(b.file));
};

const summaryOf = (level: string, done: readonly FileResult[], seconds: number): object => {
  const named = (verdict: TestResult['verdict']) =>
    done.flatMap(({ file, results }) =>
      results
        .filter((result) => result.verdict === verdict)
        .map((result) => ({ file, test: titleOf(result), reason: result.reason })),
    );
  const results = done.flatMap((file) => file.results);
  return {
    level,
    passed: count(results, 'passed'),
    failed: count(results, 'failed'),
    skipped: count(results, 'skipped'),
    seconds,
    failures: named('failed'),
    skips: named('skipped'),
  };
};

/** A level that cannot be built is a failure of that level, with a last line and totals like any other. */
const buildFailure = async (): Promise<FileResult | undefined> => {
  try {
    await import('./build.ts');
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    print(`FAILED build\n      ${why}`);
    const result: TestResult = {
      path: ['build'],
      verdict: 'failed',
      reason: why,
      timeMs: undefined,
      details: [],
    };
    return { file: 'scripts/build.ts', results: [result], seconds: 0 };
  }
};

const main = async (): Promise<number> => {
  const [level = '', ...filters] = process.argv.slice(2);
  const options = LEVELS[level];
  if (options === undefined || !existsSync(join(root, 'test', level))) {
    print(`usage: test.ts {${Object.keys(LEVELS).join('|')}} [part of a file name]...`);
    return 100;
  }
  const unknown = MEASURES_TIME.filter((file) => !existsSync(join(root, file)));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')} is to run alone, and is not there`);
  const startedMs = performance.now();
  const totalsFile = join(root, '.test-logs', `${level}.json`);
  // totals of an earlier run must not be taken for those of this one
  rmSync(totalsFile, { force: true });
  rmSync(join(root, '.test-logs', level), { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // the tests that run get the time to take their clusters down
      stopped = true;
      for (const child of running) child.kill(signal);
    });
  }
  const broken = options.needsBuild ? await buildFailure() : undefined;
  const done = broken === undefined ? await runAll(level, findFiles(level, filters), options) : [broken];
  const results = done.flatMap((file) => file.results);
  mkdirSync(dirname(totalsFile), { recursive: true });
  writeFileSync(totalsFile, `${JSON.stringify(summaryOf(level, done, secondsSince(startedMs)), null, 2)}\n`);
  if (results.length === 0) print('no test was found');
  print(totals(results));
  return stopped || results.length === 0 || count(results, 'failed') > 0 ? 1 : 0;
};

process.exitCode = await main();
