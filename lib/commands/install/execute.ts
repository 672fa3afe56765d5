import { type Deadline, within } from '../../system/clock.ts';
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

/**
 * A node on which it fails does not keep the others from being finished.
 *
 * @param onFailure is told the node and the reason
 */
export const installExecutor = (
  reach: Reach,
  onFailure: (node: string, reason: string) => void,
): Executor<InstallStep> => {
  const done: string[] = [];
  return {
    describe,
    execute: async (step, { deadline }) => {
      if (step.kind === 'write-definition') return writeDefinition(step);
      const reason = await installOn(reach, step, within(deadline, NODE_MS));
      if (reason === undefined) done.push(step.node);
      else onFailure(step.node, reason);
      return STEP_DONE;
    },
    recover: async () =>
      `installed on ${enumerate(done) || 'no node'} so far, and each node has either all of the new files or none; run it again to finish`,
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

/** Why it failed, or undefined. */
async function installOn(reach: Reach, step: OnNode, deadline: Deadline): Promise<string | undefined> {
  if (step.here || step.files.length === 0) {
    return failureOf(
      await reach.ask(step, { kind: 'put', put: putRequest(step, (source) => source) }, deadline),
    );
  }
  const room = await reach.ask(step, { kind: 'make-room' }, deadline);
  if (room.kind !== 'room') return failureOf(room);
  const sent = await reach.send(
    step,
    step.files.map(({ source }) => source),
    room.room,
    deadline,
  );
  const reason = sent.ok
    ? failureOf(
        await reach.ask(
          step,
          {
            kind: 'put',
            put: { ...putRequest(step, (source) => sent.paths.get(source) ?? source), room: room.room },
          },
          deadline,
        ),
      )
    : sent.reason;
  if (reason !== undefined) await reach.ask(step, { kind: 'clear-room', room: room.room }, deadline);
  return reason;
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

function failureOf(reply: Reply): string | undefined {
  switch (reply.kind) {
    case 'done':
      return undefined;
    case 'failed':
    case 'not-reached':
      return reply.reason;
    default:
      return `an unexpected answer (${reply.kind}): run this again`;
  }
}
