/** Rules that are broken on purpose, one at a time: a simulation that does not find them would find nothing else either. */
import type { Decision } from '../../lib/pgsql/decide/decision.ts';
import { DataStatus, Score } from '../../lib/pgsql/names.ts';
import { openedTimeline, parseReplInfo } from '../../lib/pgsql/repl-info.ts';
import type { Snapshot } from '../../lib/pgsql/snapshot.ts';
import type { Step } from '../../lib/pgsql/steps.ts';
import { known, unknown } from '../../lib/system/fact.ts';
import { type Decide, goesForward, REAL_RULES, type Rules } from './rules.ts';

/** Every decision of a primary, which monitors, notifications and promotions all make. */
const changingDecisions = (change: (decision: Decision, snapshot: Snapshot) => Decision): Rules => {
  const changed =
    (decide: Decide): Decide =>
    (snapshot, config) =>
      change(decide(snapshot, config), snapshot);
  const { decide } = REAL_RULES;
  return {
    ...REAL_RULES,
    decide: {
      ...decide,
      monitor: changed(decide.monitor),
      notify: changed(decide.notify),
      promote: changed(decide.promote),
    },
  };
};

/** Marked as soon as commits are to wait for it: it may lack what was acknowledged before, and what is acknowledged until then. */
const markTooEarly = changingDecisions((decision) => {
  if (decision.reasons[0].rule !== 'sync.wait-for') return decision;
  const marks = decision.steps.flatMap((step) =>
    step.kind === 'configure' && step.settings.syncNames.kind === 'all' ? step.settings.syncNames.nodes : [],
  );
  const mark: Step = {
    kind: 'record',
    dataStatus: Object.fromEntries(marks.map((name) => [name, DataStatus.sync])),
  };
  return { ...decision, steps: [...decision.steps, mark] };
});

/** Commits go on first, and then the cluster is told. */
const releaseBeforeMarking = changingDecisions((decision) => {
  const isRelease = ({ kind }: Step): boolean => kind === 'configure' || kind === 'reload';
  if (
    !decision.steps.some(({ kind }) => kind === 'confirm') ||
    decision.steps.some(({ kind }) => kind === 'promote')
  )
    return decision;
  return {
    ...decision,
    steps: [...decision.steps.filter(isRelease), ...decision.steps.filter((s) => !isRelease(s))],
  };
});

/**
 * A score that a standby once had is left to it, and whoever is chosen by one is taken for a node that holds everything: nobody is
 * compared with.
 */
const keepingScores = changingDecisions((decision) => ({
  ...decision,
  steps: decision.steps.map((step) =>
    step.kind === 'publish'
      ? { ...step, changes: step.changes.filter(({ value }) => value !== Score.never) }
      : step,
  ),
}));
const trustScore: Rules = {
  ...keepingScores,
  decide: {
    ...keepingScores.decide,
    notify: (snapshot, config) => keepingScores.decide.notify(trustingScore(snapshot), config),
    promote: (snapshot, config) => keepingScores.decide.promote(trustingScore(snapshot), config),
  },
};

const trustingScore = (snapshot: Snapshot): Snapshot => {
  const { cluster, names, announced } = snapshot;
  if (!cluster.known || announced.promote.length === 0) return snapshot;
  const nodes = new Map(
    [...cluster.value.nodes].map(([name, node]) => [
      name,
      announced.promote.includes(name)
        ? { ...node, permanent: new Map([[names.dataStatus, DataStatus.sync]]) }
        : node,
    ]),
  );
  return { ...snapshot, cluster: known({ ...cluster.value, nodes }), notes: known(new Map()) };
};

/**
 * Positions are compared as if there were one timeline only: whoever starts, or runs without a primary's WAL, is taken to be on
 * the timeline that the recorded promotion has opened, and to have its past.
 */
