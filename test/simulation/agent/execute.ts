/** One step, as lib/pgsql/execute.ts has it carried out. */
import type { Acquired, LockAnswer } from '../../../lib/distlock/answer.ts';
import { isOurs } from '../../../lib/distlock/guard/renewal.ts';
import { OUTDATED } from '../../../lib/pacemaker/modify.ts';
import type { Outcome } from '../../../lib/pacemaker/outcome.ts';
import { isRecorded } from '../../../lib/pgsql/confirm.ts';
import { rankOf, recordedChange } from '../../../lib/pgsql/record.ts';
import type { Snapshot } from '../../../lib/pgsql/snapshot.ts';
import type { Step, StepOf } from '../../../lib/pgsql/steps.ts';
import { planStop } from '../../../lib/postgres/stop-plan.ts';
import { formatSyncNames } from '../../../lib/postgres/sync-names.ts';
import { rewriteAll, updateAttribute } from '../cluster/attributes.ts';
import { NAMES, viewOf, writeChangeTo } from '../cluster/cib.ts';
import { writeCib } from '../cluster/controller.ts';
import { broadcast } from '../cluster/corosync.ts';
import { type Asker, acquire, agentOn, inheritAlone, nameDatabase, release } from '../lock/ask.ts';
import { dismissGuard, orderGuard, renew } from '../lock/guard.ts';
import { endReceiver } from '../postgres/replication.ts';
import { killServer, promoteServer, reloadServer, shutDown, startServer } from '../postgres/server.ts';
import { between } from '../random.ts';
import { bootedAtMs, type Machine, type World } from '../world.ts';
import type { Call } from './operation.ts';
import { closedGate, openGate, type Pause } from './pause.ts';

const DONE: Outcome = { ok: true };
const failed = (reason: string): Outcome => ({ ok: false, reason });

/** crm_attr_timeout; CONFIRM_MS is ANSWER_MS of lib/pgsql/confirm.ts, which is no part of its interface */
const WRITE_MS = 5_000;
const CONFIRM_MS = 2_000;
const PROMOTED_MS = 1_000;
const READY_MS = 1_000;
const NAMES_MS = 200;

type Program = Generator<Pause, Outcome, boolean>;

