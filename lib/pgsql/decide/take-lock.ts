/** Two nodes and an arbiter, the standby's side: its word that the arbiter is silent, and how it comes by the lock. */
import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import {
  decideTakeOver,
  type Look,
  type TakeOver,
  withoutAnswer,
  withoutRow,
} from '../../distlock/decide/holding.ts';
import { type ClusterFacts, clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import type { LockFacts } from '../lock/facts.ts';
import type { LockMemory } from '../lock/memory.ts';
import type { Memory } from '../memory.ts';
import { ArbiterWord, arbiterWord, Score } from '../names.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import { resourceNodes } from './context.ts';
import { again, type Decision, done, reason } from './decision.ts';
import { lockDatabase } from './lock-database.ts';
import { publishChanged } from './publish.ts';

/** Between two questions of a node that waits for the end of a lease. */
const ASK_AGAIN_MS = 250;

/**
 * Before anything is changed for a promotion.
 * @returns undefined when this node has the lock, or there is none
 */
export const lockBeforePromotion = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
): Decision | undefined => {
  const { lock, self, memory } = snapshot;
  if (config.lock === undefined || lock === undefined) return undefined;
  const tooMany = moreThanTwo(snapshot, config, facts);
  if (tooMany !== undefined) return refuse(snapshot, 'lock.not-two', tooMany);
  const database = lockDatabase(snapshot);
  // The lock is not given back: that of a node of the other cluster may have the same name.
  if (database.kind === 'anothers') return refuse(snapshot, 'lock.database', database.sentence);
  const { question } = lock;
  if (question.kind === 'not-asked') return seek(snapshot, config, 'the arbiter was not asked');
  if (!question.answer.ok)
    return seek(snapshot, config, withoutAnswer(question.answer.failure.sentence), 'lock.no-answer');
  if (question.kind === 'renewed') {
    const { acquired, aloneOwner = '' } = question.answer.value;
    const { holdsLock: _, ...without } = memory;
    if (!acquired.taken)
      return seek(
        { ...snapshot, memory: without },
        config,
        `${acquired.before?.owner ?? 'another one'} has taken the lock`,
      );
    return isAnothers(aloneOwner, self, config)
      ? refuse(snapshot, 'lock.alone', withoutRow(self, aloneOwner), [{ kind: 'giveBack' }])
      : undefined;
  }

  const kept = keepOff(snapshot, config, facts, lock);
  const input: Snapshot = { ...snapshot, memory: { ...memory, lock: kept.memory } };
  const takeOver = judgeTakeOver(input, config);
  if (takeOver === undefined) return undefined;
  switch (takeOver.kind) {
    case 'refuse':
      return takeOver.rule === 'lock.alone'
        ? refuse(input, takeOver.rule, takeOver.sentence)
        : seek(input, config, takeOver.sentence, takeOver.rule);
    case 'wait':
      // To give up and be started anew would take longer, and begin with the same wait.
      return takeOver.isSure && kept.isSilent
        ? seek(withoutHaste(input), config, takeOver.sentence, takeOver.rule, kept.steps)
        : seek(input, config, takeOver.sentence, takeOver.rule, kept.steps);
    case 'take':
      if (isTooLate(input, config)) return refuse(input, takeOver.rule, 'the arbiter does not give the lock');
      if (database.kind === 'nobodys')
        return again(reason('lock.database', 'the lock is of no database yet: it becomes that of this one'), {
          memory: { ...input.memory, lockSoughtMs: memory.lockSoughtMs ?? snapshot.uptimeMs },
          steps: [...kept.steps, database.name],
          waitingFor: 'the lock',
        });
      return again(reason('lock.take', `${takeOver.sentence}: ${self} takes it`), {
        memory: { ...input.memory, holdsLock: true, lockSoughtMs: memory.lockSoughtMs ?? snapshot.uptimeMs },
        steps: [...kept.steps, { kind: 'takeLock', ifRenewedAt: takeOver.ifRenewedAt }],
        waitingFor: 'the lock',
      });
  }
};

