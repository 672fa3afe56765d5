import type { Acquired, LockAnswer, LockFailure } from '../../distlock/answer.ts';
import { type Arbiter, acquire, initialise, release, report } from '../../distlock/arbiter.ts';
import { formatLockId } from '../../distlock/lock-id.ts';
import { ACTIONS, DEFAULT_LEASE_SECONDS, parseRequest, type Request } from '../../distlock/request.ts';
import { initSql } from '../../distlock/schema.ts';
import { acquireSql, historySql, lookSql, releaseSql } from '../../distlock/statements.ts';
import { callersTarget } from '../../postgres/callers-target.ts';
import type { LibpqTarget } from '../../postgres/libpq.ts';
import type { Parsed } from '../../postgres/parsed.ts';
import { parsePsqlCommand } from '../../postgres/psql-command.ts';
import { type Deadline, deadlineIn } from '../../system/clock.ts';
import { defineCommand, type OperandSpec } from '../cli/declaration.ts';
import { withProgress } from '../cli/progress.ts';
import type { Terminal } from '../cli/terminal.ts';
import { DRY_RUN_OPTION, JSON_OPTION } from '../common-options.ts';
import { DEFAULT_ANSWER_SECONDS, hideArguments } from '../database/arguments.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { describeRefusal, renderReport, reportJson, stateJson } from './render.ts';
import { isSettled, waitForLock, watched } from './wait-for-lock.ts';

const HISTORY_LENGTH = 10;

const OPERANDS: readonly OperandSpec[] = [
  {
    name: 'CONNINFO',
    required: true,
    description:
      'The arbiter: key=value, a URI (postgresql://…), or a call of psql as older definitions have it; psql is not run. What it does not say comes from the PG… variables. One host only.',
  },
  {
    name: 'ACTION',
    required: true,
    values: ACTIONS,
    description:
      'trylock: take the lock, or renew it. lock: the same, and wait for it. unlock: give it back. status: who has it, for how long, and who had it before. init: make the tables and the lock; what is there stays as it is.',
  },
  {
    name: 'LOCK',
    required: true,
    description: 'The table, a colon and the name of the lock; without a table, distlock is meant.',
  },
  { name: 'OWNER', required: false, description: 'For whom: the name of the node.', complete: 'node' },
  {
    name: 'LEASE',
    required: false,
    description: `Seconds after which another one may take the lock, unless it is renewed. Default: ${DEFAULT_LEASE_SECONDS}.`,
  },
  {
    name: 'WAIT',
    required: false,
    description:
      'For lock: seconds after which no further attempt begins; an arbiter that does not answer may come back meanwhile. Without it, it waits until it has the lock, and ends with 1 where the arbiter does not answer.',
  },
];

export const distlock = defineCommand({
  name: 'distlock',
  summary: 'takes, renews and gives back a lock in a PostgreSQL outside the cluster',
  description:
    "Prints 1 if the lock was taken, renewed or given back, and 0 if it is not to be had or was not the owner's; both with the exit code 0. Why not, and every error, is on standard error; with --json what kind of an error of the arbiter it is also on standard output. Time is the arbiter's alone. Keep passwords out of CONNINFO, since everybody can read the arguments of a process: passfile=, PGPASSFILE or ~/.pgpass, or service= serve as they do in libpq. connect_timeout is heeded (default 5 seconds, for the whole answer). Any user may run it.",
  options: { json: JSON_OPTION, dryRun: DRY_RUN_OPTION },
  operands: OPERANDS,
  examples: [
    {
      command: 'distlock "host=node3 port=5439 user=postgres dbname=postgres" init distlock:pgsql_cls1',
      explanation: 'Make the lock, once.',
    },
    {
      command: 'distlock "host=node3 port=5439 user=locker dbname=postgres" status distlock:pgsql_cls1',
      explanation: 'Who has it?',
    },
    {
      command:
        'distlock \'/usr/bin/psql "host=node3 port=5439 user=locker"\' lock distlock:pgsql_cls1 node1 9 12',
      explanation: 'Take it for node1 for 9 seconds, and wait for it for 12 at most; as the original had it.',
    },
  ],
  exitCodes: [0, 1, 10, 100],
  anyUser: true,
  run: async ({ options, operands, terminal }) => {
    hideArguments();
    const [place = '', ...words] = operands;
    const target = targetOf(place);
    const request = parseRequest(words);
    for (const each of [target, request]) {
      if (each.ok) continue;
      terminal.err(`distlock: ${each.reason}\n`);
      return CommandExit.ARGUMENTS;
    }
    if (!target.ok || !request.ok) return CommandExit.ARGUMENTS;
    if (options.dryRun) {
      terminal.out(`${statementsOf(request.value).join(';\n')};\n`);
      return CommandExit.DONE;
    }
    const arbiter = { address: target.value.addresses[0], lock: request.value.lock };
    const answerMs = (target.value.timeoutSeconds ?? DEFAULT_ANSWER_SECONDS) * 1000;
    return carryOut(request.value, { arbiter, answerMs, terminal, json: options.json });
  },
});

