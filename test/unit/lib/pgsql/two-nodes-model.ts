/**
 * Two nodes and an arbiter that run the real decisions, with links that are cut in one direction or both, clocks that differ, and
 * an arbiter whose clock jumps. Time goes on in ticks; an agent acts whole within one. Clients reach each node directly.
 */
import type { LockAnswer, LockState } from '../../../../lib/distlock/answer.ts';
import type { Beside, Held, Seen } from '../../../../lib/distlock/arbiter.ts';
import { leaseBudget } from '../../../../lib/distlock/lease.ts';
import { clusterFacts } from '../../../../lib/pgsql/cluster-facts.ts';
import { memoryAfter } from '../../../../lib/pgsql/conclude.ts';
import type { PgsqlConfig } from '../../../../lib/pgsql/config.ts';
import type { Decision } from '../../../../lib/pgsql/decide/decision.ts';
import { decideMonitor } from '../../../../lib/pgsql/decide/monitor.ts';
import { decidePromote } from '../../../../lib/pgsql/decide/promote.ts';
import { decideStart } from '../../../../lib/pgsql/decide/start.ts';
import { decideStop } from '../../../../lib/pgsql/decide/stop.ts';
import type { LockFacts } from '../../../../lib/pgsql/lock/facts.ts';
import { EMPTY_MEMORY, type Memory, parseMemory, serializeMemory } from '../../../../lib/pgsql/memory.ts';
import { DataStatus } from '../../../../lib/pgsql/names.ts';
import { rankOf } from '../../../../lib/pgsql/record.ts';
import { formatReplInfo } from '../../../../lib/pgsql/repl-info.ts';
import type { Snapshot } from '../../../../lib/pgsql/snapshot.ts';
import type { Step } from '../../../../lib/pgsql/steps.ts';
import type { History } from '../../../../lib/postgres/history.ts';
import { type Lsn, lsnOf } from '../../../../lib/postgres/lsn.ts';
import type { SyncNames } from '../../../../lib/postgres/sync-names.ts';
import { known } from '../../../../lib/system/fact.ts';
import {
  aConfig,
  aControlFile,
  aDisk,
  aLockView,
  aPrimary,
  aReceiver,
  aSender,
  aSnapshot,
  aStandby,
  LOCK,
  NAMES,
  running,
  segmentOf,
  stopped,
} from './builders.ts';

export type Name = 'node1' | 'node2';
export type Place = Name | 'arbiter';
export const NODES: readonly Name[] = ['node1', 'node2'];
const otherOf = (name: Name): Name => (name === 'node1' ? 'node2' : 'node1');

export const TICK_MS = 250;
/** Until Corosync has noticed a cut. */
const NOTICE_MS = 2_000;
/** wal_sender_timeout and wal_receiver_timeout. */
const SILENCE_MS = 5_000;
const RECONNECT_MS = 1_000;
const MONITOR_MS = { primary: 3_000, standby: 4_000, stopped: 1_000 } as const;
const ANSWER_MS = 2_000;
/** Pacemaker writes its CIB to disk in the background. */
const CIB_WRITE_MS = 1_000;
const QUIT_MS = leaseBudget(LOCK).quitAfterMs;

const position = (end: number): Lsn => lsnOf(BigInt(0x5000000 + end));
const EMPTY: LockAnswer<never> = {
  ok: false,
  failure: { kind: 'not-initialised', sentence: 'there is no lock' },
};
const LOST: LockAnswer<never> = { ok: false, failure: { kind: 'silent', sentence: 'no answer in time' } };

interface Cib {
  readonly rank: number;
  readonly writes: number;
  readonly replInfo: string;
  readonly dataStatus: Readonly<Record<string, string>>;
}

interface Write {
  readonly id: number;
  readonly timeline: number;
}

