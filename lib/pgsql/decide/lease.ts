/** Two nodes and an arbiter, the primary's side: the lease, the guard that keeps it, and the row `#alone`. */
import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import { decideHolding, type Holding, type Peer, type Renewal } from '../../distlock/decide/holding.ts';
import { leaseBudget } from '../../distlock/lease.ts';
import type { PrimaryState } from '../../postgres/server-state.ts';
import { type ClusterFacts, clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import type { LockFacts, LockQuestion } from '../lock/facts.ts';
import type { LockMemory } from '../lock/memory.ts';
import { ArbiterWord, arbiterWord, DataStatus } from '../names.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import { aloneOwner, isProven, marksProveNothing } from './alone.ts';
import { peersOf } from './context.ts';
import { type Decision, done, type Reason, reason } from './decision.ts';
import { lockDatabase } from './lock-database.ts';
import { publishChanged } from './publish.ts';
import { replyAfter } from './standby-reply.ts';
import { sendersNamed } from './standby-view.ts';

/** Between two questions while the lease runs out. */
const ASK_AGAIN_MS = 200;

/** With more than this left, Pacemaker's next monitor comes in time. */
const UNHURRIED_MS = 15_000;

type Answer = Extract<LockQuestion, { kind: 'renewed' }>['answer'];

interface Input {
  readonly snapshot: Snapshot;
  readonly config: PgsqlConfig;
  readonly lock: LockFacts;
  readonly leaseMs: number;
  readonly answer: Answer;
  readonly facts: ClusterFacts | undefined;
  readonly state: PrimaryState | undefined;
}

/**
 * Adds to what a primary does what the arbiter's answer means for it: the guard's deadline is moved, or PostgreSQL is stopped, or
 * the arbiter is asked until the guard ends PostgreSQL. Without enable_distlock nothing is added.
 */
export const withLease = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  decision: Decision,
  operation: 'monitor' | 'promote',
): Decision => {
  const input = inputOf(snapshot, config);
  if (input === undefined || decision.steps.some(({ kind }) => kind === 'stop') || hasFailed(decision))
    return decision;
  const memory: LockMemory = { ...snapshot.memory.lock, ...replyOf(input) };
  const { holding, fromMs } = judge(input, memory);
  if (holding.kind === 'lost') return stopped(decision, reason(holding.rule, holding.sentence, 'error'));

  const objection = operation === 'monitor' && snapshot.round === 0 ? input.lock.guard.objection : undefined;
  if (objection !== undefined && memory.guardDoubt)
    return stopped(decision, reason('lock.no-guard', `no primary without a guard: ${objection}`, 'error'));
  const doubts = objection === undefined ? [] : [reason('lock.guard-replaced', objection, 'warn')];
  const { guardDoubt: _, ...trusting } = memory;
  const remembered: Decision['memory'] = {
    ...decision.memory,
    lock: objection === undefined ? trusting : { ...memory, guardDoubt: true },
    ...(input.lock.listed === undefined ? {} : { listed: input.lock.listed }),
  };

  if (holding.kind === 'not-extended')
    return withoutRenewal(
      input,
      { ...decision, memory: remembered, reasons: [...decision.reasons, ...doubts] },
      reason(holding.rule, holding.sentence, 'warn'),
      operation,
    );
  const database = lockDatabase(snapshot);
  const alone = aloneStep(input, decision, database.kind === 'anothers');
  const level = holding.rule === 'lock.renewed' ? 'debug' : 'warn';
  return {
    ...decision,
    reasons: [
      ...decision.reasons,
      reason(holding.rule, holding.sentence, level),
      ...doubts,
      ...alone.reasons,
      // It goes on: which of the two is in the wrong is not known here, and the other one's primary is not this one's split.
      ...(database.kind === 'anothers' ? [reason('lock.database', database.sentence, 'error')] : []),
    ],
    steps: [
      {
        kind: 'guard',
        sentAtMs: fromMs,
        ...(objection === undefined ? {} : { isReplaced: true }),
        ...(operation === 'promote' ? { isAwaited: true } : {}),
      },
      ...publishWord(input),
      ...withAlone(decision.steps, alone.steps),
      ...(database.kind === 'nobodys' ? [database.name] : []),
    ],
    memory: remembered,
  };
};

/** Right after the mark: what comes after it, such as a score, may fail, and must not be there before. */
const withAlone = (steps: readonly Step[], alone: readonly Step[]): readonly Step[] => {
  const marks = steps.findIndex(
    (step) => step.kind === 'record' && Object.values(step.dataStatus).includes(DataStatus.sync),
  );
  return [...steps.slice(0, marks + 1), ...alone, ...steps.slice(marks + 1)];
};

/**
 * The guard ends PostgreSQL; until then the arbiter, and the other node's word, are asked again and again. Pacemaker's next monitor
 * could come too late for them. Where nothing is guarded yet, as when enable_distlock has just been set, nothing is ended; but a
 * promotion that the guard had no orders for in time is no promotion.
 */
