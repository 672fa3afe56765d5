import type { MadeDefinition } from '../../config/index.ts';
import type { BuiltFile } from './built-files.ts';
import type { NodeFacts, PasswordLine } from './on-node/request.ts';

/** All that the decision needs. */
export interface InstallSnapshot {
  readonly nodes: readonly NodeState[];
  /** What belongs on every node. */
  readonly files: readonly BuiltFile[];
  readonly ocfRoot: string;
  readonly config: { readonly text: string; readonly target: string };
  readonly password: PasswordLine | undefined;
  readonly definition: {
    readonly path: string;
    readonly existing: string | undefined;
    /** Undefined where this machine is no node: the definition needs facts of one, and is made there. */
    readonly made: MadeDefinition | undefined;
  };
}

export interface NodeState {
  readonly node: string;
  readonly here: boolean;
  readonly found:
    | { readonly kind: 'facts'; readonly facts: NodeFacts }
    | { readonly kind: 'not-reached'; readonly reason: string }
    | { readonly kind: 'no-node' }
    | { readonly kind: 'old-node'; readonly nodePath: string; readonly version: string }
    | { readonly kind: 'failed'; readonly reason: string };
}