export interface NodeModel {
  readonly name: Name;
  /** of its clock since boot, to true time */
  readonly rate: number;
  bootedAt: number;
  alive: boolean;
  frozen: boolean;
  role: 'primary' | 'standby' | 'stopped';
  names: SyncNames;
  log: readonly Write[];
  timeline: number;
  history: History;
  cib: Cib;
  /** Pacemaker writes it some time after it has changed */
  cibOnDisk: Cib;
  cibChangedAt: number;
  /** the power goes after so many steps of its next decision that has any */
  diesAfterSteps: number | undefined;
  startedAt: number;
  /** what it knows of both nodes' attributes until reboot, each with the moment of its writing */
  attributes: Map<string, { readonly value: string | undefined; readonly at: number }>;
  memory: Memory;
  quitAtMs: number | undefined;
  /** by its clock: the agent's last order to the guard, and the guard's last question */
  orderedAtMs: number;
  guardAskedAtMs: number;
  /** its wall clock, which only shows */
  wallShiftMs: number;
  /** Pacemaker and with it the agent */
  isManaged: boolean;
  nextAt: number;
  promotion: { memory: Memory; round: number } | undefined;
  round: number;
  /** its history does not fit any more: a repair is needed */
  diverged: boolean;
}

interface Connection {
  readonly from: Name;
  readonly to: Name;
  heardByReceiver: number;
  heardBySender: number;
  stamp: number;
}

export class TwoNodes {
  now = 1_000;
  readonly nodes: Readonly<Record<Name, NodeModel>>;
  readonly acknowledged = new Map<number, Name>();
  readonly faults: string[] = [];
  readonly log: string[] = [];
  /** Moments in which a client's write was acknowledged. */
  readonly acknowledgements: { readonly at: number; readonly node: Name }[] = [];
  arbiterUp = true;
  /** Each answer comes too late, and what was asked is done nevertheless. */
  arbiterSlow = false;
  arbiterShift = 0;
  /** A question is carried out only where the answer can be heard: a connection comes before it. Without that, whatever may be. */
  connectsFirst = false;
  private arbiterEmpty = false;
  private readonly cut = new Map<string, number>();
  private joinedAt = 0;
  private apartSince: number | undefined;
  private joined = true;
  private connection: Connection | undefined;
  private connectAt = 0;
  private lock = { owner: '', ts: 0, leaseMs: -1, stamp: 0 };
  private alone = '';
  private database = '';
  private stamps = 0;
  private ids = 0;

  private readonly config: PgsqlConfig;
  private readonly repMode: 'sync' | 'async';

  constructor(
    repMode: 'sync' | 'async',
    rates: readonly [number, number] = [1, 1],
    offsets: readonly [number, number] = [1e6, 2e6],
  ) {
    this.repMode = repMode;
    this.config = aConfig({ repMode, nodeList: NODES, lock: LOCK, checkCount: 2 });
    const cib: Cib = {
      rank: 0,
      writes: 0,
      replInfo: 'node1|1|0000000004000000',
      dataStatus: { node1: 'LATEST', node2: repMode === 'sync' ? DataStatus.sync : DataStatus.async },
    };
    const make = (name: Name, index: 0 | 1): NodeModel => ({
      name,
      rate: rates[index],
      bootedAt: -offsets[index],
      alive: true,
      frozen: false,
      role: name === 'node1' ? 'primary' : 'standby',
      names: repMode === 'sync' ? { kind: 'all', nodes: ['node2'] } : { kind: 'none' },
      log: [],
      timeline: 2,
      history: [{ timeline: 1, end: 0x4000000n as Lsn }],
      cib,
      cibOnDisk: cib,
      cibChangedAt: 0,
      diesAfterSteps: undefined,
      startedAt: -3_600_000,
      attributes: new Map([
        ['node1 pgsql-status', { value: 'PRI', at: 0 }],
        ['node1 master-pgsql', { value: '1000', at: 0 }],
        ['node2 pgsql-status', { value: `HS:${repMode}`, at: 0 }],
        ['node2 master-pgsql', { value: '100', at: 0 }],
      ]),
      memory: EMPTY_MEMORY,
      quitAtMs: undefined,
      orderedAtMs: 0,
      guardAskedAtMs: 0,
      wallShiftMs: 0,
      isManaged: true,
      nextAt: 0,
      promotion: undefined,
      round: 0,
      diverged: false,
    });
    this.nodes = { node1: make('node1', 0), node2: make('node2', 1) };
  }

