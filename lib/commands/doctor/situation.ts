import type { MonReport } from '../../pacemaker/crm-mon.ts';
import type { Definition } from '../../pacemaker/definition.ts';
import type { PrimitiveConfig } from '../../pacemaker/resources.ts';
import type { ClusterView } from '../../pacemaker/view.ts';
import type { Fact } from '../../system/fact.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import type { Balancer } from './balancer.ts';
import type { Examination } from './examine-nodes.ts';
import type { NodeFacts } from './facts/facts.ts';

/** An address that follows a role. */
export interface Vip {
  /** The resource, or the key of config.ini. */
  readonly name: string;
  readonly address: string;
  /** A device is named, so that it need not be found by the network. */
  readonly hasDevice: boolean;
}

export interface ConfigFinding {
  readonly severity: 'error' | 'warning';
  /** 0 when it is about no line. */
  readonly line: number;
  readonly sentence: string;
  /** Where it is not the file that has to be corrected. */
  readonly fix?: string;
}

/** The cluster as Pacemaker has it. */
export interface RunningCluster {
  readonly view: ClusterView;
  readonly mon: MonReport;
  readonly primitives: readonly PrimitiveConfig[];
  readonly definition: Definition;
}

/** All that the rules look at. Pure data. */
export interface Situation {
  /** The node that asks. */
  readonly self: string;
  /** Undefined before there is a cluster. */
  readonly cluster: RunningCluster | undefined;
  /** As the cluster has it, else as config.ini has it. */
  readonly resource: PgsqlResource | undefined;
  readonly source: 'cluster' | 'config.ini' | 'nothing';
  /** What is wrong with config.ini, if that was looked at. */
  readonly configProblems: readonly ConfigFinding[];
  readonly configPath: string;
  /** Nodes that are to run the database. */
  readonly nodes: readonly string[];
  readonly vips: readonly Vip[];
  readonly balancers: readonly Balancer[];
  readonly examinations: ReadonlyMap<string, Fact<Examination>>;
}

/** A node that was examined. */
export interface Examined {
  readonly node: string;
  readonly facts: NodeFacts;
}

export const examined = ({ examinations }: Situation): readonly Examined[] =>
  [...examinations].flatMap(([node, examination]) =>
    examination.known ? [{ node, facts: examination.value.facts }] : [],
  );

/** The node that asks is one of those that were asked; not so where a machine outside asks about a cluster that is to be. */
export const asksFromWithin = ({ self, examinations }: Situation): boolean => examinations.has(self);

export const isReplicated = ({ resource }: Situation): boolean =>
  resource?.parameters.rep_mode === 'sync' || resource?.parameters.rep_mode === 'async';

export const isSync = ({ resource }: Situation): boolean => resource?.parameters.rep_mode === 'sync';

/** The node whose server takes writes, as far as it was examined. */
export const primaryOf = (situation: Situation): string | undefined => {
  const primaries = databases(situation).filter(
    ({ database: { server } }) => server.kind === 'answers' && !server.server.inRecovery,
  );
  return primaries.length === 1 ? primaries[0]?.node : undefined;
};

/** Databases whose settings are known, from the server or from its files. */
export const configured = (situation: Situation) =>
  databases(situation).filter(({ database: { server, files } }) => server.kind === 'answers' || files.known);

/** Nodes with what is known of their databases. */
export const databases = (situation: Situation) =>
  examined(situation).flatMap(({ node, facts }) =>
    facts.database.known ? [{ node, facts, database: facts.database.value }] : [],
  );
