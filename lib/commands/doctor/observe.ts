import { readCibText } from '../../pacemaker/cib-text.ts';
import { type CorosyncNode, corosyncNodes } from '../../pacemaker/corosync.ts';
import { type Definition, parseDefinition } from '../../pacemaker/definition.ts';
import { queryResourceTree } from '../../pacemaker/query.ts';
import type { PrimitiveConfig } from '../../pacemaker/resources.ts';
import type { Deadline } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import { hostName, isThisMachine } from '../../system/host.ts';
import { objectionToFile } from '../cli/named-file.ts';
import { type ClusterSnapshot, observeCluster } from '../cluster/observe-cluster.ts';
import { choosePgsqlResource } from '../cluster/pgsql-resource.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { readResourceList } from '../run-state/resource-list.ts';
import { scopeOf } from '../run-state/scope.ts';
import { clusterSituation } from '../status/situation.ts';
import { type Assignment, databaseAssignment, FORMAT, OCF_ROOT, resourceOf } from './assignment.ts';
import { balancerParts, balancersOf, balancersOfParts } from './balancer.ts';
import { examineNodes } from './examine-nodes.ts';
import { CONFIG_INI } from './facts/secrets.ts';
import { examineCorosync } from './facts/software.ts';
import { directorNodes } from './placement.ts';
import { type PlannedCluster, planFromConfig } from './plan-from-config.ts';
import type { ConfigFinding, Situation, Vip } from './situation.ts';

export type Observation =
  | { readonly ok: true; readonly situation: Situation }
  | { readonly ok: false; readonly code: CommandExitCode; readonly sentence: string };

export interface Question {
  readonly resource: string | undefined;
  /** A config.ini to examine in place of the cluster that runs. */
  readonly config: string | undefined;
}

const refused = (code: CommandExitCode, sentence: string): Observation => ({ ok: false, code, sentence });

/** Looks at the cluster, or at the one that is to be, and at every node of it. Reads only. */
export async function observeDoctor(
  question: Question,
  deadline: Deadline,
  waitingFor: (nodes: readonly string[]) => void,
): Promise<Observation> {
  const [cluster, definition, corosync] = await Promise.all([
    observeCluster(deadline),
    readDefinition(deadline),
    examineCorosync(deadline),
  ]);
  const ring = corosync.values.known ? corosyncNodes(corosync.values.value) : [];
  const configPath = question.config ?? CONFIG_INI;
  const examine = (nodes: Subject): Promise<Observation> =>
    observeNodes({ cluster, definition, ring }, nodes, deadline, waitingFor);

  if (cluster.known && question.config === undefined) {
    const choice = choosePgsqlResource(cluster.value.primitives, question.resource);
    if (choice.ok) {
      const { primitives } = cluster.value;
      const primitive = primitives.find(({ id }) => id === choice.resource.id);
      const nodes = clusterSituation(cluster.value, choice.resource).nodes;
      return examine({
        source: 'cluster',
        resource: choice.resource,
        configPath,
        configProblems: await aboutResourceList(choice.resource.id, deadline),
        nodes,
        vips: vipsOf(primitives),
        balancers: balancersOf(primitives),
        balancing: balancerParts(primitives),
        database: primitive === undefined ? null : databaseAssignment(primitive),
        agents: agentsOf(primitives),
        fenceAgents: fenceAgentsOf(primitives),
        ocfRoot: OCF_ROOT,
      });
    }
    if (choice.code === CommandExit.ARGUMENTS) return refused(choice.code, choice.sentence);
  }

  const planned = await readPlan(configPath);
  if (!planned.known) {
    return refused(question.config === undefined ? CommandExit.ERROR : CommandExit.ARGUMENTS, planned.reason);
  }
  if (planned.value === undefined && question.config !== undefined)
    return refused(CommandExit.ARGUMENTS, `there is no file ${question.config}`);
  if (planned.value === undefined && !cluster.known) {
    return refused(
      CommandExit.NO_CLUSTER_INFORMATION,
      `no cluster information: ${cluster.reason}, and there is no ${configPath} to examine a future cluster by`,
    );
  }
  const plan = planned.value?.plan;
  const resource = plan === undefined ? undefined : resourceOf(plan.database);
  return examine({
    source: plan === undefined ? 'nothing' : 'config.ini',
    resource,
    configPath,
    configProblems: planned.value?.findings ?? [],
    nodes: plan?.nodes ?? ring.map(({ name }) => name),
    vips: plan?.vips ?? [],
    balancers: balancersOfParts(plan?.balancing ?? []),
    balancing: plan?.balancing ?? [],
    database: plan?.database ?? null,
    agents: plan?.agents ?? [],
    fenceAgents: plan?.fenceAgents ?? [],
    ocfRoot: plan?.ocfRoot ?? OCF_ROOT,
  });
}