  /** Who has the row beside the lock. */
  get aloneOwner(): string {
    return this.alone;
  }

  // What happens around.

  setLink(from: Place, to: Place, isUp: boolean): void {
    if (isUp) this.cut.delete(`${from} ${to}`);
    else this.cut.set(`${from} ${to}`, this.now);
  }

  powerOff(name: Name): void {
    const node = this.nodes[name];
    node.alive = false;
    node.diesAfterSteps = undefined;
    node.role = 'stopped';
    node.promotion = undefined;
    node.quitAtMs = undefined;
  }

  boot(name: Name): void {
    const node = this.nodes[name];
    if (node.alive) return;
    Object.assign(node, { alive: true, frozen: false, bootedAt: this.now - 1_000, memory: EMPTY_MEMORY });
    node.cib = node.cibOnDisk;
    node.attributes = new Map();
    node.nextAt = this.now + 2_000;
  }

  dieAfterSteps(name: Name, steps: number): void {
    this.nodes[name].diesAfterSteps = steps;
  }

  freeze(name: Name, isFrozen: boolean): void {
    this.nodes[name].frozen = isFrozen;
  }

  manage(name: Name, isManaged: boolean): void {
    this.nodes[name].isManaged = isManaged;
    this.nodes[name].nextAt = this.now;
  }

  /** As a new machine in the place of the old one. */
  emptyArbiter(): void {
    this.arbiterEmpty = true;
    this.lock = { owner: '', ts: 0, leaseMs: -1, stamp: 0 };
    this.alone = '';
    this.database = '';
  }

  /** What is there stays as it is. */
  initialiseArbiter(): void {
    this.arbiterEmpty = false;
  }

  healNetwork(): void {
    this.cut.clear();
    this.arbiterUp = true;
    this.arbiterSlow = false;
    this.initialiseArbiter();
  }

  healAll(): void {
    this.healNetwork();
    for (const name of NODES) {
      this.freeze(name, false);
      this.nodes[name].diesAfterSteps = undefined;
      this.manage(name, true);
      this.boot(name);
    }
  }

  tick(): void {
    this.now += TICK_MS;
    for (const name of NODES) this.guard(this.nodes[name]);
    this.membership();
    for (const name of NODES) this.keepCib(this.nodes[name]);
    this.stream();
    for (const name of NODES) this.write(this.nodes[name]);
    this.checkPrimaries();
    for (const name of NODES) this.agent(this.nodes[name]);
    for (const name of NODES) this.write(this.nodes[name]);
    this.checkPrimaries();
  }

  get primaries(): readonly Name[] {
    return NODES.filter((name) => this.nodes[name].role === 'primary');
  }

  describe(): string {
    const nodes = NODES.map((name) => {
      const { role, alive, frozen, diverged, cib, attributes, memory } = this.nodes[name];
      return JSON.stringify({
        name,
        role,
        alive,
        frozen,
        diverged,
        cib,
        attributes: [...attributes],
        memory: serializeMemory(memory),
      });
    });
    return [`alone ${this.alone}, lock ${JSON.stringify(this.lock)}, joined ${this.joined}`, ...nodes].join(
      '\n',
    );
  }

  // Machines, network, PostgreSQL.

  private runs(node: NodeModel): boolean {
    return node.alive && !node.frozen;
  }

  private reaches(from: Place, to: Place): boolean {
    const isUp = (place: Place): boolean =>
      place === 'arbiter' ? this.arbiterUp : this.runs(this.nodes[place]);
    return isUp(from) && isUp(to) && !this.cut.has(`${from} ${to}`);
  }

  private clockOf(node: NodeModel, at = this.now): number {
    return (at - node.bootedAt) * node.rate;
  }

  private guard(node: NodeModel): void {
    if (!this.runs(node) || node.quitAtMs === undefined || node.role !== 'primary') return;
    const at = this.clockOf(node);
    if (at < node.quitAtMs) {
      this.renewByGuard(node, at);
      return;
    }
    this.log.push(`${this.now} ${node.name}: the guard ends PostgreSQL`);
    node.role = 'stopped';
    node.nextAt = this.now + MONITOR_MS.stopped;
  }

