/** One step, as lib/pgsql/execute.ts has it carried out. */
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
import { endReceiver } from '../postgres/replication.ts';
import { killServer, promoteServer, reloadServer, shutDown, startServer } from '../postgres/server.ts';
import { between } from '../random.ts';
import type { Machine, World } from '../world.ts';
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
      return yield* confirm(world, machine, snapshot, step);
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
    case 'goAlone':
    case 'endAlone':
    case 'inheritAlone':
    case 'nameDatabase':
    case 'renewLock':
    case 'guard':
    case 'giveBack':
      return failed('there is no lock (enable_distlock)');
  }
}

function* record(world: World, machine: Machine, snapshot: Snapshot, step: StepOf<'record'>): Program {
  const { random, rules } = world;
  if (!snapshot.cluster.known) return failed(snapshot.cluster.reason);
  const view = snapshot.cluster.value;
  const rank = rankOf(step, view, NAMES);
  if (rules.needsQuorum(step, rank)) {
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

function* confirm(world: World, machine: Machine, snapshot: Snapshot, step: StepOf<'confirm'>): Program {
  const { random, rules } = world;
  if (!snapshot.cluster.known) return failed(snapshot.cluster.reason);
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