const ignoringTimelines = (snapshot: Snapshot): Snapshot => {
  const { cluster, disk, names, server } = snapshot;
  const text = cluster.known ? cluster.value.properties.get(names.replInfo) : undefined;
  const recorded = text === undefined ? undefined : parseReplInfo(text);
  if (recorded === undefined) return snapshot;
  const timeline = openedTimeline(recorded);
  const { control } = disk;
  return {
    ...snapshot,
    server:
      server.state === 'running' && server.answer.ok && server.answer.value.inRecovery
        ? { ...server, answer: { ok: true, value: { ...server.answer.value, timeline } } }
        : server,
    disk: {
      ...disk,
      control: control.known ? known({ ...control.value, checkpointTimeline: timeline }) : control,
      segments: unknown('not looked at'),
      ownHistory: unknown('not looked at'),
      recordAtFork: unknown('not looked at'),
    },
    primaryHistory: unknown('not looked at'),
  };
};
const compareAcrossTimelines: Rules = {
  ...REAL_RULES,
  decide: {
    ...REAL_RULES.decide,
    start: (snapshot, config) => REAL_RULES.decide.start(ignoringTimelines(snapshot), config),
    demote: (snapshot, config) => REAL_RULES.decide.demote(ignoringTimelines(snapshot), config),
    monitor: (snapshot, config) => REAL_RULES.decide.monitor(withStandbyOnly(snapshot), config),
  },
};

/** A primary's own past is what it says of itself, and no comparison. */
const withStandbyOnly = (snapshot: Snapshot): Snapshot =>
  snapshot.server.state === 'running' && snapshot.server.answer.ok && !snapshot.server.answer.value.inRecovery
    ? snapshot
    : ignoringTimelines(snapshot);

/** Nobody is asked, and this node believes that it has quorum. */
const forgetQuorum: Rules = {
  ...REAL_RULES,
  judgeConfirmation: () => ({ ok: true }),
  needsQuorum: () => false,
  believesQuorum: () => true,
};

/** Commits stop waiting, and the arbiter is not told: the standby takes over by the mark in its own copy of the CIB, which may be old. */
const tellNoArbiter: Rules = { ...REAL_RULES, writesAlone: false };

/** The arbiter is told that a standby has everything as soon as it is asked. */
const endAloneTooEarly = changingDecisions((decision, { self, lock }) => {
  const { question } = lock ?? {};
  const isAlone =
    question?.kind === 'renewed' && question.answer.ok && question.answer.value.aloneOwner === self;
  return isAlone ? { ...decision, steps: [...decision.steps, { kind: 'endAlone' }] } : decision;
});

/** A standby takes the lock though the lease of its owner may last. */
const takeLockTooEarly: Rules = {
  ...REAL_RULES,
  decide: {
    ...REAL_RULES.decide,
    promote: (snapshot, config) =>
      config.lock === undefined
        ? REAL_RULES.decide.promote(snapshot, config)
        : REAL_RULES.decide.promote(withShortLease(snapshot), {
            ...config,
            lock: { ...config.lock, leaseMs: 1 },
          }),
  },
};

const withShortLease = (snapshot: Snapshot): Snapshot => {
  const { lock } = snapshot;
  if (lock?.question.kind !== 'looked' || !lock.question.answer.ok) return snapshot;
  const seen = lock.question.answer.value;
  const value = { ...seen, state: { ...seen.state, leaseMs: 1 } };
  return { ...snapshot, lock: { ...lock, question: { kind: 'looked', answer: { ok: true, value } } } };
};

/** The guard does not end a primary whose lease is over. */
const sleepingGuard: Rules = { ...REAL_RULES, guardStep: () => ({ kind: 'wait' }) };

/** A record takes effect, too, in the CIB of another partition that has just been met. */
const recordAnywhere: Rules = { ...REAL_RULES, takesRecord: goesForward };

const RULES = {
  'mark-too-early': markTooEarly,
  'release-before-marking': releaseBeforeMarking,
  'trust-score': trustScore,
  'compare-across-timelines': compareAcrossTimelines,
  'forget-quorum': forgetQuorum,
  'record-anywhere': recordAnywhere,
  'tell-no-arbiter': tellNoArbiter,
  'end-alone-too-early': endAloneTooEarly,
  'take-lock-too-early': takeLockTooEarly,
  'sleeping-guard': sleepingGuard,
} satisfies Readonly<Record<string, Rules>>;

export const MUTANTS: Readonly<Record<string, Rules>> = RULES;

/** Of the lock, which only clusters of two nodes have. */
export const MUTANTS_OF_TWO: readonly string[] = [
  'tell-no-arbiter',
  'end-alone-too-early',
  'take-lock-too-early',
  'sleeping-guard',
] satisfies readonly (keyof typeof RULES)[];