  /** For two leases after the agent's last order. */
  private renewByGuard(node: NodeModel, at: number): void {
    if (at - node.orderedAtMs > 2 * LOCK.leaseMs || at - node.guardAskedAtMs < LOCK.leaseMs / 8) return;
    node.guardAskedAtMs = at;
    const answer = this.ask(node, () => this.acquire(node.name));
    if (answer.ok && answer.value.acquired.taken && !this.isAnothers(node)) node.quitAtMs = at + QUIT_MS;
  }

  private membership(): void {
    const isManaged = NODES.every((name) => this.nodes[name].isManaged);
    const isOne = isManaged && this.reaches('node1', 'node2') && this.reaches('node2', 'node1');
    if (!isOne) {
      this.apartSince ??= this.now;
      if (this.now - this.apartSince >= NOTICE_MS) this.joined = false;
      return;
    }
    this.apartSince = undefined;
    if (this.joined) return;
    this.joined = true;
    this.joinedAt = this.now;
    const [a, b] = [this.nodes.node1, this.nodes.node2];
    const newest =
      a.cib.rank !== b.cib.rank ? (a.cib.rank > b.cib.rank ? a : b) : a.cib.writes >= b.cib.writes ? a : b;
    a.cib = newest.cib;
    b.cib = newest.cib;
    const merged = new Map(a.attributes);
    for (const [key, entry] of b.attributes)
      if (entry.at > (merged.get(key)?.at ?? -1)) merged.set(key, entry);
    a.attributes = new Map(merged);
    b.attributes = new Map(merged);
  }

  private keepCib(node: NodeModel): void {
    if (node.cib === node.cibOnDisk || !node.alive) node.cibChangedAt = this.now;
    else if (this.now - node.cibChangedAt >= CIB_WRITE_MS) node.cibOnDisk = node.cib;
  }

  private stream(): void {
    const { connection } = this;
    if (connection === undefined) {
      const to = NODES.find((name) => this.nodes[name].role === 'standby');
      const from = to === undefined ? undefined : otherOf(to);
      if (to === undefined || from === undefined || this.now < this.connectAt) return;
      if (this.nodes[from].role !== 'primary' || this.nodes[to].promotion !== undefined) return;
      if (!this.reaches(from, to) || !this.reaches(to, from) || !this.isPrefix(to, from)) return;
      this.connection = { from, to, heardByReceiver: this.now, heardBySender: this.now, stamp: this.now };
      return;
    }
    const { from, to } = connection;
    const [sender, receiver] = [this.nodes[from], this.nodes[to]];
    const isOver =
      sender.role !== 'primary' ||
      receiver.role !== 'standby' ||
      this.now - connection.heardByReceiver > SILENCE_MS;
    if (isOver) {
      this.connection = undefined;
      this.connectAt = this.now + RECONNECT_MS;
      return;
    }
    if (this.reaches(from, to)) {
      connection.heardByReceiver = this.now;
      receiver.log = sender.log;
      receiver.timeline = sender.timeline;
      receiver.history = sender.history;
    }
    if (this.reaches(to, from)) {
      connection.heardBySender = this.now;
      connection.stamp = this.now;
    }
  }

  private isPrefix(mine: Name, theirs: Name): boolean {
    const [a, b] = [this.nodes[mine].log, this.nodes[theirs].log];
    return a.every((write, index) => b[index]?.id === write.id);
  }

  private isSeen(node: NodeModel): boolean {
    const { connection } = this;
    return connection?.from === node.name && this.now - connection.heardBySender <= SILENCE_MS;
  }

