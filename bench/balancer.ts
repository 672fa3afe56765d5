/** The cost of the director's monitor, with few and with many real servers, and with stubs for what it asks. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from '../lab/index.ts';
import type { BalancerRequest } from './arguments.ts';
import { type BalancerResult, FEW, MANY, renderBalancer, resultOf } from './balancer-report.ts';
import {
  balancerEnvironment,
  crmMonText,
  DESCRIPTIONS,
  hostsText,
  nodesOf,
  SOURCES,
  type Source,
  serversOf,
  tableText,
} from './balancer-scene.ts';
import type { Sample } from './monitor-report.ts';

const WARMUPS = 2;
/** A machine that is busy is no reason to fail. */
const CALL_TIMEOUT_MS = 300_000;

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const AGENT = pathOf('../dist/ocf/lvsdr');

/** What the director calls. Whatever would change the table leaves a trace. */
const stubs = (folder: string): Readonly<Record<string, string>> => ({
  ipvsadm: `case $1 in --save) exec cat ${folder}/table ;; *) cat >>${folder}/changes ;; esac`,
  crm_mon: `exec cat ${folder}/crm_mon.xml`,
  attrd_updater: ':',
  servers: `exec cat ${folder}/names`,
});

const prepare = async (folder: string, source: Source, count: number): Promise<void> => {
  const servers = serversOf(count);
  await mkdir(folder, { recursive: true });
  const texts: Readonly<Record<string, string>> = {
    table: tableText(servers),
    'crm_mon.xml': crmMonText(nodesOf(source, servers)),
    names: servers.map(({ name }) => `${name}\n`).join(''),
    changes: '',
  };
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
  for (const [name, text] of Object.entries(stubs(folder))) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name), 0o755);
  }
};

/** In a place of its own: names that only it knows, and nothing left in /run. */
const APART = [
  ...['--mount', '--propagation', 'private', 'sh', '-ec'],
  'mount -t tmpfs tmpfs /run; mount --bind "$1" /etc/hosts; exec python3 "$2"',
  'sh',
];

const measure = (hosts: string, job: object): Promise<Record<string, Sample[]>> =>
  new Promise((resolve, reject) => {
    const child = execFile('unshare', [...APART, hosts, pathOf('measure.py')], (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout));
      else reject(new LabError(stderr.trim() || error.message));
    });
    child.stdin?.end(JSON.stringify(job));
  });

const measureSource = async (folder: string, source: Source, runs: number): Promise<BalancerResult> => {
  for (const count of [FEW, MANY]) await prepare(join(folder, String(count)), source, count);
  const call = (count: number) => ({
    name: String(count),
    argv: [AGENT, 'monitor'],
    env: balancerEnvironment(join(folder, String(count)), source, serversOf(count)),
    expected: 0,
  });
  const samples = await measure(join(folder, 'hosts'), {
    ...{ warmups: WARMUPS, runs, timeoutMs: CALL_TIMEOUT_MS, directory: folder },
    calls: [call(FEW), call(MANY)],
  });
  for (const count of [FEW, MANY]) {
    const changes = await readFile(join(folder, String(count), 'changes'), 'utf8');
    if (changes !== '') throw new LabError(`The director has changed the table, which was right: ${changes}`);
  }
  return resultOf(source, samples[FEW] ?? [], samples[MANY] ?? []);
};

const load = (): number => loadavg()[0] ?? 0;

/** @returns the exit code: 0 within the limits */
export const benchBalancer = async ({ runs, json }: BalancerRequest): Promise<number> => {
  if (!existsSync(AGENT)) throw new LabError('dist/ocf/lvsdr is missing: run "npm run build" first.');
  const before = load();
  const folder = await mkdtemp(join(tmpdir(), 'pha-bench-'));
  try {
    await writeFile(join(folder, 'hosts'), hostsText(serversOf(MANY)));
    const results: BalancerResult[] = [];
    for (const source of SOURCES) {
      process.stderr.write(`${DESCRIPTIONS[source]}\n`);
      results.push(await measureSource(folder, source, runs));
    }
    const about = { runs, loadAverage: [before, load()] as const };
    process.stdout.write(
      json ? `${JSON.stringify({ ...about, results })}\n` : renderBalancer(results, about),
    );
    return results.every(({ met }) => met) ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
};