const withoutRenewal = (
  { lock, leaseMs }: Input,
  decision: Decision,
  why: Reason,
  operation: 'monitor' | 'promote',
): Decision => {
  const { quitAtMs, objection } = lock.guard;
  const waiting: Decision = { ...decision, reasons: [why, ...decision.reasons] };
  if (operation === 'promote') return quitAtMs === undefined ? stopped(waiting, why) : waiting;
  if (quitAtMs === undefined) return waiting;
  if (quitAtMs <= lock.answeredAtMs) return stopped(waiting, why);
  const sentAtMs = quitAtMs - leaseBudget({ leaseMs }).quitAfterMs;
  const anew: Step[] = objection === undefined ? [] : [{ kind: 'guard', sentAtMs, isReplaced: true }];
  const steps = [...anew, ...decision.steps];
  if (quitAtMs - lock.answeredAtMs > UNHURRIED_MS) return { ...waiting, steps };
  return {
    ...waiting,
    steps,
    outcome: {
      kind: 'again',
      waitingFor: 'an answer of the arbiter, or of the other node',
      pauseMs: ASK_AGAIN_MS,
    },
    whenStepFails: 'again',
  };
};

const inputOf = (snapshot: Snapshot, config: PgsqlConfig): Input | undefined => {
  const { lock, server, cluster, names } = snapshot;
  if (config.lock === undefined || lock?.question.kind !== 'renewed' || server.state === 'stopped')
    return undefined;
  const { answer } = server;
  return {
    snapshot,
    config,
    lock,
    leaseMs: config.lock.leaseMs,
    answer: lock.question.answer,
    facts: cluster.known ? clusterFacts(cluster.value, names) : undefined,
    state: answer.ok && !answer.value.inRecovery ? answer.value : undefined,
  };
};

const hasFailed = ({ outcome }: Decision): boolean =>
  outcome.kind === 'done' && outcome.code !== OcfExit.RUNNING_PROMOTED && outcome.code !== OcfExit.SUCCESS;

const stopped = (decision: Decision, why: Reason): Decision =>
  done(OcfExit.FAILED_PROMOTED, why, {
    memory: decision.memory,
    steps: [{ kind: 'stop', first: 'immediate', escalateAfterMs: 0 }],
  });

/** The lease, by the arbiter's word or the standby's, and the moment from which it counts. */
const judge = (input: Input, memory: LockMemory): { holding: Holding; fromMs: number } => {
  const { answer, lock, leaseMs } = input;
  const { sentAtMs } = lock;
  const other = answer.ok && answer.value.acquired.taken ? otherAlone(input) : undefined;
  if (other !== undefined && !followsFromHere(input, other))
    return {
      holding: {
        kind: 'lost',
        rule: 'lock.alone',
        sentence: `${other} has gone on without a standby, and so has commits that this node lacks: PostgreSQL is stopped here`,
      },
      fromMs: sentAtMs,
    };
  const stranger = strangerOf(input);
  if (stranger !== undefined)
    return {
      holding: {
        kind: 'not-extended',
        rule: 'lock.stranger',
        sentence: `${stranger} has the lock, and is no node of this cluster: give each cluster a lock of its own (distlock_lockname)`,
      },
      fromMs: sentAtMs,
    };
  // What it said may have been said at any time since `sinceMs`; it promised to keep off for a lease longer than a lease.
  const heardMs = memory.reply?.sinceMs;
  const wordFromMs = heardMs === undefined ? undefined : Math.min(sentAtMs, heardMs + leaseMs);
  const isCurrent =
    wordFromMs !== undefined && wordFromMs + leaseBudget({ leaseMs }).quitAfterMs > lock.answeredAtMs;
  const leftMs = (lock.guard.quitAtMs ?? 0) - lock.answeredAtMs;
  // In whole seconds, so that a sentence that is asked for every moment is not logged each time.
  const shownMs = Math.ceil(leftMs / 1000) * 1000;
  const holding = decideHolding(renewalOf(answer), peerOf(input, isCurrent), shownMs, lock.listed);
  return { holding, fromMs: answer.ok ? sentAtMs : (wordFromMs ?? sentAtMs) };
};

const strangerOf = ({ answer, facts }: Input): string | undefined => {
  if (facts === undefined || !answer.ok || answer.value.acquired.taken) return undefined;
  const owner = answer.value.acquired.before?.owner;
  return owner === undefined || owner === '' || facts.view.nodes.has(owner) ? undefined : owner;
};

const renewalOf = (answer: Answer): Renewal =>
  answer.ok ? { ok: true, value: answer.value.acquired } : answer;

