import type { Deadline } from '../lib/system/clock.ts';
import type { CallEnvironment } from './environment.ts';
import type { OcfExitCode } from './exit-codes.ts';
import type { Logger } from './logging.ts';
import type { ParameterTable, ParameterValues } from './parameters.ts';
import type { Environment, ParameterProblem } from './parse.ts';

/** The actions that an agent may declare. `meta-data`, `methods` and `usage` are the framework's. */
export type ActionName =
  | 'start'
  | 'stop'
  | 'status'
  | 'monitor'
  | 'promote'
  | 'demote'
  | 'notify'
  | 'reload-agent'
  | 'validate-all';

export interface ActionResult {
  readonly code: OcfExitCode;
  /**
   * Why, for the operator who reads `crm_mon`. Pacemaker keeps the first 128 characters: the essence comes first.
   * Required by good manners for every code but 0, 7 and 8.
   */
  readonly exitReason?: string;
  /**
   * What this process does beside whatever the executor does next, once it has the result; see {@link goingOnAfter}. It is left out where
   * nobody can be told, and may be cut short.
   */
  readonly afterwards?: (deadline: Deadline) => Promise<void>;
}

/** All that a handler knows of its call. */
export interface ActionContext<V> extends CallEnvironment {
  readonly action: ActionName;
  readonly params: V;
  /** names of the parameters that were given, not left to their default */
  readonly given: ReadonlySet<string>;
  /** only where the action tolerates bad parameters; such a parameter has its default in `params` */
  readonly problems: readonly ParameterProblem[];
  /** a monitor that is not recurring: Pacemaker asks whether something runs that it did not start */
  readonly isProbe: boolean;
  readonly env: Environment;
  /** ends early enough to return a result before the executor kills the operation */
  readonly deadline: Deadline;
  readonly log: Logger;
  /** names what is being waited for, such as `waiting for pg_ctl start`; said when the time runs out */
  readonly step: (what: string) => void;
}

/** One `<action>` of the metadata: what an administrator is advised to configure. */
export interface ActionAdvice {
  readonly timeoutSeconds: number;
  readonly intervalSeconds?: number;
  readonly role?: 'promoted' | 'unpromoted';
  readonly depth?: number;
}

export interface ActionDeclaration<V> {
  /** at least one; the first one's timeout holds when the call does not come from the cluster */
  readonly advice: readonly [ActionAdvice, ...ActionAdvice[]];
  /**
   * Bad parameters normally end a call before its handler. `true`: the handler runs and finds them in
   * `ctx.problems` (so that `stop` never blocks); `'probe'`: only in a probe.
   */
  readonly toleratesBadParameters?: true | 'probe';
  readonly handler: (context: ActionContext<V>) => Promise<ActionResult>;
}

export interface AgentDeclaration<T extends ParameterTable> {
  /** the executable's name, such as `pgsql` */
  readonly name: string;
  /** of the agent, not of OCF */
  readonly version: string;
  readonly shortdesc: string;
  readonly longdesc: string;
  /** those marked `reloadable` need the action `reload-agent` */
  readonly parameters: T;
  /** rules across parameters; pure. Called only when each parameter by itself is well-formed. */
  readonly check?: (values: ParameterValues<T>, call: CallEnvironment) => readonly ParameterProblem[];
  /** sentences that are worth a warning and hinder nothing; logged by `start` and `validate-all` */
  readonly notices?: (values: ParameterValues<T>, call: CallEnvironment) => readonly string[];
  readonly actions: Readonly<Partial<Record<ActionName, ActionDeclaration<ParameterValues<T>>>>>;
}

/** Keeps the table's literal types and checks the handlers against them. */
export const defineAgent = <const T extends ParameterTable>(
  agent: AgentDeclaration<T>,
): AgentDeclaration<T> => agent;