  /** A client that reaches this node directly: what is acknowledged must never be lost. */
  private write(node: NodeModel): void {
    if (!this.runs(node) || node.role !== 'primary') return;
    const id = ++this.ids;
    node.log = [...node.log, { id, timeline: node.timeline }];
    if (this.connection?.from === node.name) {
      const { to } = this.connection;
      if (this.reaches(node.name, to)) this.nodes[to].log = node.log;
    }
    if (this.waitsInVain(node)) return;
    // Whatever stands before an acknowledged write in a log was acknowledged with it.
    for (let i = node.log.length - 1; i >= 0; i--) {
      const { id: written } = node.log[i] as Write;
      if (this.acknowledged.has(written)) break;
      this.acknowledged.set(written, node.name);
    }
    this.acknowledgements.push({ at: this.now, node: node.name });
  }

  private waitsInVain(node: NodeModel): boolean {
    if (node.names.kind === 'none') return false;
    const { connection } = this;
    if (connection?.from !== node.name) return true;
    return !this.reaches(node.name, connection.to) || !this.reaches(connection.to, node.name);
  }

  private checkPrimaries(): void {
    const acknowledging = NODES.filter((name) => {
      const node = this.nodes[name];
      return this.runs(node) && node.role === 'primary' && !this.waitsInVain(node);
    });
    if (acknowledging.length > 1) this.faults.push(`${this.now}: two primaries acknowledge`);
  }

  // The arbiter.

  private ask<T>(node: NodeModel, question: () => T): LockAnswer<T> {
    if (!this.reaches(node.name, 'arbiter')) return LOST;
    const isHeard = this.reaches('arbiter', node.name);
    if (this.connectsFirst && !isHeard) return LOST;
    if (this.arbiterEmpty) return isHeard ? EMPTY : LOST;
    const value = question();
    // Carried out, and nobody hears of it.
    return isHeard && !this.arbiterSlow ? { ok: true, value } : LOST;
  }

  private state(): LockState {
    const { owner, ts, leaseMs, stamp } = this.lock;
    return { owner, renewedAt: `${stamp}`, ageMs: this.now + this.arbiterShift - ts, leaseMs };
  }

  private acquire(owner: Name, ifRenewedAt?: string): Held {
    const before = this.state();
    const isFree = before.owner === '' || before.owner === owner || before.ageMs > before.leaseMs;
    if (!(ifRenewedAt === undefined ? isFree : ifRenewedAt === before.renewedAt))
      return { acquired: { taken: false, before }, ...this.beside() };
    this.stamps += 1;
    this.lock = { owner, ts: this.now + this.arbiterShift, leaseMs: LOCK.leaseMs, stamp: this.stamps };
    return { acquired: { taken: true, renewedAt: `${this.stamps}`, before }, ...this.beside() };
  }

  private factsOfLock(node: NodeModel, kind: 'renew' | 'look' | 'nothing'): LockFacts {
    const sentAtMs = this.clockOf(node);
    const guard = { quitAtMs: node.quitAtMs, objection: undefined };
    const wallMs = sentAtMs + node.wallShiftMs;
    const base = { sentAtMs, answeredAtMs: sentAtMs, wallMs, guard };
    if (kind === 'nothing') return { ...base, question: { kind: 'not-asked' } };
    if (kind === 'look')
      return {
        ...base,
        question: {
          kind: 'looked',
          answer: this.ask<Seen>(node, () => ({ state: this.state(), ...this.beside() })),
        },
      };
    const answer = this.ask(node, () => this.acquire(node.name));
    if (answer.ok && answer.value.acquired.taken && node.quitAtMs !== undefined && !this.isAnothers(node))
      this.orderGuard(node, sentAtMs);
    return { ...base, question: { kind: 'renewed', answer } };
  }

  private beside(): Beside {
    return { aloneOwner: this.alone, database: this.database };
  }

  private orderGuard(node: NodeModel, sentAtMs: number): void {
    node.quitAtMs = Math.max(node.quitAtMs ?? 0, sentAtMs + QUIT_MS);
    node.orderedAtMs = this.clockOf(node);
  }

  private isAnothers(node: NodeModel): boolean {
    return this.alone !== '' && this.alone !== node.name;
  }

  // The agent and Pacemaker.