/** What the row beside the lock says is of one standby: with two, the other may take over without what is acknowledged. */
const moreThanTwo = (
  { resource }: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
): string | undefined => {
  const nodes = resourceNodes(config, facts);
  return config.lock === undefined || nodes.length <= 2
    ? undefined
    : `enable_distlock is for two nodes, and ${resource} has ${nodes.length} (${nodes.join(', ')}): set node_list, or enable_distlock=false`;
};

/** Why this node would not get the lock now; undefined when it would, or there is none, or it was not asked for. */
export const lockObstacle = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
): string | undefined => {
  const tooMany = moreThanTwo(snapshot, config, facts);
  if (tooMany !== undefined) return tooMany;
  const database = lockDatabase(snapshot);
  if (database.kind === 'anothers') return database.sentence;
  const takeOver = judgeTakeOver(snapshot, config);
  return takeOver === undefined || takeOver.kind === 'take' ? undefined : takeOver.sentence;
};

/** By the arbiter this node was the last that went on without its standby. */
export const hasWritesAlone = ({ self, lock }: Snapshot, { repMode }: PgsqlConfig): boolean =>
  repMode === 'sync' &&
  lock?.question.kind === 'looked' &&
  lock.question.answer.ok &&
  lock.question.answer.value.aloneOwner === self;

/** An obstacle, as a sentence of its own or the end of one. */
export const notYet = (obstacle: string): string =>
  obstacle.startsWith('not promoted') ? obstacle : `not promoted yet: ${obstacle}`;

/** On a standby's monitor: what it has learnt is remembered and, where that has changed, published. */
export const withWord = (snapshot: Snapshot, config: PgsqlConfig, decision: Decision): Decision => {
  const { lock, cluster, self, names } = snapshot;
  if (config.lock === undefined || lock?.question.kind !== 'looked') return decision;
  const memory: Memory = { ...decision.memory, lock: rememberLook(snapshot.memory.lock, lock) };
  if (!cluster.known) return { ...decision, memory };
  const facts = clusterFacts(cluster.value, names);
  const { answer } = lock.question;
  const before = facts.transient(self, names.arbiter);
  const value = arbiterWord(answer.ok, before, facts.replInfoText, lock.wallMs);
  const hasWord = !answer.ok || ArbiterWord.isSilent(before);
  const why = answer.ok
    ? reason('lock.reached', 'the arbiter answers', 'debug')
    : reason('lock.silent', `${answer.failure.sentence}; this node takes over nothing meanwhile`, 'warn');
  return {
    ...decision,
    reasons: [...decision.reasons, why],
    // First: the primary waits for it, and what comes after it may fail.
    steps: [...publishChanged(facts, [{ node: self, name: names.arbiter, value }]), ...decision.steps],
    memory: { ...memory, lock: { ...memory.lock, ...(hasWord ? { wordAtMs: lock.answeredAtMs } : {}) } },
  };
};

/**
 * A node that is to take over gives its word no more, and its receiver must tell the lost primary nothing: from here on the time
 * counts after which that primary has ended itself.
 */
const keepOff = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  lock: LockFacts,
): { readonly memory: LockMemory; readonly steps: readonly Step[]; readonly isSilent: boolean } => {
  const { self, names, server, memory } = snapshot;
  const looked = rememberLook(memory.lock, lock);
  const hasWord = ArbiterWord.isSilent(facts.transient(self, names.arbiter));
  const receiver =
    server.state === 'running' && server.answer.ok && server.answer.value.inRecovery
      ? server.answer.value.receiver
      : undefined;
  const isBound = hasWord || wordLeftMs(looked, config, lock) > 0;
  if (!isBound) return { memory: looked, steps: [], isSilent: true };
  const withdrawn: Step = {
    kind: 'publish',
    changes: [{ node: self, name: names.arbiter, value: undefined }],
  };
  return {
    memory: hasWord || receiver !== undefined ? { ...looked, wordAtMs: lock.answeredAtMs } : looked,
    steps: [
      ...(hasWord ? [withdrawn] : []),
      ...(receiver === undefined ? [] : [{ kind: 'endReceiver', pid: receiver.pid } as const]),
    ],
    isSilent: !hasWord && receiver === undefined,
  };
};