function targetOf(text: string): Parsed<LibpqTarget> {
  const command = parsePsqlCommand(text);
  const target = command.ok
    ? callersTarget(command.value.conninfo, { ...process.env, ...command.value.env })
    : command;
  if (!target.ok) return { ok: false, reason: `CONNINFO: ${target.reason}` };
  const hosts = target.value.addresses.map(({ host }) => host);
  return hosts.length === 1
    ? target
    : {
        ok: false,
        reason: `CONNINFO names ${hosts.join(' and ')}: two arbiters would give two nodes the lock`,
      };
}

/** What `--dry-run` prints: a database administrator can run it where this user may not. */
function statementsOf(request: Request): readonly string[] {
  switch (request.action) {
    case 'trylock':
    case 'lock':
      return [acquireSql(request.lock, request)];
    case 'unlock':
      return [lookSql(request.lock), releaseSql(request.lock, request.owner, 'renewed_at of the row above')];
    case 'status':
      return [lookSql(request.lock), historySql(request.lock, HISTORY_LENGTH)];
    case 'init':
      return initSql(request.lock);
  }
}

interface Circumstances {
  readonly arbiter: Arbiter;
  /** For one answer. */
  readonly answerMs: number;
  readonly terminal: Terminal;
  readonly json: boolean;
}

async function carryOut(request: Request, about: Circumstances): Promise<CommandExitCode> {
  const { arbiter, answerMs, terminal, json } = about;
  const name = formatLockId(request.lock);
  const soon = (): Deadline => deadlineIn(answerMs);
  const print = (text: string, asJson: object): CommandExitCode => {
    terminal.out(json ? `${JSON.stringify(asJson, null, 2)}\n` : text);
    return CommandExit.DONE;
  };
  const fail = ({ kind, sentence }: LockFailure): CommandExitCode => {
    terminal.err(`distlock: ${sentence}\n`);
    if (json) terminal.out(`${JSON.stringify({ lock: name, failure: kind, sentence }, null, 2)}\n`);
    return kind === 'not-initialised' ? CommandExit.NOT_IN_STATE : CommandExit.ERROR;
  };
  switch (request.action) {
    case 'trylock':
    case 'lock': {
      const attempt = () => acquire(arbiter, request, soon());
      const answer = await (request.action === 'trylock'
        ? attempt()
        : patiently(attempt, request.waitMs, about));
      if (!answer.ok) return fail(answer.failure);
      const { taken, before } = answer.value;
      if (!taken) terminal.err(`distlock: ${name}: ${describeRefusal(answer.value)}\n`);
      return print(taken ? '1\n' : '0\n', {
        lock: name,
        result: taken ? 1 : 0,
        before: before === undefined ? null : stateJson(before),
      });
    }
    case 'unlock': {
      const answer = await release(arbiter, request.owner, soon());
      if (!answer.ok) return fail(answer.failure);
      if (!answer.value) terminal.err(`distlock: ${name}: ${request.owner} does not have it\n`);
      return print(answer.value ? '1\n' : '0\n', { lock: name, result: answer.value ? 1 : 0 });
    }
    case 'status': {
      const answer = await report(arbiter, HISTORY_LENGTH, soon());
      if (!answer.ok) return fail(answer.failure);
      return print(renderReport(name, answer.value), reportJson(name, answer.value));
    }
    case 'init': {
      const answer = await initialise(arbiter, soon());
      return answer.ok ? print('1\n', { lock: name, result: 1 }) : fail(answer.failure);
    }
  }
}

/** What is awaited is shown only if it does not come at once. */
async function patiently(
  untold: () => Promise<LockAnswer<Acquired>>,
  waitMs: number,
  { terminal }: Circumstances,
): Promise<LockAnswer<Acquired>> {
  const abort = new AbortController();
  const stopListening = terminal.onInterrupt(() => abort.abort());
  const deadline = deadlineIn(waitMs);
  try {
    const { attempt, mayBeTaken } = watched(untold);
    const first = await attempt();
    if (isSettled(first, waitMs)) return first;
    const answer = await withProgress(terminal, 'waiting for the lock', ({ state }) =>
      waitForLock(first, attempt, { waitMs, deadline, onState: state, interrupted: abort.signal }),
    );
    if (isSettled(answer, waitMs) || !abort.signal.aborted) return answer;
    const why = answer.ok ? '' : ` (${answer.failure.sentence})`;
    const sentence = mayBeTaken()
      ? `interrupted; whether the lock was taken is not known${why}: see status, or unlock it`
      : `interrupted; the lock was not taken${why}`;
    return { ok: false, failure: { kind: 'refused', sentence } };
  } finally {
    stopListening();
  }
}
