import type { Sysctls } from '../sysctl-record.ts';

/** From this one map come the union of steps and the table of executors, so that none can be without its executor. */
export interface StepArguments {
  /** a module that makes the tunnel's interface */
  readonly loadModule: { readonly module: string };
  readonly bringUp: { readonly device: string };
  readonly takeDown: { readonly device: string };
  readonly applySettings: { readonly settings: Sysctls };
  readonly restoreSettings: Record<never, never>;
  readonly addAddress: {
    readonly address: string;
    readonly device: string;
    readonly label: string | undefined;
  };
  readonly removeAddress: {
    readonly address: string;
    readonly prefixLength: number;
    readonly device: string;
  };
}

export type StepKind = keyof StepArguments;
export type StepOf<K extends StepKind> = { readonly kind: K } & StepArguments[K];
export type Step = { [K in StepKind]: StepOf<K> }[StepKind];