export function* carryOut(
  world: World,
  machine: Machine,
  call: Call,
  snapshot: Snapshot,
  step: Step,
): Program {
  const { random } = world;
  const { database } = machine;
  const asker = (): Asker => agentOn(world, machine, call.deadlineMs);
  switch (step.kind) {
    case 'publish':
      yield between(random, 4, 15);
      if (machine.stack === undefined) return failed('Pacemaker does not run');
      for (const { node, name, value } of step.changes)
        updateAttribute(world, machine.stack, node, name, value);
      return DONE;
    case 'rewrite':
      yield between(random, 4, 15);
      if (machine.stack === undefined) return failed('Pacemaker does not run');
      rewriteAll(world, machine.stack);
      return DONE;
    case 'announce':
      yield between(random, 4, 15);
      if (machine.stack === undefined) return failed('Pacemaker does not run');
      updateAttribute(world, machine.stack, machine.name, NAMES.election, step.note);
      return DONE;
    case 'record':
      return yield* record(world, machine, snapshot, step);
    case 'confirm':
      return yield* confirm(world, machine, snapshot, step, asker);
    case 'configure':
      yield between(random, 1, 6);
      database.names = step.settings.syncNames;
      database.standbySignal = step.standby;
      database.isSealed = step.settings.standby?.primaryConninfo === '';
      return DONE;
    case 'reload':
      return database.process?.pid === step.pid && reloadServer(world, machine)
        ? DONE
        : failed(`there is no process ${step.pid} any more`);
    case 'start':
      yield between(random, 20, 60);
      startServer(world, machine);
      yield between(random, 20, 40);
      return database.process === undefined ? failed('PostgreSQL ended while it was starting') : DONE;
    case 'awaitReady':
      for (let waitedMs = 0; waitedMs < READY_MS; waitedMs += 10) {
        if (database.process === undefined) break;
        if (database.process.state !== 'starting') return DONE;
        yield 10;
      }
      return failed('PostgreSQL does not accept connections yet');
    case 'awaitNames':
      for (let waitedMs = 0; waitedMs < NAMES_MS; waitedMs += 10) {
        const { process } = database;
        if (process === undefined) return failed('the server has closed the connection');
        const isSet = formatSyncNames(process.names) === formatSyncNames(step.names);
        if (isSet && process.checkpointerBusyUntilMs <= world.agenda.nowMs) return DONE;
        yield 10;
      }
      return failed('its checkpointer is busy');
    case 'checkpoint':
      yield between(random, 5, 100);
      return DONE;
    case 'stop':
      return yield* stop(world, machine, call, step);
    case 'reserve':
      database.reserved = step.through;
      return DONE;
    case 'promote':
      yield between(random, 5, 20);
      if (database.process?.pid !== step.pid || database.process.isHung)
        return failed('the server does not answer');
      promoteServer(world, machine, database.process);
      return DONE;
    case 'awaitPromoted':
      for (let waitedMs = 0; waitedMs < PROMOTED_MS; waitedMs += 20) {
        if (database.process === undefined) return failed('the server has closed the connection');
        if (database.process.state !== 'promoting') return DONE;
        yield 20;
      }
      return failed('the server is still being promoted');
    case 'endReceiver':
      if (database.process?.receiver?.pid === step.pid) endReceiver(world, database.process);
      return DONE;
    case 'resumeReplay':
    case 'tellLag':
    case 'createSlots':
    case 'dropSlots':
    case 'endConnections':
    case 'watch':
    case 'endWatch':
      return DONE;
    case 'takeLock':
      return outcomeOf(
        takenOf(yield* acquire(world, asker(), 'lock', step.ifRenewedAt)),
        'the lock was renewed',
      );
    case 'goAlone':
      return outcomeOf(takenOf(yield* takeAlone(world, asker())), 'another one is alone, or has the lock');
    case 'endAlone': {
      const answer = yield* release(world, asker(), 'alone');
      return answer.ok ? DONE : failed(answer.failure.sentence);
    }
    case 'inheritAlone':
      return outcomeOf(yield* inheritAlone(world, asker(), step.from), 'it has changed');
    case 'nameDatabase':
      return outcomeOf(yield* nameDatabase(world, asker(), step.systemIdentifier), "another database's");
    case 'renewLock': {
      const answer = yield* renew(world, asker());
      if (!answer.ok) return failed(answer.failure.sentence);
      return isOurs(answer.value, machine.name) ? DONE : failed('it does not have the lock any more');
    }
    case 'guard':
      yield between(random, 1, 30);
      return yield* orderGuard(world, machine, {
        sentAtMs: step.sentAtMs + bootedAtMs(machine),
        isReplaced: step.isReplaced === true,
        isAwaited: step.isAwaited === true,
      });
    case 'giveBack':
      yield* dismissGuard(machine);
      yield* release(world, asker(), 'lock');
      return DONE;
  }
}

const outcomeOf = (answer: LockAnswer<boolean>, otherwise: string): Outcome => {
  if (!answer.ok) return failed(answer.failure.sentence);
  return answer.value ? DONE : failed(otherwise);
};

const takenOf = (answer: LockAnswer<Acquired>): LockAnswer<boolean> =>
  answer.ok ? { ok: true, value: answer.value.taken } : answer;

/** By a broken rule it is only asked whether this node may. */
function* takeAlone(world: World, asker: Asker): Generator<Pause, LockAnswer<Acquired>, boolean> {
  return yield* acquire(world, asker, world.rules.writesAlone ? 'alone' : 'lock');
}

