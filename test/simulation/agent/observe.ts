/** What the agent sees of the simulated world, in the order and to the depth of lib/pgsql/observe.ts. */
import { clusterFacts } from '../../../lib/pgsql/cluster-facts.ts';
import {
  askingOf,
  asksCluster,
  asksPrimary,
  depthOf,
  looksAtAddress,
  timelineOf,
} from '../../../lib/pgsql/depth.ts';
import type { LockFacts, LockQuestion } from '../../../lib/pgsql/lock/facts.ts';
import type { Memory } from '../../../lib/pgsql/memory.ts';
import type { Disk, PrimaryHistory, Server, Snapshot } from '../../../lib/pgsql/snapshot.ts';
import { endOf } from '../../../lib/postgres/history.ts';
import { type Fact, known, unknown } from '../../../lib/system/fact.ts';
import { factsOf, NAMES, RESOURCE, viewOf } from '../cluster/cib.ts';
import { type Asker, agentOn, LOOK_MS, see } from '../lock/ask.ts';
import { guardedUntilMs, guardFacts, renew } from '../lock/guard.ts';
import { hearEachOther } from '../network.ts';
import { controlData, endOfLocalWal, ownHistory, SYSTEM, segmentsOf, VERSION } from '../postgres/database.ts';
import { addressHolder } from '../postgres/replication.ts';
import { answerOf } from '../postgres/states.ts';
import { historyOf, toLsn } from '../postgres/wal.ts';
import { between, chance } from '../random.ts';
import { bootedAtMs, type Machine, type World } from '../world.ts';
import type { Call } from './operation.ts';
import type { Pause } from './pause.ts';

const NOT_ASKED = unknown('not asked for');
const NO_SETTINGS = unknown('there is no settings file yet');
const VERSION_FACT = known(VERSION);
/** See ANSWER_MS there: how long a server that says nothing is waited for. */
const ANSWER_MS = 10_000;
const ANSWER_BEFORE_STOP_MS = 2_000;

export function* observe(
  world: World,
  machine: Machine,
  call: Call,
  memory: Memory,
  round: number,
  before?: Snapshot,
): Generator<Pause, Snapshot, boolean> {
  const { random } = world;
  // The cluster and the server are asked side by side: which answers first is chance.
  const isClusterFirst = chance(random, 0.5);
  let cluster = before?.cluster ?? (isClusterFirst ? readCluster(machine, call) : undefined);
  yield between(random, 3, 25);
  // With a lock the arbiter, too: either answer may be older than the other one.
  const early =
    world.arbiter !== undefined && chance(random, 0.5) ? yield* readServer(world, machine, call) : undefined;
  const lock = world.arbiter === undefined ? undefined : yield* readLock(world, machine, call, memory);
  const server = early ?? (yield* readServer(world, machine, call));
  cluster ??= readCluster(machine, call);
  const facts = cluster.known
    ? before === undefined
      ? factsOf(machine.cib)
      : clusterFacts(cluster.value, NAMES)
    : undefined;
  // Written out, here and below: this is made for every look, and to spread objects would take most of the time.
  const address = looksAtAddress({ ...call, notify: call.order.notify, round }, machine.database)
    ? { isAddressTaken: isAddressTaken(world, machine) }
    : {};
  const snapshotOf = (
    disk: Disk,
    primaryHistory: Snapshot['primaryHistory'],
    notes: Snapshot['notes'],
  ): Snapshot => ({
    self: call.self,
    resource: RESOURCE,
    names: NAMES,
    uptimeMs: world.agenda.nowMs - bootedAtMs(machine),
    isProbe: call.isProbe,
    round,
    cluster,
    notify: call.order.notify,
    announced: call.order.announced,
    server,
    disk,
    primaryHistory,
    ...address,
    notes,
    ...(lock === undefined ? {} : { lock }),
    memory,
  });
  const depth = depthOf(call, server, true);
  if (depth === 'shallow') return snapshotOf(diskOf(machine, 'shallow', NOT_ASKED), NOT_ASKED, NOT_ASKED);
  if (depth === 'control') return snapshotOf(diskOf(machine, 'deep', NOT_ASKED), NOT_ASKED, NOT_ASKED);
  if (depth === 'primary') {
    const history = ownHistory(machine.database, machine.database.branch.timeline);
    return snapshotOf(diskOf(machine, 'shallow', history), NOT_ASKED, NOT_ASKED);
  }

  yield between(random, 3, 15);
  const notes = before?.notes.known ? before.notes : readNotes(machine);
  const partial = diskOf(machine, 'deep', NOT_ASKED);
  const timeline = timelineOf(server, partial);
  const history =
    timeline === undefined ? unknown('the timeline is not known') : ownHistory(machine.database, timeline);
  let primaryHistory: Fact<PrimaryHistory> = unknown('there is no other primary');
  if (facts !== undefined && asksPrimary(call, memory, server, facts)) {
    yield between(random, 2, 10);
    primaryHistory = askPrimary(world, machine);
  }
  const recorded = facts?.replInfo;
  const fork =
    server.state !== 'stopped' ||
    recorded === undefined ||
    recorded.node === call.self ||
    timeline === undefined
      ? undefined
      : ((primaryHistory.known ? endOf(primaryHistory.value.history, timeline) : undefined) ??
        (recorded.timeline === timeline ? recorded.end : undefined));
  const end = timeline === undefined ? undefined : endOfLocalWal(machine.database, timeline);
  const recordAtFork = fork === undefined || end === undefined ? NOT_ASKED : known(toLsn(end) > fork);
  return snapshotOf({ ...partial, ownHistory: history, recordAtFork }, primaryHistory, notes);
}