/** The primary may count on a reply for as long as on the arbiter's answer, and on that for a lease. */
const wordLeftMs = (memory: LockMemory, { lock }: PgsqlConfig, { sentAtMs }: LockFacts): number =>
  memory.wordAtMs === undefined || lock === undefined ? 0 : memory.wordAtMs + 2 * lock.leaseMs - sentAtMs;

const judgeTakeOver = (snapshot: Snapshot, config: PgsqlConfig): TakeOver | undefined => {
  const { lock, self, memory } = snapshot;
  if (config.lock === undefined || lock?.question.kind !== 'looked') return undefined;
  const { answer } = lock.question;
  const { leaseMs } = config.lock;
  const { look, wordAtMs } = rememberLook(memory.lock, lock);
  return decideTakeOver({
    self,
    // As its owner took it, should the parameter have been changed.
    leaseMs: answer.ok ? Math.max(leaseMs, answer.value.state.leaseMs) : leaseMs,
    look: answer.ok ? { ok: true, value: { state: answer.value.state, atMs: lock.sentAtMs } } : answer,
    earlier: earlierLook(look),
    // Boot is the last moment of which nothing is remembered.
    sinceWordMs: lock.sentAtMs - (wordAtMs ?? 0),
    wordMs: leaseMs,
    aloneOwner: answer.ok ? (answer.value.aloneOwner ?? '') : '',
    isSync: config.repMode === 'sync',
  });
};

/** Only its owner and its stamp are compared, and when it was. */
const earlierLook = (look: LockMemory['look']): Look | undefined =>
  look === undefined
    ? undefined
    : {
        state: { owner: look.owner, renewedAt: look.renewedAt, ageMs: 0, leaseMs: 0 },
        atMs: look.atMs,
      };

const rememberLook = (memory: LockMemory = {}, { question, answeredAtMs }: LockFacts): LockMemory => {
  if (question.kind !== 'looked' || !question.answer.ok) return memory;
  const { owner, renewedAt } = question.answer.value.state;
  if (memory.look?.owner === owner && memory.look.renewedAt === renewedAt) return memory;
  return { ...memory, look: { owner, renewedAt, atMs: answeredAtMs } };
};

const isAnothers = (aloneOwner: string, self: string, { repMode }: PgsqlConfig): boolean =>
  repMode === 'sync' && aloneOwner !== '' && aloneOwner !== self;

const isTooLate = ({ memory, uptimeMs }: Snapshot, { lock }: PgsqlConfig): boolean =>
  memory.lockSoughtMs !== undefined && uptimeMs - memory.lockSoughtMs >= (lock?.timeoutMs ?? 0);

/** distlock_timeout_seconds count from now. */
const withoutHaste = (snapshot: Snapshot): Snapshot =>
  snapshot.memory.lockSoughtMs === undefined
    ? snapshot
    : { ...snapshot, memory: { ...snapshot.memory, lockSoughtMs: snapshot.uptimeMs } };

/** It is tried again for distlock_timeout_seconds. */
const seek = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  sentence: string,
  rule = 'lock.held',
  steps: readonly Step[] = [],
): Decision => {
  const { memory, uptimeMs } = snapshot;
  const soughtMs = memory.lockSoughtMs ?? uptimeMs;
  if (isTooLate(snapshot, config)) return refuse(snapshot, rule, sentence);
  // Once: it is another sentence in each moment.
  const level = memory.lockSoughtMs === undefined ? 'info' : 'debug';
  return again(reason(rule, sentence, level), {
    memory: { ...memory, lockSoughtMs: soughtMs },
    steps,
    waitingFor: 'the lock',
    pauseMs: ASK_AGAIN_MS,
  });
};

/** Its own monitors give it its score again when the lock is to be had. */
const refuse = (
  snapshot: Snapshot,
  rule: string,
  sentence: string,
  steps: readonly Step[] = [],
): Decision => {
  const { self, names, memory } = snapshot;
  const because = sentence.startsWith('not promoted') ? sentence : `not promoted: ${sentence}`;
  return done(OcfExit.GENERIC, reason(rule, because, 'error'), {
    memory,
    steps: [...steps, { kind: 'publish', changes: [{ node: self, name: names.score, value: Score.never }] }],
  });
};