  private agent(node: NodeModel): void {
    if (!this.runs(node) || !node.isManaged) return;
    if (node.promotion !== undefined) {
      this.promote(node, node.promotion);
      return;
    }
    if (node.role === 'standby' && this.isToBePromoted(node)) {
      node.promotion = { memory: node.memory, round: 0 };
      if (this.connection?.to === node.name) this.dropConnection();
      return;
    }
    if (this.now < node.nextAt) return;
    if (node.role === 'stopped') this.recover(node);
    else this.monitor(node);
  }

  private monitor(node: NodeModel): void {
    const asking = node.role === 'primary' ? 'renew' : 'look';
    const snapshot = this.snapshot(node, node.memory, node.round, asking);
    const decision = decideMonitor(snapshot, this.config);
    node.memory = this.carryOut(node, snapshot, decision);
    if (decision.outcome.kind === 'again' && node.role !== 'stopped') {
      node.round += 1;
      node.nextAt = this.now;
      return;
    }
    node.round = 0;
    node.memory = parseMemory(serializeMemory(node.memory));
    // A silent arbiter is waited for.
    const { lock } = snapshot;
    const isSilent = lock?.question.kind !== 'not-asked' && lock?.question.answer.ok === false;
    const interval = node.role === 'primary' ? MONITOR_MS.primary : MONITOR_MS[node.role];
    node.nextAt = this.now + interval + (isSilent ? ANSWER_MS : 0);
  }

  private recover(node: NodeModel): void {
    node.round = 0;
    node.nextAt = this.now + MONITOR_MS.stopped;
    if (node.diverged) return;
    const stopping = this.snapshot(node, node.memory, 0, 'nothing');
    this.carryOut(node, stopping, decideStop(stopping, this.config));
    const primary = otherOf(node.name);
    // What the record says counts: one that it names is not compared with another that has not yet stopped.
    const follows = !node.cib.replInfo.startsWith(`${node.name}|`);
    const isOff = this.nodes[primary].role === 'primary' && !this.isPrefix(node.name, primary);
    if (follows && isOff && this.joined) {
      node.diverged = true;
      return;
    }
    const snapshot = this.snapshot(node, node.memory, 0, 'look');
    const decision = decideStart(snapshot, this.config);
    const { started: __, ...memory } = this.carryOut(node, snapshot, decision);
    node.memory = parseMemory(serializeMemory(memory));
  }

  private promote(node: NodeModel, promotion: { memory: Memory; round: number }): void {
    const asking = promotion.memory.holdsLock ? 'renew' : 'look';
    const snapshot = this.snapshot(node, promotion.memory, promotion.round, asking);
    const decision = decidePromote(snapshot, this.config);
    promotion.memory = this.carryOut(node, snapshot, decision);
    promotion.round += 1;
    if (decision.outcome.kind === 'again') return;
    node.memory = parseMemory(serializeMemory(promotion.memory));
    node.promotion = undefined;
    this.log.push(`${this.now} ${node.name}: promote: ${decision.reasons[0].rule}`);
    node.nextAt = this.now + TICK_MS;
    // A failed promotion is followed by a stop and a start.
    if (decision.outcome.code !== 0) {
      node.role = 'stopped';
      node.nextAt = this.now + MONITOR_MS.stopped;
    }
  }

  /** No primary in its eyes, and its score is the best. */
  private isToBePromoted(node: NodeModel): boolean {
    const other = otherOf(node.name);
    const score = Number(this.valueOf(node, node.name, NAMES.score) ?? Number.NaN);
    if (!(score > 0)) return false;
    if (!this.joined) return true;
    if (this.now - this.joinedAt < NOTICE_MS) return false;
    if (this.nodes[other].role === 'primary' || this.nodes[other].promotion !== undefined) return false;
    const theirs = Number(this.valueOf(node, other, NAMES.score) ?? Number.NaN);
    return !(theirs > score) || this.nodes[other].role === 'stopped';
  }

  private valueOf(node: NodeModel, of: Name, attribute: string): string | undefined {
    return node.attributes.get(`${of} ${attribute}`)?.value;
  }

  private dropConnection(): void {
    this.connection = undefined;
    this.connectAt = this.now + RECONNECT_MS;
  }

