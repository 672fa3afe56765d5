import type { CorosyncNode } from '../../pacemaker/corosync.ts';
import type { PrimitiveConfig } from '../../pacemaker/resources.ts';
import { choosePgsqlResource, type PgsqlResource } from '../cluster/pgsql-resource.ts';
import type { BalancerPart } from './balancer.ts';

/** Raised when what one node asks another, or the answer, changes its form. */
export const FORMAT = 4;

/** Before the answer, since a login may print whatever it likes. */
export const FACTS_MARK = 'pha-facts:';

/** Where Pacemaker looks for agents, unless it was built otherwise and config.ini says so. */
export const OCF_ROOT = '/usr/lib/ocf';

/**
 * What a node is asked to look at. It is sent to the other nodes through the standard input of ssh, since it may hold a
 * password (primary_conninfo_opt).
 */
export interface Assignment {
  readonly format: typeof FORMAT;
  /** The name of the node that is asked. */
  readonly node: string;
  readonly nodes: readonly CorosyncNode[];
  readonly vips: readonly string[];
  readonly ocfRoot: string;
  /** OCF agents that the cluster uses, such as `pha/pgsql`. */
  readonly agents: readonly string[];
  /** Programs that fence, such as `fence_ipmilan`. */
  readonly fenceAgents: readonly string[];
  /** Null for a node that is to run none. */
  readonly database: DatabaseAssignment | null;
  readonly balancing: readonly BalancerPart[];
}

/** The resource as it is configured; both sides make the same of it. */
export interface DatabaseAssignment {
  readonly id: string;
  readonly provider: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export const databaseAssignment = ({ id, provider, parameters }: PrimitiveConfig): DatabaseAssignment => ({
  id,
  provider,
  parameters: Object.fromEntries(parameters),
});

export function resourceOf({ id, provider, parameters }: DatabaseAssignment): PgsqlResource | undefined {
  const choice = choosePgsqlResource([
    {
      id,
      standard: 'ocf',
      provider,
      type: 'pgsql',
      parameters: new Map(Object.entries(parameters)),
      meta: new Map(),
      operations: [],
    },
  ]);
  return choice.ok ? choice.resource : undefined;
}

export function parseAssignment(text: string): Assignment | undefined {
  try {
    const assignment = JSON.parse(text) as Assignment | null;
    return assignment?.format === FORMAT ? assignment : undefined;
  } catch {
    return undefined;
  }
}
