import { enumerate } from '../cli/text.ts';
import type { Verdict } from '../plan.ts';
import { type BuiltFile, installedSha256 } from './built-files.ts';
import { definitionChange } from './definition-file.ts';
import { sha256 } from './on-node/look.ts';
import type { NodeFacts, PasswordLine } from './on-node/request.ts';
import { NODE_MINIMUM } from './reach/program.ts';
import type { InstallSnapshot, NodeState } from './snapshot.ts';

export type InstallStep =
  | {
      readonly kind: 'install';
      readonly node: string;
      readonly here: boolean;
      /** Those that are missing there or differ. */
      readonly files: readonly BuiltFile[];
      readonly config: { readonly text: string; readonly target: string } | undefined;
      readonly password: { readonly line: PasswordLine; readonly path: string } | undefined;
    }
  | { readonly kind: 'write-definition'; readonly path: string; readonly text: string };

export interface InstallVerdict {
  readonly verdict: Verdict<InstallStep>;
  /** Nodes that nothing is installed on, with the reason. */
  readonly left: readonly { readonly node: string; readonly reason: string }[];
}

/** Only root may read it: it can hold a password. */
export const CONFIG_MODE = 0o600;

/** What is to be done where. Pure. */
export function decide(snapshot: InstallSnapshot): InstallVerdict {
  const left = snapshot.nodes.flatMap((state) => {
    const reason = objectionTo(state, snapshot);
    return reason === undefined ? [] : [{ node: state.node, reason }];
  });
  const definition = definitionStep(snapshot);
  const steps = [...snapshot.nodes.flatMap((state) => installStep(state, snapshot)), ...definition.steps];
  const names = snapshot.nodes
    .map(({ node }) => node)
    .filter((node) => !left.some((each) => each.node === node));
  const warnings = [...left.map(({ node, reason }) => `${node}: ${reason}`), ...definition.warnings];
  if (steps.length === 0 && warnings.length === 0) {
    const { path, made } = snapshot.definition;
    const sentence = `${enumerate(names)} ${names.length === 1 ? 'has' : 'have'} everything already${made === undefined ? '' : `, and ${path} is up to date`}`;
    return { left, verdict: { kind: 'nothing-to-do', sentence } };
  }
  const purpose =
    names.length === 0 ? 'pha is installed on no node' : `pha is installed on ${enumerate(names)}`;
  return { left, verdict: { kind: 'plan', plan: { purpose, warnings, steps } } };
}

/** Neither the kernel, in a program's first line, nor a shell splits or expands it (see put.ts). */
const PLAIN_PATH = /^\/[\w./+-]+$/;

/** Why nothing can be installed on a node, with what to do. */
function objectionTo({ found, node, here }: NodeState, { ocfRoot }: InstallSnapshot): string | undefined {
  switch (found.kind) {
    case 'not-reached':
      return `not reached: ${found.reason}`;
    case 'failed':
      return found.reason;
    case 'no-node':
      return `it has no Node.js, and pha needs ${NODE_MINIMUM} or newer: run there apt-get install -y nodejs (or dnf install -y nodejs)`;
    case 'old-node':
      return `its Node.js (${found.nodePath}) is ${found.version}, and pha needs ${NODE_MINIMUM} or newer: install a newer one there`;
    case 'facts':
      return objectionToFacts(found.facts, here ? 'this machine' : `ssh ${node}`, ocfRoot);
  }
}

function objectionToFacts(facts: NodeFacts, way: string, ocfRoot: string): string | undefined {
  if (facts.uid !== 0)
    return `${way} leads to user ${facts.uid} there, not to root: name root in ~/.ssh/config`;
  if (!PLAIN_PATH.test(facts.nodePath))
    return `its Node.js is "${facts.nodePath}", which the first line of a program cannot name: install it below a path of letters, digits and . _ + - alone`;
  if (!facts.hasOcfRoot) {
    return `it has no ${ocfRoot}: install pacemaker and resource-agents there, or correct OCF_ROOT in config.ini`;
  }
  return facts.passfile.state === 'impossible' ? facts.passfile.reason : undefined;
}

function installStep(state: NodeState, snapshot: InstallSnapshot): InstallStep[] {
  if (state.found.kind !== 'facts' || objectionTo(state, snapshot) !== undefined) return [];
  const { facts } = state.found;
  const isThere = (target: string, digest: string, mode: number): boolean =>
    facts.files[target]?.sha256 === digest && facts.files[target]?.mode === mode;
  const files = snapshot.files.filter(
    (file) => !isThere(file.target, installedSha256(file, facts.nodePath), file.mode),
  );
  const { config } = snapshot;
  const configDiffers = !isThere(config.target, sha256(config.text), CONFIG_MODE);
  const password =
    facts.passfile.state === 'to-write' && snapshot.password !== undefined
      ? { line: snapshot.password, path: facts.passfile.path }
      : undefined;
  if (files.length === 0 && !configDiffers && password === undefined) return [];
  return [
    {
      kind: 'install',
      node: state.node,
      here: state.here,
      files,
      config: configDiffers ? config : undefined,
      password,
    },
  ];
}

function definitionStep({ definition: { path, existing, made } }: InstallSnapshot): {
  readonly steps: readonly InstallStep[];
  readonly warnings: readonly string[];
} {
  if (made === undefined) return { steps: [], warnings: [] };
  if (!made.ok) {
    return { steps: [], warnings: made.sentences.map((sentence) => `${path} is not written: ${sentence}`) };
  }
  const change = definitionChange(existing, made.text);
  switch (change.kind) {
    case 'none':
    case 'kept':
      return { steps: [], warnings: [] };
    case 'write':
      return { steps: [{ kind: 'write-definition', path, text: change.text }], warnings: [] };
    case 'write-beside': {
      const beside = `${path}.new`;
      return {
        steps: [{ kind: 'write-definition', path: beside, text: change.text }],
        warnings: [
          `${path} was adjusted by hand, and config.ini asks for something else now: compare it with ${beside}, and keep one of them as ${path}`,
        ],
      };
    }
  }
}

/** For `--dry-run`: every file by its name, nodes that lack the same ones together. Pure. */
export function fileList(steps: readonly InstallStep[]): string {
  const targetsOf = new Map<string, string[]>();
  for (const step of steps) {
    if (step.kind !== 'install') continue;
    const { files, config, password } = step;
    const targets = [...files.map(({ target }) => target), config?.target, password?.path];
    const list = targets.flatMap((target) => (target === undefined ? [] : [`     ${target}\n`])).join('');
    targetsOf.set(list, [...(targetsOf.get(list) ?? []), step.node]);
  }
  return [...targetsOf].map(([list, nodes]) => `Files on ${enumerate(nodes)}:\n${list}`).join('');
}
