/** The original's way of asking whether the arbiter is down: by ssh on each node of a list. */
import type { Listed } from '../../distlock/decide/holding.ts';
import { formatLockId } from '../../distlock/lock-id.ts';
import { formatConninfo, withoutSecrets } from '../../postgres/conninfo.ts';
import { shellQuote } from '../../postgres/shell-words.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { isObject, isText, parseJson } from '../../system/json.ts';
import { describeFailure, type RunResult, run } from '../../system/process.ts';
import type { NamedLock } from './parameters.ts';

/** For all of them, at once: the lease is running out. */
const LIST_MS = 2_500;
const CONNECT_SECONDS = 2;
/** For the arbiter's answer to the other node. */
const ANSWER_SECONDS = 1;

const SSH_OPTIONS = [
  ...['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${CONNECT_SECONDS}`, '-o', 'LogLevel=ERROR'],
  ...['-T', '-x', '-a'],
];

/** What ssh runs over there has a short PATH. */
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ListedNodes {
  readonly nodes: readonly string[];
  /** What is run there: it only looks. */
  readonly command: readonly string[];
}

/** Undefined without a list. A password stays here: everybody there could read it. */
export const listedNodesOf = (
  { target, lock }: Pick<NamedLock, 'target' | 'lock'>,
  nodes: readonly string[],
): ListedNodes | undefined => {
  if (nodes.length === 0) return undefined;
  const place = new Map([...withoutSecrets(target.conninfo), ['connect_timeout', `${ANSWER_SECONDS}`]]);
  const variables = Object.entries(target.env).flatMap(([name, value]) =>
    name === 'PGPASSWORD' ? [] : [`${name}=${value}`],
  );
  const words = ['distlock', formatConninfo(place), 'status', formatLockId(lock), '--json'];
  return { nodes, command: ['env', PATH, ...variables, ...words] };
};

/** This node has asked already, and its own name in the list is passed over. */
export const askListed = (
  self: string,
  { nodes, command }: ListedNodes,
  deadline: Deadline,
): Promise<readonly Listed[]> => {
  const limit = within(deadline, LIST_MS);
  const others = nodes.filter((node) => node.toLowerCase() !== self.toLowerCase());
  return Promise.all(
    others.map(async (node) => {
      const words = [...SSH_OPTIONS, '--', node, ...command.map(shellQuote)];
      return { node, answer: answerOf(await run('ssh', words, { deadline: limit })) };
    }),
  );
};

/** From what `distlock status --json` prints; anything else means that the node could not be asked. Pure. */
export const answerOf = (result: RunResult): Listed['answer'] => {
  const printed = parseJson(result.stdout);
  if (result.exitCode === 0 && isObject(printed) && isText(printed.condition)) return { kind: 'reached' };
  const failure = isObject(printed) ? printed.failure : undefined;
  return failure === 'silent' || failure === 'refused' || failure === 'not-initialised'
    ? { kind: failure }
    : { kind: 'not-asked', why: describeFailure(result) };
};
