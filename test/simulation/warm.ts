/**
 * A cluster that has been well for a while: what the first start leads to, without the time that it takes to simulate it. The
 * first node is the primary, the second its synchronous standby.
 */
import { DataStatus, Score } from '../../lib/pgsql/names.ts';
import { formatReplInfo } from '../../lib/pgsql/repl-info.ts';
import { formatLsn16 } from '../../lib/postgres/lsn.ts';
import type { SyncNames } from '../../lib/postgres/sync-names.ts';
import { scheduleMonitor } from './agent/executor.ts';
import { type CibNode, NAMES } from './cluster/cib.ts';
import type { Ring } from './cluster/corosync.ts';
import { UNKNOWN_INSTANCE } from './cluster/instance.ts';
import { acquireRow } from './lock/arbiter.ts';
import { moveDeadline, startGuard } from './lock/guard.ts';
import { newStack } from './machines.ts';
import { SYSTEM } from './postgres/database.ts';
import { connect } from './postgres/replication.ts';
import { newProcess } from './postgres/server.ts';
import { type Branch, FIRST_BRANCH, RECORD_BYTES, toLsn, WAL_START } from './postgres/wal.ts';
import { between } from './random.ts';
import type { Machine, Stack, World } from './world.ts';

const UP_FOR_MS = 60_000;
const FORK = WAL_START + RECORD_BYTES;
const END = FORK + 10 * RECORD_BYTES;
const RAISED = 300;

export const warmUp = (world: World): void => {
  const [primary, ...standbys] = world.machines;
  if (primary === undefined) return;
  const branch: Branch = { timeline: 2, parent: FIRST_BRANCH, forkedAt: FORK, openedBy: primary.name };
  for (const machine of world.machines) {
    machine.life = { isOver: false, machine, bootedAtMs: -UP_FOR_MS };
    machine.stack = newStack(machine);
    bringUpDatabase(world, machine, branch, machine === primary ? standbys[0]?.name : undefined);
  }
  for (const standby of standbys) followAtOnce(world, primary, standby);
  primary.hasAddress = true;
  formRing(world, primary);
  giveLock(world, primary);
};

const giveLock = (world: World, primary: Machine): void => {
  const { arbiter } = world;
  if (arbiter === undefined) return;
  arbiter.database = SYSTEM;
  acquireRow(arbiter, world.agenda.nowMs, 'lock', primary.name);
  moveDeadline(primary, primary.database.process?.pid ?? 0, world.agenda.nowMs);
  startGuard(world, primary, 0);
};

const bringUpDatabase = (
  world: World,
  machine: Machine,
  branch: Branch,
  waitsFor: string | undefined,
): void => {
  const { database } = machine;
  const names: SyncNames = waitsFor === undefined ? { kind: 'none' } : { kind: 'all', nodes: [waitsFor] };
  const isPrimary = machine.index === 0;
  Object.assign(database, {
    branch,
    flushed: END,
    replayed: END,
    names,
    standbySignal: !isPrimary,
    control: {
      state: isPrimary ? 'in production' : 'in archive recovery',
      checkpoint: { timeline: 2, end: FORK + RECORD_BYTES },
      minRecovery: isPrimary ? undefined : { timeline: 2, end: END - RECORD_BYTES },
    },
  });
  const process = newProcess(world, machine);
  process.state = isPrimary ? 'primary' : 'standby';
  process.startedMs = -UP_FOR_MS;
  process.replayedAtMs = 0;
  database.process = process;
};

const followAtOnce = (world: World, primary: Machine, standby: Machine): void => {
  const sender = primary.database.process;
  const receiver = standby.database.process;
  if (sender === undefined || receiver === undefined) return;
  const connection = connect(world, primary, sender, standby, receiver);
  connection.state = 'streaming';
  connection.flushed = END;
  receiver.hasStreamed = true;
};

const formRing = (world: World, primary: Machine): void => {
  const members = world.machines.flatMap(({ stack }) => (stack === undefined ? [] : [stack]));
  const [dc] = members;
  const ring: Ring = {
    members,
    isIntact: true,
    isGivenUp: false,
    pending: [],
    lastDeliveryMs: 0,
    dc,
  };
  const nodes = world.machines.map(cibNodeOf);
  const record = formatReplInfo({ node: primary.name, timeline: 1, end: toLsn(FORK) });
  const cib = {
    ...primary.cib,
    adminEpoch: RAISED,
    epoch: 10,
    haveQuorum: true,
    dc: primary.name,
    nodes,
    properties: new Map([[NAMES.replInfo, record]]),
  };
  for (const stack of members) {
    stack.ring = ring;
    stack.isQuorate = true;
    stack.hasSeenAll = true;
    stack.machine.cib = cib;
    stack.attributes = new Map(nodes.map(({ name, transient }) => [name, new Map(transient)]));
    begin(world, stack, nodes[stack.machine.index]);
  }
};

const begin = (world: World, stack: Stack, node: CibNode | undefined): void => {
  if (node !== undefined) stack.executor.instance = node.instance;
  scheduleMonitor(world, stack, between(world.random, 0, 4000));
};

const cibNodeOf = ({ name, index }: Machine): CibNode => {
  const [dataStatus, status, score] =
    index === 0
      ? ([DataStatus.latest, 'PRI', Score.primary] as const)
      : index === 1
        ? ([DataStatus.sync, 'HS:sync', String(Score.candidate)] as const)
        : ([DataStatus.async, 'HS:async', Score.never] as const);
  const transient = new Map<string, string>([
    [NAMES.status, status],
    [NAMES.score, score],
  ]);
  if (index === 0) transient.set(NAMES.baseline, formatLsn16(toLsn(FORK)));
  return {
    name,
    online: true,
    standby: false,
    dataStatus,
    transient,
    instance: { ...UNKNOWN_INSTANCE, role: index === 0 ? 'promoted' : 'unpromoted' },
  };
};
