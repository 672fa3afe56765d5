/**
 * What one recurring monitor costs: ocf:pha:pgsql and ocf:heartbeat:pgsql, called in turn by hand on the same running
 * cluster, with the environment that Pacemaker would give them.
 *
 * Both keep the same attributes, with the same values once nothing changes, so neither finds anything to write; that
 * is checked. Of the settings files, which each writes in its own way, heartbeat's agent gets copies.
 */
import { readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Lab, LabError, promotedNode } from '../lab/index.ts';
import type { MonitorRequest } from './arguments.ts';
import { atRest, unchanged } from './cluster-at-rest.ts';
import { monitorEnvironment, nodeListOf, type Resource, type Role, readResource } from './monitor-call.ts';
import {
  AGENTS,
  type AgentName,
  type Comparison,
  compare,
  costOf,
  limitsOf,
  type Report,
  type Result,
  renderReport,
  type Sample,
} from './monitor-report.ts';
import { countProcessStarts, type ProcessStarts, TRACE_COMMAND } from './process-starts.ts';
import { withLab } from './with-lab.ts';

const RESOURCE = 'pgsql';
const LONG_LIST = 9;
const WARMUPS = 3;
const COUNTED = 3;
const CALL_TIMEOUT_MS = 60_000;
const HEARTBEATS_DIRECTORY = '/var/lib/pgsql/bench-heartbeat';
const TRACE_FILE = `${HEARTBEATS_DIRECTORY}/trace`;

/** Exit codes of a healthy monitor (OCF). */
const EXPECTED: Readonly<Record<Role, number>> = { primary: 8, standby: 0 };

interface Call {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly expected: number;
}

/** Where and what is called. */
interface Situation {
  readonly lab: Lab;
  readonly resource: Resource;
  readonly role: Role;
  readonly node: string;
  readonly nodeList: readonly string[];
  readonly signal: AbortSignal;
}

const progress = (text: string): void => void process.stderr.write(`${text}\n`);

const helper = join(fileURLToPath(new URL('.', import.meta.url)), 'measure.py');

const callHelper = async (
  { lab, node, signal }: Situation,
  job: { readonly warmups: number; readonly runs: number; readonly calls: readonly Call[] },
): Promise<Record<string, Sample[]>> => {
  signal.throwIfAborted();
  const input = JSON.stringify({ ...job, timeoutMs: CALL_TIMEOUT_MS, directory: '/var/lib/pacemaker/cores' });
  const calls = (job.warmups + job.runs) * job.calls.length;
  const { stdout } = await lab.exec(node, ['python3', '-c', await readFile(helper, 'utf8')], {
    input,
    timeoutMs: (calls + 1) * CALL_TIMEOUT_MS,
  });
  return JSON.parse(stdout);
};

/** heartbeat's agent makes its settings files, and the lines that include them, in places of its own. */
const heartbeatsParams = { tmpdir: HEARTBEATS_DIRECTORY, config: `${HEARTBEATS_DIRECTORY}/postgresql.conf` };

const configOf = ({ params }: Resource): string => params.config || `${params.pgdata}/postgresql.conf`;

const callOf = ({ resource, role, node, nodeList }: Situation, agent: AgentName): Call => ({
  name: agent,
  argv: [`/usr/lib/ocf/resource.d/${agent}/pgsql`, 'monitor'],
  env: monitorEnvironment(resource, {
    provider: agent,
    node,
    role,
    params: { node_list: nodeList.join(' '), ...(agent === 'heartbeat' ? heartbeatsParams : {}) },
  }),
  expected: EXPECTED[role],
});

const traceOnce = async (situation: Situation, agent: AgentName): Promise<ProcessStarts> => {
  const call = callOf(situation, agent);
  const traced = { ...call, argv: [...TRACE_COMMAND, TRACE_FILE, ...call.argv] };
  await callHelper(situation, { warmups: 0, runs: 1, calls: [traced] });
  const { lab, node } = situation;
  const starts = countProcessStarts((await lab.exec(node, ['cat', TRACE_FILE])).stdout);
  await lab.exec(node, ['rm', TRACE_FILE]);
  if (starts.writes.length === 0) return starts;
  throw new LabError(
    `${node}: a monitor of ocf:${agent}:pgsql wrote to the cluster: ${starts.writes.join('; ')}.`,
  );
};

const countOf = async (situation: Situation, agent: AgentName): Promise<number[]> => {
  const counts: ProcessStarts[] = [];
  for (let index = 0; index < COUNTED; index++) counts.push(await traceOnce(situation, agent));
  const shown = Object.entries(counts[0]?.programs ?? {})
    .sort(([, left], [, right]) => right - left)
    .map(([program, count]) => `${count} ${program}`);
  progress(`    ocf:${agent}:pgsql starts ${shown.join(', ')}`);
  return counts.map(({ count }) => count);
};

