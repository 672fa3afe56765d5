/** A lab that is up, for tests and for the commands of `npm run lab`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtFiles } from './agents/files.ts';
import type { Backend, ExecOptions, ExecResult, Power } from './backend.ts';
import { type Client, type ClientOptions, startClient } from './client/client.ts';
import { type ReadClient, type ReadOptions, startReads } from './client/reads.ts';
import { type Clock, clockFile } from './clock.ts';
import { LabError } from './failure.ts';
import { run } from './netns/process.ts';
import { type CrmMon, parseCrmMon } from './observe/crm-mon.ts';
import { trouble } from './observe/health.ts';
import { waitUntilComplete } from './observe/wait.ts';
import { type LabOptions, machinesOf } from './options.ts';
import { type LabState, removeStateDir } from './state.ts';
import type { NodeSpec } from './topology.ts';

export interface LabExecOptions extends ExecOptions {
  /** Return the result of a command that fails instead of throwing. */
  readonly allowFailure?: boolean;
}

export interface SqlOptions {
  readonly database?: string;
  readonly timeoutMs?: number;
}

export interface Lab {
  readonly name: string;
  readonly options: LabOptions;
  readonly nodes: readonly NodeSpec[];
  /** Where the lab keeps its nodes' disks on this machine. */
  readonly stateDir: string;
  /** Of the PostgreSQL that the nodes run. */
  readonly binDirectory: string;

  /** Runs a command in a node. @throws LabError if it fails, unless failure is allowed. */
  exec(node: string, argv: readonly string[], options?: LabExecOptions): Promise<ExecResult>;
  /** Runs SQL as postgres through the node's own socket; rows are lines, columns are separated by `|`. */
  sql(node: string, text: string, options?: SqlOptions): Promise<string>;
  /** Runs a command in a node on this process's own terminal or pipes, and returns its exit code. */
  attach(node: string, argv: readonly string[]): Promise<number>;

  /** The cluster as `node` sees it; unless told, the first node that is running and not cut off. */
  crmMon(node?: string): Promise<CrmMon>;
  /** `crm_mon -Afr1`, for people. */
  crmMonText(node?: string): Promise<string>;
  /** Node attributes, by node and then by name. */
  attributes(node?: string): Promise<CrmMon['attributes']>;
  /** The record of the last promotion, `node|timeline before it|where that ended`, if there is one. */
  replInfo(node?: string): Promise<string | undefined>;
  /** Waits for a state of the cluster. @throws LabError that says what was waited for and shows the cluster. */
  waitFor(description: string, predicate: (cluster: CrmMon) => boolean, deadlineMs: number): Promise<CrmMon>;
  /** Waits for anything else; an exception counts as not yet. */
  waitUntil(description: string, predicate: () => Promise<boolean>, deadlineMs: number): Promise<void>;
  /** Waits for what `up` waits for: all nodes online, one primary, the others standbys, the VIPs up, and rest. */
  waitHealthy(deadlineMs: number): Promise<CrmMon>;
  /** Waits for a state in which Pacemaker has nothing to do: what is true then is not just about to change. */
  waitForRest(
    description: string,
    predicate: (cluster: CrmMon) => boolean,
    deadlineMs: number,
  ): Promise<CrmMon>;

  cut(node: string): Promise<void>;
  heal(node: string): Promise<void>;
  /** What `from` sends to `to` is lost; what `to` sends arrives. */
  cutOneWay(from: string, to: string): Promise<void>;
  /** Neither hears the other; everybody else hears both. */
  cutBetween(one: string, other: string): Promise<void>;
  /** Both directions. */
  healBetween(one: string, other: string): Promise<void>;
  powerOff(node: string): Promise<void>;
  boot(node: string): Promise<void>;
  freeze(node: string): Promise<void>;
  thaw(node: string): Promise<void>;
  /** Of a node's wall clock; only where the nodes have clocks of their own. */
  setClock(node: string, clock: Clock): Promise<void>;
  power(node: string): Promise<Power>;
  isCut(node: string): Promise<boolean>;
  /** Starts or stops Corosync and Pacemaker of a node in good order. */
  startCluster(node: string): Promise<void>;
  stopCluster(node: string, timeoutMs?: number): Promise<void>;