type Subject = Omit<Situation, 'self' | 'cluster' | 'examinations'> &
  Pick<Assignment, 'database' | 'balancing' | 'agents' | 'fenceAgents' | 'ocfRoot'>;

interface Seen {
  readonly cluster: Fact<ClusterSnapshot>;
  readonly definition: Fact<Definition>;
  readonly ring: readonly CorosyncNode[];
}

async function observeNodes(
  { cluster, definition, ring }: Seen,
  { database, balancing, agents, fenceAgents, ocfRoot, ...subject }: Subject,
  deadline: Deadline,
  waitingFor: (nodes: readonly string[]) => void,
): Promise<Observation> {
  const self = cluster.known ? cluster.value.self : await ownNameIn(subject.nodes);
  const running =
    cluster.known && definition.known ? { ...cluster.value, definition: definition.value } : undefined;
  const others = subject.balancers
    .flatMap((balancer) => (running === undefined ? [] : directorNodes(balancer, running)))
    .filter((node) => !subject.nodes.includes(node));
  const assignment = {
    format: FORMAT,
    nodes: subject.nodes.map((name) => ring.find((node) => node.name === name) ?? { name, address: name }),
    vips: subject.vips.map(({ address }) => address),
    agents,
    fenceAgents,
    ocfRoot,
    database,
    balancing,
  } as const;
  // A cluster that is to be can be asked about from a machine that will be no part of it.
  const isNode = subject.source !== 'config.ini' || subject.nodes.includes(self);
  const examinations = await examineNodes({ self, isNode }, assignment, others, deadline, waitingFor);
  return {
    ok: true,
    situation: {
      self,
      cluster: running,
      examinations,
      ...subject,
    },
  };
}

/** Before Pacemaker runs, a node is known by its host name, or by a name that leads to it. */
async function ownNameIn(nodes: readonly string[]): Promise<string> {
  const host = hostName();
  const named = nodes.find((node) => node === host || node === host.split('.')[0]);
  if (named !== undefined) return named;
  const areOwn = await Promise.all(nodes.map(isThisMachine));
  return nodes.find((_, i) => areOwn[i]) ?? host;
}

async function readDefinition(deadline: Deadline): Promise<Fact<Definition>> {
  const answer = await readCibText(['--local'], { deadline });
  if (!answer.ok) return unknown(answer.reason);
  const parsed = parseDefinition(answer.text);
  return parsed.ok ? known(parsed.definition) : unknown(parsed.reason);
}

/** What cls_start and cls_stop would say of the config.ini of this node. */
async function aboutResourceList(database: string, deadline: Deadline): Promise<readonly ConfigFinding[]> {
  const { resourceList } = readResourceList();
  if (resourceList === undefined) return [];
  const tree = await queryResourceTree(deadline);
  return tree.known
    ? scopeOf(tree.value, database, resourceList).complaints.map((sentence) => ({
        severity: 'warning',
        line: 0,
        sentence,
      }))
    : [];
}

async function readPlan(path: string): Promise<Fact<PlannedCluster | undefined>> {
  try {
    return known(await planFromConfig(path));
  } catch (error) {
    return unknown(objectionToFile(path, error));
  }
}

const isVip = ({ standard, type }: PrimitiveConfig): boolean => standard === 'ocf' && /^IPaddr2?$/.test(type);

const vipsOf = (primitives: readonly PrimitiveConfig[]): readonly Vip[] =>
  primitives.filter(isVip).flatMap(({ id, parameters }) => {
    const address = parameters.get('ip');
    return address === undefined ? [] : [{ name: id, address, hasDevice: parameters.has('nic') }];
  });

const agentsOf = (primitives: readonly PrimitiveConfig[]): readonly string[] => [
  ...new Set(
    primitives
      .filter(({ standard }) => standard === 'ocf')
      .map(({ provider, type }) => `${provider}/${type}`),
  ),
];

const fenceAgentsOf = (primitives: readonly PrimitiveConfig[]): readonly string[] => [
  ...new Set(primitives.filter(({ standard }) => standard === 'stonith').map(({ type }) => type)),
];