  private view(node: NodeModel) {
    const parts = (name: Name) => {
      const of = (attribute: string) => this.valueOf(node, name, attribute);
      return {
        online: name === node.name || this.joined,
        status: of(NAMES.status),
        score: of(NAMES.score),
        xlogLoc: of(NAMES.xlogLoc),
        baseline: of(NAMES.baseline),
        arbiter: of(NAMES.arbiter),
        dataStatus: node.cib.dataStatus[name],
      };
    };
    return aLockView({
      adminEpoch: node.cib.rank,
      replInfo: node.cib.replInfo,
      nodes: { node1: parts('node1'), node2: parts('node2') } as never,
    });
  }

  private snapshot(
    node: NodeModel,
    memory: Memory,
    round: number,
    asking: 'renew' | 'look' | 'nothing',
  ): Snapshot {
    const { connection } = this;
    const end = position(node.log.length);
    const isReceiver = connection?.to === node.name;
    const sender = aSender(otherOf(node.name), {
      syncState: node.names.kind === 'all' ? 'sync' : 'async',
      flushLsn: end,
      ...(connection === undefined ? {} : { replyTime: `${connection.stamp}` }),
    });
    const lock = this.factsOfLock(node, asking);
    return aSnapshot({
      self: node.name,
      uptimeMs: this.clockOf(node),
      round,
      cluster: known(this.view(node)),
      memory,
      lock,
      disk: aDisk({
        standbySignal: node.role === 'standby',
        ownHistory: known(node.history),
        control: known(aControlFile({ checkpointTimeline: node.timeline })),
        segments: known([segmentOf(node.timeline, end)]),
        syncNames: known(node.names),
      }),
      server:
        node.role === 'stopped'
          ? stopped()
          : running(
              node.role === 'primary'
                ? aPrimary({
                    timeline: node.timeline,
                    checkpointTimeline: node.timeline,
                    walInsert: end,
                    walFlush: end,
                    senders: this.isSeen(node) ? [sender] : [],
                    names: node.names,
                  })
                : aStandby({
                    timeline: node.timeline,
                    checkpointTimeline: node.timeline,
                    receiveLsn: end,
                    replayLsn: end,
                    ...(isReceiver ? { receiver: aReceiver({ receivedTimeline: node.timeline }) } : {}),
                  }),
              { ageMs: this.now - node.startedAt },
            ),
    });
  }

  private carryOut(node: NodeModel, snapshot: Snapshot, decision: Decision): Memory {
    for (const [index, step] of decision.steps.entries()) {
      if (node.diesAfterSteps === index) {
        this.powerOff(node.name);
        return snapshot.memory;
      }
      const why = this.execute(node, snapshot, step);
      if (why === undefined) continue;
      const isStarted = decision.steps.slice(0, index).some(({ kind }) => kind === 'start');
      return memoryAfter(snapshot.memory, decision.memory, { kind: step.kind, reason: why, isStarted });
    }
    return decision.memory;
  }

