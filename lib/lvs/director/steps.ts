import type { RuleLine } from '../ipvs/difference.ts';

/**
 * Everything that the director's brain can have done, with what each takes. The union of steps and the table of
 * executors are both made from this one map, so that a kind without an executor does not compile.
 */
export interface StepArguments {
  /** lines for ipvsadm, all in one call */
  readonly apply: { readonly lines: readonly RuleLine[] };
  /** kernel settings, which are remembered as they were before; a director that serves already goes on without */
  readonly takeSysctls: { readonly wished: Readonly<Record<string, string>>; readonly isServing?: boolean };
  readonly restoreSysctls: Record<never, never>;
  /** the daemon that tells other directors of connections, or hears of them; in this role and in no other */
  readonly sync: { readonly role: 'master' | 'backup' };
  /** the process that follows the cluster's events */
  readonly follow: { readonly isWanted: boolean };
  /** what cls_status shows, to the other nodes */
  readonly report: { readonly text: string };
  readonly forget: Record<never, never>;
}

export type StepKind = keyof StepArguments;
export type Step = { [K in StepKind]: { readonly kind: K } & StepArguments[K] }[StepKind];