  /** Writes through the write VIP. */
  client(options?: ClientOptions): Promise<Client>;
  /** Reads through the read VIP. */
  reads(options?: ReadOptions): Promise<ReadClient>;
  /** Runs a command on the clients' machine, which is in the network and no node. @throws LabError if it fails. */
  execOnClient(argv: readonly string[], timeoutMs?: number): Promise<string>;
  /** Copies the built agents and commands into every node again. */
  refresh(): Promise<number>;
  /** Puts every node's logs, its CIB and what it thinks of the cluster into a directory. */
  collectLogs(directory: string): Promise<void>;
  /** Ends and removes everything. */
  down(): Promise<void>;
}

const logDirectories = ['pacemaker', 'cluster', 'postgresql'] as const;

const complain = (node: string, argv: readonly string[], result: ExecResult): string => {
  const how = result.timedOut ? 'did not end in time' : `ended with ${result.exitCode}`;
  const output = [result.stderr, result.stdout].filter((text) => text !== '').join('\n');
  return `${node}: "${argv.join(' ')}" ${how}${output === '' ? '' : `: ${output}`}`;
};

/** Ends and removes a lab in whatever state it is. */
export const destroyLab = async (backend: Backend, stateDir: string): Promise<void> => {
  await backend.destroy();
  await removeStateDir(stateDir);
};