/** As there: what a candidate waits for, while the rest is as it was. */
export function* observeElection(
  world: World,
  machine: Machine,
  call: Call,
  memory: Memory,
  round: number,
  previous: Snapshot,
): Generator<Pause, Snapshot, boolean> {
  yield between(world.random, 3, 15);
  const server = yield* readServer(world, machine, call);
  return {
    ...previous,
    uptimeMs: world.agenda.nowMs - bootedAtMs(machine),
    round,
    server,
    disk: { ...previous.disk, segments: known(segmentsOf(machine.database)) },
    notes: readNotes(machine),
    memory,
  };
}

/** As observeLock() does it. */
function* readLock(
  world: World,
  machine: Machine,
  call: Call,
  memory: Memory,
): Generator<Pause, LockFacts, boolean> {
  const { agenda } = world;
  const sinceBootMs = (): number => agenda.nowMs - bootedAtMs(machine);
  const asking = askingOf(call, memory, machine.database.process !== undefined, machine.database);
  const guard = guardFacts(world, machine, asking === 'renew');
  const sentAtMs = sinceBootMs();
  const asker = (patienceMs: number): Asker => agentOn(world, machine, call.deadlineMs, patienceMs);
  let question: LockQuestion = { kind: 'not-asked' };
  if (asking === 'look') question = { kind: 'looked', answer: yield* see(world, asker(LOOK_MS)) };
  if (asking === 'renew')
    question = { kind: 'renewed', answer: yield* renew(world, asker(patienceMs(machine, agenda.nowMs))) };
  return { question, sentAtMs, answeredAtMs: sinceBootMs(), wallMs: agenda.nowMs, guard };
}

/** patienceMs() of lib/pgsql/lock/observe-lock.ts */
const patienceMs = (machine: Machine, nowMs: number): number => {
  const until = guardedUntilMs(machine);
  return until === undefined ? LOOK_MS : Math.min(LOOK_MS, Math.max(300, (until - nowMs) / 8));
};

const readCluster = (machine: Machine, call: Call): Snapshot['cluster'] => {
  if (!asksCluster(call, machine.database.process !== undefined, machine.database)) return NOT_ASKED;
  return machine.stack === undefined ? unknown('Pacemaker does not run') : known(viewOf(machine.cib));
};

function* readServer(world: World, machine: Machine, call: Call): Generator<Pause, Server, boolean> {
  const { process } = machine.database;
  if (process === undefined) return { state: 'stopped', leftovers: [] };
  if (process.isHung) {
    yield call.kind === 'stop' || call.kind === 'demote' ? ANSWER_BEFORE_STOP_MS : ANSWER_MS;
    const still = machine.database.process;
    if (still === undefined) return { state: 'stopped', leftovers: [] };
  }
  const found = machine.database.process;
  if (found === undefined) return { state: 'stopped', leftovers: [] };
  return {
    state: 'running',
    pid: found.pid,
    ageMs: world.agenda.nowMs - found.startedMs,
    answer: answerOf(world, machine, found),
  };
}

const readNotes = ({ stack }: Machine): Snapshot['notes'] => {
  if (stack === undefined) return unknown('Pacemaker does not run');
  const notes = new Map<string, string>();
  for (const [node, values] of stack.attributes) {
    const note = values.get(NAMES.election);
    if (note !== undefined) notes.set(node, note);
  }
  return known(notes);
};

const diskOf = ({ database }: Machine, depth: 'shallow' | 'deep', history: Disk['ownHistory']): Disk => ({
  directory: 'present',
  version: VERSION_FACT,
  control: depth === 'deep' ? known(controlData(database)) : NOT_ASKED,
  standbySignal: database.standbySignal,
  incomplete: undefined,
  ownHistory: history,
  segments: depth === 'deep' ? known(segmentsOf(database)) : NOT_ASKED,
  syncNames: database.names === undefined ? NO_SETTINGS : known(database.names),
  isSealed: database.isSealed,
  recordAtFork: NOT_ASKED,
  walRoom: NOT_ASKED,
  spareSegment: NOT_ASKED,
});

/** The kernel of a frozen machine takes connections. */
const isAddressTaken = (world: World, machine: Machine): boolean =>
  world.machines.some(
    (other) =>
      other !== machine &&
      other.hasAddress &&
      other.life !== undefined &&
      other.database.process !== undefined &&
      hearEachOther(world, machine, other),
  );

const askPrimary = (world: World, machine: Machine): Fact<PrimaryHistory> => {
  const holder = addressHolder(world, machine);
  const process = holder?.database.process;
  if (holder === undefined || !hearEachOther(world, machine, holder) || process === undefined)
    return unknown('nobody answers at the address of the primary');
  if (process.state === 'standby' || process.state === 'promoting')
    return unknown('it is in recovery, and no primary now');
  if (process.state !== 'primary' || process.isHung || holder.database.mistakes.standbys > 0)
    return unknown('it does not take connections');
  const { branch, flushed } = holder.database;
  return known({
    systemIdentifier: SYSTEM,
    timeline: branch.timeline,
    history: historyOf(branch),
    flushed: toLsn(flushed),
  });
};
