import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Deadline, deadlineIn, wallClockMs } from '../../../system/clock.ts';
import { describeFailure, type RunResult, run, succeeded } from '../../../system/process.ts';
import { clearOldRooms, roomOfThisProcess } from '../on-node/put.ts';
import type { Answer, Request } from '../on-node/request.ts';
import { parseAnswer, programText } from './program.ts';
import { needsPerson, SSH_FAILED, sshOptions, sshReason } from './ssh.ts';

export interface Place {
  readonly node: string;
  /** This machine: no ssh is needed. */
  readonly here: boolean;
}

/** What came back from a node. */
export type Reply =
  | Exclude<Answer, { kind: 'crashed' }>
  /** The program was begun, and it is not known how far it came. */
  | { readonly kind: 'no-answer'; readonly reason: string }
  | { readonly kind: 'not-reached'; readonly reason: string; readonly needsPerson: boolean }
  | { readonly kind: 'no-node' };

/** The ways to the nodes while a command runs. */
export interface Reach {
  readonly ask: (place: Place, request: Request, deadline: Deadline, mayAsk?: boolean) => Promise<Reply>;
  /**
   * Copies files of this machine into a folder of another. Returns where each of them lies then, or why that failed.
   */
  readonly send: (
    place: Place,
    files: readonly string[],
    folder: string,
    deadline: Deadline,
  ) => Promise<Sent>;
  /** Ends the connections. */
  readonly close: () => Promise<void>;
}

export type Sent =
  | { readonly ok: true; readonly paths: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly reason: string };

/** How long a person may take for a password. */
const PERSON_MS = 120_000;
const CLOSE_MS = 5_000;

/** A node that is being changed is finished, and what was sent to it is removed. */
const TO_THE_END: readonly Request['kind'][] = ['put', 'clear-room'];
/** Ctrl-C does not reach the program that does it. */
const OUT_OF_REACH = { onLine: () => {} } as const;

/** For the sockets of the connections. Not below $TMPDIR, whose path may be too long for one. */
const FOLDER = '/run/pha-ssh-';

export interface ReachOptions {
  /** The text for Node.js on a node (see program.ts). */
  readonly program: string;
  /** Nothing stays on this machine either. */
  readonly leavesNoTrace?: boolean;
  /** Ends what only looks, or sends. */
  readonly interrupted?: AbortSignal;
}

export function openReach({ program, leavesNoTrace = false, interrupted }: ReachOptions): Reach {
  if (!leavesNoTrace) clearOldRooms(dirname(FOLDER), wallClockMs(), basename(FOLDER));
  const folder = mkdtempSync(roomOfThisProcess(FOLDER));
  const connected = new Set<string>();
  const untilInterrupted = interrupted === undefined ? {} : { interrupted };
  const optionsOf = (mayAsk: boolean) => sshOptions({ folder, mayAsk, leavesNoTrace });

  const runThere = async (
    { node, here }: Place,
    request: Request,
    deadline: Deadline,
    mayAsk: boolean,
  ): Promise<RunResult> => {
    const input = programText(program, request);
    const conduct = TO_THE_END.includes(request.kind) ? OUT_OF_REACH : untilInterrupted;
    if (here) return run(process.execPath, ['-'], { ...conduct, input, deadline });
    const result = await run('ssh', [...optionsOf(mayAsk), '--', node, 'node', '-'], {
      ...conduct,
      input,
      deadline: mayAsk ? deadlineIn(PERSON_MS) : deadline,
    });
    if (result.exitCode !== undefined && result.exitCode !== SSH_FAILED) connected.add(node);
    return result;
  };

  const send = async (
    node: string,
    files: readonly string[],
    target: string,
    deadline: Deadline,
  ): Promise<Sent> => {
    // Numbers, as files of different folders may have the same name; scp copies what a link points to.
    const links = mkdtempSync(join(folder, 'files-'));
    files.forEach((file, i) => {
      symlinkSync(file, join(links, String(i)));
    });
    const sources = files.map((_, i) => join(links, String(i)));
    const result = await run('scp', ['-q', ...optionsOf(false), '--', ...sources, `${node}:${target}/`], {
      ...untilInterrupted,
      deadline,
    });
    if (!succeeded(result)) return { ok: false, reason: describeFailure(result) };
    return { ok: true, paths: new Map(files.map((file, i) => [file, join(target, String(i))])) };
  };

  return {
    ask: async (place, request, deadline, mayAsk = false) =>
      replyOf(place, await runThere(place, request, deadline, mayAsk)),
    send: async ({ node, here }, files, target, deadline) =>
      here
        ? { ok: true, paths: new Map(files.map((file) => [file, file])) }
        : send(node, files, target, deadline),
    close: async () => {
      const deadline = deadlineIn(CLOSE_MS);
      await Promise.all(
        [...connected].map((node) =>
          run('ssh', [...optionsOf(false), '-O', 'exit', '--', node], { deadline }),
        ),
      );
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function replyOf({ node, here }: Place, result: RunResult): Reply {
  const answer = parseAnswer(result.stdout);
  if (answer !== undefined) return answer.kind === 'crashed' ? { ...answer, kind: 'no-answer' } : answer;
  if (result.notFound)
    return here ? { kind: 'no-node' } : notReached(`${result.command} is not installed here`);
  if (!here && result.timedOut) return notReached('no answer in time');
  if (!here && result.exitCode === SSH_FAILED) {
    return { ...notReached(sshReason(node, result.stderr)), needsPerson: needsPerson(result.stderr) };
  }
  // As a shell says that there is no such program, or that it cannot be run.
  if (result.exitCode === 127 || result.exitCode === 126) return { kind: 'no-node' };
  return { kind: 'no-answer', reason: describeFailure(result) };
}

const notReached = (reason: string) => ({ kind: 'not-reached', reason, needsPerson: false }) as const;