export const labOf = (backend: Backend, state: LabState, stateDir: string): Lab => {
  const { options } = state;
  const nodes = machinesOf(options);

  const find = (name: string): NodeSpec => {
    const node = nodes.find((candidate) => candidate.name === name);
    if (node === undefined) {
      throw new LabError(
        `The lab "${options.name}" has no node "${name}", but ${nodes.map((node) => node.name).join(', ')}.`,
      );
    }
    return node;
  };

  const bothWays = (one: string, other: string): readonly [string, string][] => [
    [one, other],
    [other, one],
  ];

  const setPassages = async (
    pairs: readonly [from: string, to: string][],
    passes: boolean,
  ): Promise<void> => {
    for (const [from, to] of pairs) await backend.setPassage(find(from), find(to), passes);
  };

  const viewpoint = async (name: string | undefined): Promise<NodeSpec> => {
    if (name !== undefined) return find(name);
    for (const node of nodes) {
      if ((await backend.power(node)) === 'running' && !(await backend.isCut(node))) return node;
    }
    throw new LabError(`No node of the lab "${options.name}" is running and connected.`);
  };

  const exec = async (
    name: string,
    argv: readonly string[],
    { allowFailure = false, ...execOptions }: LabExecOptions = {},
  ): Promise<ExecResult> => {
    const result = await backend.exec(find(name), argv, execOptions);
    if (!allowFailure && (result.timedOut || result.exitCode !== 0))
      throw new LabError(complain(name, argv, result));
    return result;
  };

  const crmMon = async (name?: string): Promise<CrmMon> => {
    const node = await viewpoint(name);
    return parseCrmMon((await exec(node.name, ['crm_mon', '--output-as=xml'], { timeoutMs: 10_000 })).stdout);
  };

  const crmMonText = async (name?: string): Promise<string> => {
    const node = await viewpoint(name);
    const { stdout, stderr } = await exec(node.name, ['crm_mon', '-Afr1'], {
      timeoutMs: 10_000,
      allowFailure: true,
    });
    return [stdout, stderr].filter((text) => text !== '').join('\n');
  };

  /** By a simulation of what Pacemaker would do now, not only by what is under way. */
  const isAtRest = async (): Promise<boolean> => {
    const node = await viewpoint(undefined);
    const argv = ['crm_resource', '--wait', '--timeout=1s'];
    return (await exec(node.name, argv, { timeoutMs: 10_000, allowFailure: true })).exitCode === 0;
  };

  const waitForCluster = async (
    description: string,
    missing: (cluster: CrmMon) => string | undefined,
    deadlineMs: number,
    atRest = false,
  ): Promise<CrmMon> => {
    let last: CrmMon | undefined;
    const look = async (): Promise<string | undefined> => {
      last = await crmMon();
      return missing(last);
    };
    await waitUntilComplete(
      description,
      async () => {
        const lacking = await look();
        if (lacking !== undefined || !atRest) return lacking;
        // The scores of a hand-over can be there already while the old primary is still the only one.
        return (await isAtRest()) ? look() : 'Pacemaker has something left to do';
      },
      deadlineMs,
      crmMonText,
    );
    return last ?? crmMon();
  };

  const everyNode = async (action: (node: NodeSpec) => Promise<unknown>): Promise<void> => {
    await Promise.all(nodes.map(action));
  };

  return {
    name: options.name,
    options,
    nodes,
    stateDir,
    binDirectory: state.binDirectory,
    exec,
    sql: async (name, text, { database = 'postgres', timeoutMs = 10_000 } = {}) => {
      const psql = [
        join(state.binDirectory, 'psql'),
        '-XAtq',
        '-v',
        'ON_ERROR_STOP=1',
        '-d',
        database,
        '-f',
        '-',
      ];
      return (await exec(name, psql, { user: 'postgres', input: text, timeoutMs })).stdout;
    },
    attach: async (name, argv) => backend.attach(find(name), argv),
    crmMon,
    crmMonText,
    attributes: async (name) => (await crmMon(name)).attributes,
    replInfo: async (name) => {
      const node = await viewpoint(name);
      const query = [
        '--type=crm_config',
        '--set-name=pgsql_replication',
        '--name=pgsql_REPL_INFO',
        '--query',
        '--quiet',
      ];
      const { exitCode, stdout } = await exec(node.name, ['crm_attribute', ...query], { allowFailure: true });
      return exitCode === 0 ? stdout : undefined;
    },
    waitFor: (description, predicate, deadlineMs) =>
      waitForCluster(description, (cluster) => (predicate(cluster) ? undefined : 'not so yet'), deadlineMs),
    waitUntil: (description, predicate, deadlineMs) =>
      waitUntilComplete(
        description,
        async () => ((await predicate()) ? undefined : 'not so yet'),
        deadlineMs,
        crmMonText,
      ),
    waitHealthy: (deadlineMs) =>
      waitForCluster('a healthy cluster', (cluster) => trouble(cluster, options), deadlineMs, true),
    waitForRest: (description, predicate, deadlineMs) =>
      waitForCluster(
        description,
        (cluster) => (predicate(cluster) ? undefined : 'not so yet'),
        deadlineMs,
        true,
      ),
    cut: async (name) => backend.cut(find(name)),
    heal: async (name) => backend.heal(find(name)),
    cutOneWay: (from, to) => setPassages([[from, to]], false),
    cutBetween: (one, other) => setPassages(bothWays(one, other), false),
    healBetween: (one, other) => setPassages(bothWays(one, other), true),
    powerOff: async (name) => backend.powerOff(find(name)),
    boot: async (name) => backend.boot(find(name)),
    freeze: async (name) => backend.freeze(find(name)),
    thaw: async (name) => backend.thaw(find(name)),
    setClock: async (name, clock) => {
      if (!options.clocks)
        throw new LabError(`The nodes of "${options.name}" have no clocks of their own: up --clocks.`);
      await backend.writeFiles(find(name), [clockFile(clock)]);
    },
    power: async (name) => backend.power(find(name)),
    isCut: async (name) => backend.isCut(find(name)),
    startCluster: async (name) => {
      await exec(name, ['cluster-stack', 'start']);
    },
    stopCluster: async (name, timeoutMs = 120_000) => {
      await exec(name, ['cluster-stack', 'stop'], { timeoutMs });
    },
    execOnClient: async (argv, timeoutMs) => {
      const [file = '', ...args] = await backend.clientCommand(argv);
      return run(file, args, timeoutMs);
    },
    client: (clientOptions) => startClient({ backend, options, passwords: state.passwords }, clientOptions),
    reads: (readOptions) => startReads({ backend, options, passwords: state.passwords }, readOptions),
    refresh: async () => {
      const files = await builtFiles();
      await everyNode((node) => backend.writeFiles(node, files));
      return files.length;
    },
    collectLogs: async (directory) => {
      await everyNode(async (node) => {
        const target = join(directory, node.name);
        await mkdir(target, { recursive: true });
        for (const name of logDirectories) await backend.fetch(node, `/var/log/${name}`, join(target, name));
        await backend.fetch(node, '/var/lib/pacemaker/cib/cib.xml', join(target, 'cib.xml'));
        if ((await backend.power(node)) !== 'running') return;
        await writeFile(join(target, 'crm_mon.txt'), await crmMonText(node.name).catch(String));
      });
    },
    down: () => destroyLab(backend, stateDir),
  };
};