const measure = async (situation: Situation, runs: number): Promise<Comparison> => {
  const { lab, node, role, nodeList, resource } = situation;
  progress(`  ${role} ${node}, ${nodeList.length} names in node_list`);
  const calls = AGENTS.map((agent) => callOf(situation, agent));
  // The first calls may write what only they find missing.
  await callHelper(situation, { warmups: WARMUPS, runs: 0, calls });
  const files = [
    configOf(resource),
    heartbeatsParams.config,
    ...[resource.params.tmpdir, HEARTBEATS_DIRECTORY].map((directory) => `${directory}/rep_mode.conf`),
  ];
  const { samples, counts } = await unchanged(lab, node, files, async () => ({
    samples: await callHelper(situation, { warmups: 0, runs, calls }),
    counts: { pha: await countOf(situation, 'pha'), heartbeat: await countOf(situation, 'heartbeat') },
  }));
  return compare(node, {
    pha: costOf(samples.pha ?? [], counts.pha),
    heartbeat: costOf(samples.heartbeat ?? [], counts.heartbeat),
  });
};

/** The node whose attributes say that commits wait for it; heartbeat's agent reads who that is from its own file. */
const waitForSync = async (lab: Lab): Promise<{ primary: string; standby: string }> => {
  const find = (attributes: Readonly<Record<string, Readonly<Record<string, string>>>>): string | undefined =>
    Object.entries(attributes).find(([, values]) => values[`${RESOURCE}-status`] === 'HS:sync')?.[0];
  const settled = await lab.waitFor(
    'one standby to be synchronous, and the status of all others to be told',
    ({ attributes }) =>
      find(attributes) !== undefined &&
      lab.nodes.every(({ name }) =>
        /^(PRI|HS:(sync|async|potential))$/.test(attributes[name]?.[`${RESOURCE}-status`] ?? ''),
      ),
    60_000,
  );
  const primary = promotedNode(settled, RESOURCE);
  const standby = find(settled.attributes);
  if (primary === undefined || standby === undefined)
    throw new LabError(`The lab "${lab.name}" has no primary with a synchronous standby.`);
  return { primary, standby };
};

const PREPARE = `set -e
install -d -m 700 -o postgres -g postgres "$1"
install -m 600 -o postgres -g postgres "$2" "$1/postgresql.conf"
printf "synchronous_standby_names = '\\"%s\\"'\\n" "$3" >"$1/rep_mode.conf"
chown postgres:postgres "$1/rep_mode.conf"`;

/** heartbeat's agent as it is after weeks: its settings file names the synchronous standby. */
const withHeartbeatsFiles = async <T>(
  lab: Lab,
  config: string,
  standby: string,
  nodes: readonly string[],
  use: () => Promise<T>,
): Promise<T> => {
  const everywhere = (argv: readonly string[]): Promise<unknown> =>
    Promise.all(nodes.map((node) => lab.exec(node, argv)));
  try {
    await everywhere(['sh', '-c', PREPARE, 'sh', HEARTBEATS_DIRECTORY, config, standby.toLowerCase()]);
    return await use();
  } finally {
    await everywhere(['rm', '-rf', HEARTBEATS_DIRECTORY]);
  }
};

const measureAll = async (lab: Lab, runs: number, signal: AbortSignal): Promise<Result[]> => {
  await lab.waitHealthy(60_000);
  const { primary, standby } = await waitForSync(lab);
  const { stdout: cib } = await lab.exec(primary, ['cibadmin', '--query', '--local']);
  const resource = readResource(cib, RESOURCE);
  return atRest(lab, primary, () =>
    withHeartbeatsFiles(lab, configOf(resource), standby, [primary, standby], async () => {
      const results: Result[] = [];
      const names = lab.nodes.map(({ name }) => name);
      for (const length of [...new Set([names.length, LONG_LIST])]) {
        const common = { lab, resource, signal, nodeList: nodeListOf(names, length) };
        results.push({
          nodes: length,
          primary: await measure({ ...common, role: 'primary', node: primary }, runs),
          standby: await measure({ ...common, role: 'standby', node: standby }, runs),
        });
      }
      return results;
    }),
  );
};

const load = (): number => loadavg()[0] ?? 0;

/** @returns the exit code: 0 within the limits */
export const benchMonitor = async (request: MonitorRequest): Promise<number> => {
  const before = load();
  const results = await withLab(request, progress, (lab, signal) => measureAll(lab, request.runs, signal));
  const limits = limitsOf(results);
  const report: Report = {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine: { cores: cpus().length, processor: cpus()[0]?.model ?? 'unknown' },
    loadAverage: [before, load()],
    runs: request.runs,
    unchanged: true,
    results,
    limits,
    met: limits.every(({ met }) => met),
  };
  process.stdout.write(request.json ? `${JSON.stringify(report)}\n` : renderReport(report));
  return report.met ? 0 : 1;
};