  /** @returns why it failed */
  private execute(node: NodeModel, snapshot: Snapshot, step: Step): string | undefined {
    switch (step.kind) {
      case 'publish':
        for (const { node: of, name, value } of step.changes) this.publish(node, of as Name, name, value);
        return undefined;
      case 'record': {
        const view = this.view(node);
        const { replInfo } = clusterFacts(view, NAMES);
        const info = step.replInfo === undefined ? replInfo : step.replInfo;
        const cib: Cib = {
          rank: node.cib.rank + rankOf(step, view, NAMES),
          writes: node.cib.writes + 1,
          replInfo: info === undefined ? node.cib.replInfo : formatReplInfo(info),
          dataStatus: { ...node.cib.dataStatus, ...step.dataStatus },
        };
        node.cib = cib;
        if (this.isTogether()) this.nodes[otherOf(node.name)].cib = cib;
        return undefined;
      }
      case 'confirm':
        return step.byNodes ? this.confirmByNodes(node, step.notSync) : this.confirm(node, step.notSync);
      case 'configure':
        node.names = step.settings.syncNames;
        return undefined;
      case 'takeLock': {
        const answer = this.ask(node, () => this.acquire(node.name, step.ifRenewedAt));
        return answer.ok && answer.value.acquired.taken ? undefined : 'not taken';
      }
      case 'goAlone':
        return this.goAlone(node);
      case 'endAlone': {
        const answer = this.ask(node, () => {
          if (this.alone === node.name) this.alone = '';
        });
        return answer.ok ? undefined : 'silent';
      }
      case 'inheritAlone': {
        const answer = this.ask(node, () => {
          if (this.alone === step.from) this.alone = node.name;
        });
        return answer.ok ? undefined : 'silent';
      }
      case 'nameDatabase': {
        const answer = this.ask(node, () => {
          if (this.database === '') this.database = step.systemIdentifier;
        });
        return answer.ok ? undefined : 'silent';
      }
      case 'renewLock': {
        const answer = this.ask(node, () => this.acquire(node.name));
        return answer.ok && answer.value.acquired.taken ? undefined : 'not renewed';
      }
      case 'guard':
        if (step.sentAtMs + QUIT_MS <= this.clockOf(node)) return 'too late';
        this.orderGuard(node, step.sentAtMs);
        return undefined;
      case 'giveBack':
        node.quitAtMs = undefined;
        this.ask(node, () => {
          if (this.lock.owner === node.name)
            this.lock = { owner: '', ts: this.now, leaseMs: -1, stamp: ++this.stamps };
        });
        return undefined;
      case 'start':
        node.role = step.standby ? 'standby' : 'primary';
        node.startedAt = this.now;
        if (!step.standby) this.promoted(node);
        return undefined;
      case 'stop':
        node.role = 'stopped';
        node.nextAt = this.now + MONITOR_MS.stopped;
        return undefined;
      case 'promote':
        node.role = 'primary';
        node.history = [...node.history, { timeline: node.timeline, end: position(node.log.length) }];
        node.timeline += 1;
        this.promoted(node);
        return undefined;
      case 'endReceiver':
        if (this.connection?.to === node.name) this.dropConnection();
        return undefined;
      default:
        return snapshot.self === node.name ? undefined : 'another node';
    }
  }

  private promoted(node: NodeModel): void {
    this.log.push(`${this.now} ${node.name}: primary on timeline ${node.timeline}`);
    const held = new Set(node.log.map(({ id }) => id));
    const lost = [...this.acknowledged.keys()].filter((id) => !held.has(id));
    if (lost.length > 0 && this.repMode === 'sync')
      this.faults.push(`${this.now}: ${node.name} is promoted without ${lost.length} acknowledged writes`);
  }

  private isTogether(): boolean {
    return this.joined && this.reaches('node1', 'node2') && this.reaches('node2', 'node1');
  }

  private publish(node: NodeModel, of: Name, name: string, value: string | undefined): void {
    const entry = { value, at: this.now };
    node.attributes.set(`${of} ${name}`, entry);
    if (this.isTogether()) this.nodes[otherOf(node.name)].attributes.set(`${of} ${name}`, entry);
  }

  private goAlone(node: NodeModel): string | undefined {
    const answer = this.ask(node, () => {
      if (this.isAnothers(node)) return false;
      this.alone = node.name;
      return true;
    });
    if (!answer.ok) return 'silent';
    return answer.value ? undefined : `${this.alone} is alone`;
  }

  private confirm(node: NodeModel, notSync: readonly string[]): string | undefined {
    const alone = this.goAlone(node);
    if (alone === undefined) {
      const answer = this.ask(node, () => this.acquire(node.name));
      if (answer.ok) return answer.value.acquired.taken ? undefined : 'the lock is lost';
    } else if (alone !== 'silent') return alone;
    return this.confirmByNodes(node, notSync);
  }

  private confirmByNodes(node: NodeModel, notSync: readonly string[]): string | undefined {
    const { cib } = this.nodes[otherOf(node.name)];
    const isRecorded = notSync.every((name) => cib.dataStatus[name] !== DataStatus.sync);
    return this.isTogether() && isRecorded ? undefined : 'no majority';
  }
}
