import { type Deadline, deadlineIn, within } from '../../system/clock.ts';
import { writeFileAtomically } from '../../system/files.ts';
import { findUser } from '../../system/os-user.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Executor, failure, STEP_DONE, type StepResult } from '../plan.ts';
import { CONFIG_MODE, type InstallStep } from './decide.ts';
import { sha256 } from './on-node/look.ts';
import type { PutFile, PutRequest } from './on-node/request.ts';
import type { Reach, Reply } from './reach/connection.ts';

type OnNode = Extract<InstallStep, { kind: 'install' }>;

/** For one node; generous, as files travel. */
const NODE_MS = 120_000;
/** Of its own: it comes after what may have used up all time. */
const CLEAR_MS = 5_000;

/**
 * A node on which it fails does not keep the others from being finished.
 *
 * @param onFailure is told the node, and in a sentence what is installed there and why
 */
export const installExecutor = (
  reach: Reach,
  onFailure: (node: string, reason: string) => void,
): Executor<InstallStep> => {
  const done: string[] = [];
  return {
    describe,
    execute: async (step, { deadline, interrupted }) => {
      if (step.kind === 'write-definition') return writeDefinition(step);
      const reason = await installOn(reach, step, within(deadline, NODE_MS));
      if (reason === undefined) {
        done.push(step.node);
        return STEP_DONE;
      }
      onFailure(step.node, reason);
      // There may be no step after this one at which it would be noticed.
      return interrupted.aborted ? failure(CommandExit.ERROR, reason) : STEP_DONE;
    },
    recover: async () => `installed on ${enumerate(done) || 'no node'} so far; run it again to finish`,
  };
};

function describe(step: InstallStep): string {
  if (step.kind === 'write-definition') return `write the cluster definition ${step.path}`;
  const { node, here, files, config, password } = step;
  const parts = [
    ...(files.length === 0 ? [] : [`${files.length} ${files.length === 1 ? 'file' : 'files'} of pha`]),
    ...(config === undefined ? [] : [config.target]),
    ...(password === undefined ? [] : [`the password of ${password.line.user} in ${password.path}`]),
  ];
  return `install on ${node}${here ? ' (this machine)' : ''}: ${enumerate(parts)}`;
}

function writeDefinition({ path, text }: Extract<InstallStep, { kind: 'write-definition' }>): StepResult {
  const user = findUser('root');
  try {
    if (user === undefined) throw new Error('there is no user root');
    writeFileAtomically(path, text, { user, mode: 0o644 });
    return STEP_DONE;
  } catch (error) {
    return failure(
      CommandExit.ERROR,
      `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** What is installed now if it failed, and why. */
async function installOn(reach: Reach, step: OnNode, deadline: Deadline): Promise<string | undefined> {
  const put = async (placeOf: (source: string) => string, room?: string): Promise<string | undefined> => {
    const request = { ...putRequest(step, placeOf), ...(room === undefined ? {} : { room }) };
    return outcomeOf(await reach.ask(step, { kind: 'put', put: request }, deadline));
  };
  if (step.here || step.files.length === 0) return put((source) => source);
  const made = await reach.ask(step, { kind: 'make-room' }, deadline);
  if (made.kind !== 'room') return `nothing was installed: ${reasonOf(made)}`;
  const { room } = made;
  const sources = step.files.map(({ source }) => source);
  const sent = await reach.send(step, sources, room, deadline);
  const problem = sent.ok
    ? await put((source) => sent.paths.get(source) ?? source, room)
    : `nothing was installed: ${sent.reason}`;
  if (problem !== undefined) await reach.ask(step, { kind: 'clear-room', room }, deadlineIn(CLEAR_MS));
  return problem;
}

const putRequest = (
  { files, config, password }: OnNode,
  placeOf: (source: string) => string,
): PutRequest => ({
  files: [
    ...files.map(
      ({ source, target, mode, content }): PutFile => ({
        target,
        mode,
        content: { kind: 'file', path: placeOf(source), sha256: sha256(content) },
      }),
    ),
    ...(config === undefined
      ? []
      : [
          { target: config.target, mode: CONFIG_MODE, content: { kind: 'text', text: config.text } } as const,
        ]),
  ],
  ...(password === undefined ? {} : { password: password.line }),
});

/** What became of a put: the files may be in place although nobody heard of it. */
export function outcomeOf(reply: Reply): string | undefined {
  switch (reply.kind) {
    case 'done':
      return undefined;
    case 'failed':
      return reply.reason;
    case 'not-reached':
    case 'no-answer':
      return `it is not known whether it was installed: ${reply.reason}; run this again`;
    default:
      return `nothing was installed: ${reasonOf(reply)}`;
  }
}

const reasonOf = (reply: Reply): string =>
  'reason' in reply ? reply.reason : `an unexpected answer (${reply.kind}); run this again`;