/** confirmByLock() in lib/pgsql/lock/execute-lock.ts */
function* confirmByLock(world: World, asker: () => Asker): Generator<Pause, LockAnswer<Outcome>, boolean> {
  const alone = yield* takeAlone(world, asker());
  if (!alone.ok) return alone;
  const { taken, before } = alone.value;
  if (!taken) return { ok: true, value: failed('another one is alone, or has the lock') };
  const lock = yield* acquire(world, asker(), 'lock');
  if (!lock.ok) return lock;
  if (lock.value.taken) return { ok: true, value: DONE };
  if (before?.owner !== asker().machine.name) yield* release(world, asker(), 'alone');
  return { ok: true, value: failed('another one has the lock') };
}

function* record(world: World, machine: Machine, snapshot: Snapshot, step: StepOf<'record'>): Program {
  const { random, rules } = world;
  if (!snapshot.cluster.known) return failed(snapshot.cluster.reason);
  const view = snapshot.cluster.value;
  const rank = rankOf(step, view, NAMES);
  // With a lock, that decides: of two nodes one alone is no majority.
  if (rules.needsQuorum(step, rank) && world.arbiter === undefined) {
    yield between(random, 5, 15);
    if (!rules.believesQuorum(machine.stack?.isQuorate === true)) return failed('this node has no quorum');
  }
  yield between(random, 5, 20);
  if (machine.stack === undefined) return failed('Pacemaker does not run');
  const written = closedGate(WRITE_MS);
  let isWritten = false;
  const write = writeChangeTo(recordedChange(step, NAMES, rank), view, rules.takesRecord);
  writeCib(world, machine.stack, write, (ok) => {
    isWritten = ok;
    openGate(written);
  });
  if (!(yield written)) return failed('cibadmin: no answer in time');
  return isWritten ? DONE : OUTDATED;
}

function* confirm(
  world: World,
  machine: Machine,
  snapshot: Snapshot,
  step: StepOf<'confirm'>,
  asker: () => Asker,
): Program {
  const { random, rules } = world;
  if (!snapshot.cluster.known) return failed(snapshot.cluster.reason);
  if (world.arbiter !== undefined && !step.byNodes) {
    const answer = yield* confirmByLock(world, asker);
    if (answer.ok) return answer.value;
  }
  const members = [...snapshot.cluster.value.nodes.values()];
  const asked = members.filter(({ online, name }) => online && name !== machine.name).map(({ name }) => name);
  yield between(random, 5, 15);
  const { stack } = machine;
  if (stack === undefined) return failed('Pacemaker does not run');
  const isQuorate = stack.isQuorate;
  const confirmed: string[] = [];
  const answered = closedGate(CONFIRM_MS);
  let open = asked.length;
  const settle = (): void => {
    const isEnough = rules.judgeConfirmation(members.length, [machine.name, ...confirmed], []).ok;
    if (isEnough || open === 0) openGate(answered);
  };
  settle();
  // Question and answer are messages like any other; whoever answers does so from its own CIB.
  broadcast(world, stack, (member) => {
    const { name } = member.machine;
    if (!asked.includes(name)) return;
    const has = isRecorded(viewOf(member.machine.cib), NAMES, step);
    broadcast(world, member, (other) => {
      if (other !== stack) return;
      open--;
      if (has) confirmed.push(name);
      settle();
    });
  });
  yield answered;
  const missing = members
    .map(({ name }) => name)
    .filter((name) => name !== machine.name && !confirmed.includes(name));
  const judgement = rules.judgeConfirmation(members.length, [machine.name, ...confirmed], missing);
  if (!judgement.ok) return judgement;
  return rules.believesQuorum(isQuorate) ? DONE : failed('this node has no quorum any more');
}

function* stop(world: World, machine: Machine, call: Call, step: StepOf<'stop'>): Program {
  const { process } = machine.database;
  if (process === undefined) return DONE;
  const leftMs = Math.max(0, call.deadlineMs - world.agenda.nowMs);
  const plan = planStop(step.first === 'immediate' ? 0 : step.escalateAfterMs, leftMs);
  if (plan.immediateAtMs > 0) {
    const ended = closedGate(plan.immediateAtMs);
    shutDown(world, machine, process, () => openGate(ended));
    if (yield ended) return DONE;
  }
  yield between(world.random, 10, 60);
  killServer(world, machine);
  return DONE;
}
