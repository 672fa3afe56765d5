/**
 * What the lab needs from whatever pretends to be its machines. The cluster, the databases and the tests
 * know this interface only, so that nodes of namespaces and nodes of User-Mode Linux can take each other's place.
 */
import type { NodeSpec } from './topology.ts';

export type Power = 'off' | 'running' | 'frozen';

export interface ExecOptions {
  readonly input?: string | Uint8Array;
  /** Both the command inside and the call from outside end after this; 60 000 unless told. */
  readonly timeoutMs?: number;
  /** The user of the node who runs the command; root unless told. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface NodeFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
  /** `user:group` as the machine knows them; root:root unless told. */
  readonly owner?: string;
}

export interface Backend {
  /** The wire between the nodes and the place on it where clients run. */
  createWire(): Promise<void>;
  /** The empty disk of a node that has never been booted. */
  createDisk(node: NodeSpec): Promise<void>;
  /** Puts files on the node's disk, whether it runs or not. */
  writeFiles(node: NodeSpec, files: readonly NodeFile[]): Promise<void>;
  /** Copies a directory of this machine, with owners and modes, onto the node's disk. */
  copyDirectory(node: NodeSpec, source: string, target: string): Promise<void>;
  /** Copies a file or directory off the node's disk, also when the node is off. False if there is none. */
  fetch(node: NodeSpec, source: string, target: string): Promise<boolean>;

  /** Returns when commands can be run in the node; its cluster stack may still be starting. */
  boot(node: NodeSpec): Promise<void>;
  /** Everything in the node ends at once, as if its plug were pulled. */
  powerOff(node: NodeSpec): Promise<void>;
  power(node: NodeSpec): Promise<Power>;
  /** Stops every process of a running node between two instructions. */
  freeze(node: NodeSpec): Promise<void>;
  thaw(node: NodeSpec): Promise<void>;
  /** Takes the node's link down at the switch. A cut link stays cut over power off and boot. */
  cut(node: NodeSpec): Promise<void>;
  heal(node: NodeSpec): Promise<void>;
  isCut(node: NodeSpec): Promise<boolean>;
  /** Whether the switch passes on what one node sends to another; also addresses that move are meant. */
  setPassage(from: NodeSpec, to: NodeSpec, passes: boolean): Promise<void>;

  /** Never throws for what the command does, only if the command could not be tried. */
  exec(node: NodeSpec, argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Runs a command in the node on this process's own terminal or pipes, and returns its exit code. */
  attach(node: NodeSpec, argv: readonly string[]): Promise<number>;
  /** How to start a process of this machine that sits at the clients' place on the wire and ends with the lab. */
  clientCommand(argv: readonly string[]): Promise<readonly string[]>;

  /** True while any process of the lab is alive. */
  isAlive(): Promise<boolean>;
  /** Ends every process and removes everything outside the lab's state directory; works on half-built labs. */
  destroy(): Promise<void>;
}