const peerNameOf = ({ facts, config, snapshot }: Input): string | undefined => {
  const peers = facts === undefined ? [] : peersOf(config, facts, snapshot.self);
  return peers.length === 1 ? peers[0] : undefined;
};

const peerOf = (input: Input, isStreaming: boolean): Peer | undefined => {
  const { facts, snapshot } = input;
  const node = peerNameOf(input);
  if (facts === undefined || node === undefined) return undefined;
  const word = facts.transient(node, snapshot.names.arbiter);
  return {
    node,
    isMember: facts.online(node),
    isStreaming,
    arbiter:
      word === ArbiterWord.reached
        ? 'reached'
        : ArbiterWord.isSilentFor(word, facts.replInfoText)
          ? 'silent'
          : undefined,
  };
};

const replyOf = (input: Input): Pick<LockMemory, 'reply'> => {
  const { state, lock, snapshot } = input;
  const node = peerNameOf(input);
  const [sender] = node === undefined ? [] : sendersNamed(state?.senders ?? [], node);
  const reply = replyAfter(snapshot.memory.lock?.reply, sender, state, lock);
  return reply === undefined ? {} : { reply };
};

/** For cls_status: the primary's own word binds nobody. */
const publishWord = ({ facts, snapshot, lock, answer }: Input): Step[] => {
  if (facts === undefined) return [];
  const { self, names } = snapshot;
  const before = facts.transient(self, names.arbiter);
  const value = arbiterWord(answer.ok, before, facts.replInfoText, lock.wallMs);
  return publishChanged(facts, [{ node: self, name: names.arbiter, value }]);
};

const otherAlone = ({ snapshot, config }: Input): string | undefined => {
  const owner = aloneOwner(snapshot, config);
  return owner === undefined || owner === '' || owner === snapshot.self ? undefined : owner;
};

/** It was alone in another time: a standby that streams from here holds nothing that this node lacks (invariant 4). */
const followsFromHere = ({ state }: Input, node: string): boolean =>
  sendersNamed(state?.senders ?? [], node).some((sender) => sender.state === 'streaming');

/**
 * The row `#alone` follows what PostgreSQL does: it is taken before commits stop waiting (confirmByLock), and given back right
 * after the mark of a standby that has just been proven to have everything. An arbiter that was made anew has forgotten it, and
 * is told again.
 */
const aloneStep = (
  input: Input,
  decision: Decision,
  isLockOfAnother: boolean,
): { readonly steps: readonly Step[]; readonly reasons: readonly Reason[] } => {
  const { facts, state, answer, config, snapshot } = input;
  const none = { steps: [], reasons: [] };
  if (config.repMode !== 'sync' || facts === undefined || state === undefined || !answer.ok) return none;
  if (decision.steps.some(({ kind }) => kind === 'confirm')) return none;
  const other = otherAlone(input);
  // Whose row it is, is not known: a node of the other cluster may have the same name.
  if (isLockOfAnother && (other !== undefined || marksProveNothing(snapshot, config))) return none;
  if (other !== undefined)
    return {
      steps: [{ kind: 'inheritAlone', from: other }],
      reasons: [
        reason(
          'lock.alone-inherited',
          `by the arbiter ${other} went on without a standby once; it streams from here now, so ${snapshot.self} takes that over`,
          'warn',
        ),
      ],
    };
  const isAlone = marksProveNothing(snapshot, config);
  const waiting = state.settings.synchronousStandbyNames ?? ({ kind: 'none' } as const);
  if (waiting.kind === 'none' && !isAlone)
    return {
      steps: [{ kind: 'goAlone' }],
      reasons: [reason('lock.alone-anew', 'commits wait for no standby, and the arbiter is told so', 'warn')],
    };
  const proven = isAlone ? provenMarks(input, facts, state, decision) : [];
  return proven.length === 0
    ? none
    : {
        steps: [{ kind: 'endAlone' }],
        reasons: [
          reason('lock.not-alone', `commits wait for ${proven.join(', ')}, and the arbiter is told so`),
        ],
      };
};

/** Those that are marked, or will be when the steps of this decision are done, on what this very operation has seen. */
const provenMarks = (
  { snapshot }: Input,
  facts: ClusterFacts,
  { senders, settings }: PrimaryState,
  decision: Decision,
): readonly string[] => {
  const waiting = settings.synchronousStandbyNames ?? ({ kind: 'none' } as const);
  const recorded = decision.steps.flatMap((step) =>
    step.kind === 'record' ? Object.entries(step.dataStatus) : [],
  );
  const statusOf = (node: string): string | undefined =>
    recorded.find(([name]) => name === node)?.[1] ?? facts.dataStatus(node);
  return [...facts.view.nodes.keys()].filter(
    (node) =>
      statusOf(node) === DataStatus.sync &&
      sendersNamed(senders, node).some(({ flushLsn }) =>
        isProven(snapshot.memory, waiting, node, flushLsn ?? undefined),
      ),
  );
};
