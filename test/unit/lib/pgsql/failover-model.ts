import type { NotifyLists } from '../../../../lib/pacemaker/notify.ts';
import { memoryAfter, memoryAtBegin, startsIn } from '../../../../lib/pgsql/conclude.ts';
import type { PgsqlConfig } from '../../../../lib/pgsql/config.ts';
import type { Decision } from '../../../../lib/pgsql/decide/decision.ts';
import { decideMonitor } from '../../../../lib/pgsql/decide/monitor.ts';
import { decideNotify } from '../../../../lib/pgsql/decide/notify.ts';
import { decidePromote } from '../../../../lib/pgsql/decide/promote.ts';
import { decideStart } from '../../../../lib/pgsql/decide/start.ts';
import { EMPTY_MEMORY, type Memory, parseMemory, serializeMemory } from '../../../../lib/pgsql/memory.ts';
import { formatReplInfo, parseReplInfo } from '../../../../lib/pgsql/repl-info.ts';
import { resetChange } from '../../../../lib/pgsql/reset.ts';
import type { Snapshot } from '../../../../lib/pgsql/snapshot.ts';
import type { Step } from '../../../../lib/pgsql/steps.ts';
import type { History } from '../../../../lib/postgres/history.ts';
import { type Lsn, lsnOf } from '../../../../lib/postgres/lsn.ts';
import type { SyncNames } from '../../../../lib/postgres/sync-names.ts';
import { known, unknown } from '../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aControlFile,
  aDisk,
  aNotification,
  aPrimary,
  aPrimaryHistory,
  aReceiver,
  aSender,
  aSnapshot,
  aStandby,
  NAMES,
  NOTHING_ANNOUNCED,
  running,
  segmentOf,
  stopped,
} from './builders.ts';

/** A stretch of log. Two nodes may give one number to timelines of different contents: `content` tells them apart. */
interface Leg {
  readonly timeline: number;
  readonly content: number;
  readonly end: number;
}

type Role = 'stopped' | 'standby' | 'primary';

interface NodeModel {
  readonly name: string;
  online: boolean;
  role: Role;
  log: readonly Leg[];
  /** a standby that was asked to become primary: what it has done of that */
  promoting: undefined | 'asked' | 'history-written';
  /** history and segment of a timeline on which nothing was ever written */
  leftover: number | undefined;
  /** no timeline up to this one is opened by a promotion (histories that lead nowhere) */
  reserved: number;
  /** the server receives from the primary */
  receives: boolean;
  names: SyncNames;
  file: SyncNames;
  transient: Map<string, string>;
  note: string | undefined;
  memory: Memory;
}

/** A promotion that Pacemaker has ordered, in the middle of its steps. */
interface Promotion {
  readonly node: string;
  readonly announced: NotifyLists;
  memory: Memory;
  /** what was known when the steps were decided */
  before: Memory;
  steps: Step[];
  isPromoted: boolean;
  /** it is over after these steps, though one of them fail (`passing`) */
  ends: 'after' | 'passing' | undefined;
  round: number;
}

const NODES = ['node1', 'node2', 'node3'];
const BASE = 0x5000000;
const position = (end: number): Lsn => lsnOf(BigInt(BASE + end));
const last = (log: readonly Leg[]): Leg => {
  const leg = log.at(-1);
  if (leg === undefined) throw new RangeError('a log has a first leg');
  return leg;
};
const historyOf = (log: readonly Leg[]): History =>
  log.slice(0, -1).map(({ timeline, end }) => ({ timeline, end: position(end) }));

/** As findNewestTimeLine() in PostgreSQL: the first number that has no history. */
const numberToOpen = ({ log, leftover, reserved }: NodeModel): number => {
  const next = (leftover ?? last(log).timeline) + 1;
  return reserved >= next ? reserved + 1 : next;
};

/** Does `mine` hold nothing that `theirs` does not? The truth, which nobody in the cluster can see. */
const isPrefix = (mine: readonly Leg[], theirs: readonly Leg[]): boolean =>
  mine.every((leg, index) => {
    const other = theirs[index];
    if (other?.content !== leg.content) return false;
    return index === mine.length - 1 ? leg.end <= other.end : leg.end === other.end;
  });

/**
 * Three nodes, their logs, and one CIB. Pacemaker is reduced to what it guarantees: it promotes one node at a time, by
 * score, when no primary runs. Promotions go step by step; everything else runs to its end.
 */
export class FailoverModel {
  readonly nodes: ReadonlyMap<string, NodeModel>;
  readonly acknowledged: { content: number; end: number }[] = [];
  readonly opened = new Map<number, number>();
  private readonly config: PgsqlConfig;
  private dataStatus: Record<string, string> = {};
  private replInfo: string | null = null;
  private usedTimeline = 0;
  private promotion: Promotion | undefined;
  private contents = 1;
  private rules = new Set<string>();

  constructor(repMode: 'sync' | 'async') {
    this.config = aConfig({ repMode, checkCount: 2 });
    this.nodes = new Map(
      NODES.map((name) => [
        name,
        {
          name,
          online: true,
          role: 'stopped',
          log: [{ timeline: 1, content: 1, end: 1 }],
          promoting: undefined,
          leftover: undefined,
          reserved: 0,
          receives: false,
          names: { kind: 'none' },
          file: { kind: 'none' },
          transient: new Map(),
          note: undefined,
          memory: EMPTY_MEMORY,
        } satisfies NodeModel as NodeModel,
      ]),
    );
    this.opened.set(1, 1);
  }

  get seen(): ReadonlySet<string> {
    return this.rules;
  }

  get primaries(): readonly NodeModel[] {
    return [...this.nodes.values()].filter(({ role }) => role === 'primary');
  }

  get marked(): readonly string[] {
    return Object.keys(this.dataStatus).filter((name) => this.dataStatus[name] === 'STREAMING|SYNC');
  }

  get candidate(): string | undefined {
    return this.promotion?.node;
  }

  get recorded() {
    return this.replInfo === null ? undefined : parseReplInfo(this.replInfo);
  }

  // What happens to nodes and servers.

  start(name: string): void {
    const node = this.node(name);
    // Pacemaker runs one operation of a resource at a time.
    if (!node.online || node.role !== 'stopped' || this.promotion?.node === name) return;
    this.runToEnd(name, decideStart);
  }

  monitor(name: string): void {
    const node = this.node(name);
    if (node.online && node.role !== 'stopped' && this.promotion?.node !== name)
      this.runToEnd(name, decideMonitor);
  }

  /** The server is killed; an operation that is under way on its node goes on, and sees that. */
  crash(name: string): void {
    const node = this.node(name);
    if (node.promoting === 'history-written') node.leftover = numberToOpen(node);
    Object.assign(node, { role: 'stopped', promoting: undefined, receives: false });
    for (const other of this.nodes.values()) if (this.primaries.length === 0) other.receives = false;
  }

  powerOff(name: string): void {
    this.crash(name);
    if (this.promotion?.node === name) this.promotion = undefined;
    const node = this.node(name);
    node.online = false;
    node.transient.clear();
    node.note = undefined;
    node.memory = EMPTY_MEMORY;
  }

  boot(name: string): void {
    this.node(name).online = true;
  }

  /** The agent is killed in the middle of a promotion; Pacemaker then stops the server. */
  killPromotion(): void {
    const { promotion } = this;
    if (promotion === undefined) return;
    this.promotion = undefined;
    this.crash(promotion.node);
  }

  /** A standby receives all that the primary has, if PostgreSQL would let it: numbers and positions are all that it sees. */
  stream(name: string): void {
    const node = this.node(name);
    const [primary] = this.primaries;
    if (node.role !== 'standby' || node.promoting !== undefined || !node.online || primary === undefined)
      return;
    const seemsPrefix = node.log.every((leg, index) => {
      const other = primary.log[index];
      if (other?.timeline !== leg.timeline) return false;
      return index === node.log.length - 1 ? leg.end <= other.end : leg.end === other.end;
    });
    if (!seemsPrefix) return;
    if (!isPrefix(node.log, primary.log))
      throw new Error(`${name} follows ${primary.name} on other contents`);
    node.log = primary.log;
    node.receives = true;
    node.leftover = undefined;
    this.acknowledge(primary);
  }

  commit(): void {
    for (const primary of this.primaries) {
      const leg = last(primary.log);
      primary.log = [...primary.log.slice(0, -1), { ...leg, end: leg.end + 1 }];
      this.acknowledge(primary);
    }
  }

  /** An operator gives the primary up, and names a node that is up, or none. What the lost one acknowledged is given up, too. */
  giveUp(name: string | undefined): void {
    if (this.promotion !== undefined || this.primaries.length > 0 || this.replInfo === null) return;
    const [seen] = [...this.nodes.values()].filter(({ online, role }) => online && role === 'standby');
    if (seen === undefined || (name !== undefined && !this.node(name).online)) return;
    const { cluster } = this.snapshot(seen.name, EMPTY_MEMORY, NOTHING_ANNOUNCED, 0);
    if (!cluster.known) throw new Error('the cluster is known');
    const change = resetChange(name, cluster.value, NAMES);
    for (const { node, value } of change.permanent) this.dataStatus[node] = value;
    for (const { name: property, value } of change.properties) {
      if (property === NAMES.usedTimeline) this.usedTimeline = Number(value);
      else this.replInfo = value === '' ? null : value;
    }
    this.acknowledged.length = 0;
  }

  // Promotion, as Pacemaker orders it.

  /** @param unasked who is not told before, where a synchronous standby is handed over to (ENDS_UNHEEDED) */
  promote(pick: number, unasked: readonly string[] = []): void {
    if (this.promotion !== undefined || this.primaries.length > 0) return;
    const standbys = [...this.nodes.values()].filter(({ online, role }) => online && role === 'standby');
    const candidates = standbys
      .filter(({ transient }) => Number(transient.get(NAMES.score) ?? 0) > 0)
      .sort((a, b) => Number(b.transient.get(NAMES.score)) - Number(a.transient.get(NAMES.score)));
    // Mostly the best; by a location constraint another; by a stale score, at times, any.
    const candidate = pick === 8 ? standbys.at(-1) : (candidates[pick] ?? candidates[0]);
    if (candidate === undefined) return;
    const active = [...this.nodes.values()]
      .filter(({ online, role }) => online && role === 'standby')
      .map(({ name }) => name);
    const announced: NotifyLists = { ...NOTHING_ANNOUNCED, active, promote: [candidate.name] };
    for (const name of active) {
      if (unasked.includes(name) && this.marked.includes(candidate.name)) continue;
      this.node(name).receives = false;
      this.runToEnd(name, decideNotify, announced);
    }
    this.promotion = {
      node: candidate.name,
      announced,
      ...begun(memoryAtBegin('promote', parseMemory(serializeMemory(candidate.memory)))),
    };
  }

  /** One step of the promotion, or one more look. `fails` makes a step fail that may. */
  step(fails: boolean): void {
    const { promotion } = this;
    if (promotion === undefined) return;
    const [step, ...rest] = promotion.steps;
    if (step !== undefined) {
      const failed = (fails && step.kind === 'confirm') || !this.carryOut(promotion.node, step);
      promotion.steps = failed ? [] : rest;
      promotion.isPromoted ||= !failed && step.kind === 'promote';
      if (failed)
        promotion.memory = memoryAfter(promotion.before, promotion.memory, {
          kind: step.kind,
          reason: 'it fails',
          isStarted: promotion.isPromoted,
        });
      if (failed && promotion.ends === 'after') promotion.ends = undefined;
      this.endPromotion(promotion);
      return;
    }
    const decision = decidePromote(
      this.snapshot(promotion.node, promotion.memory, promotion.announced, promotion.round++),
      this.config,
    );
    this.note(decision);
    const { outcome, steps, memory, whenStepFails } = decision;
    Object.assign(promotion, { before: promotion.memory, memory, steps: [...steps], isPromoted: false });
    if (outcome.kind === 'again') return;
    if (outcome.code !== 0) {
      for (const left of steps) this.carryOut(promotion.node, left);
      this.promotion = undefined;
      this.crash(promotion.node);
      return;
    }
    promotion.ends = whenStepFails === 'again' ? 'after' : 'passing';
    this.endPromotion(promotion);
  }

  private endPromotion({ node, ends, steps, memory }: Promotion): void {
    if (ends === undefined || steps.length > 0) return;
    this.node(node).memory = memory;
    this.promotion = undefined;
  }

  /** PostgreSQL goes on with a promotion that it was asked for. */
  advance(name: string): void {
    const node = this.node(name);
    if (node.promoting === 'asked') node.promoting = 'history-written';
    else if (node.promoting === 'history-written') this.openTimeline(node);
  }

  describe(): string {
    return JSON.stringify({
      replInfo: this.replInfo,
      usedTimeline: this.usedTimeline,
      dataStatus: this.dataStatus,
      promotion: this.promotion?.node,
      nodes: Object.fromEntries(
        [...this.nodes].map(([name, { role, online, log, leftover, promoting }]) => [
          name,
          {
            role,
            online,
            log: log.map((leg) => `${leg.timeline}.${leg.content}:${leg.end}`),
            leftover,
            promoting,
          },
        ]),
      ),
    });
  }

  /** Is every acknowledged commit in this node's log? */
  holdsEverything(node: NodeModel): boolean {
    return this.acknowledged.every(({ content, end }) =>
      node.log.some((leg) => leg.content === content && leg.end >= end),
    );
  }

  isDiverged(node: NodeModel, primary: NodeModel): boolean {
    return !isPrefix(node.log, primary.log);
  }

  private openTimeline(node: NodeModel): void {
    const { end } = last(node.log);
    const skipped =
      node.leftover === undefined ? [] : [{ timeline: node.leftover, content: ++this.contents, end }];
    const opened = numberToOpen(node);
    const content = ++this.contents;
    const before = this.opened.get(opened);
    if (before !== undefined) throw new Error(`timeline ${opened} was opened a second time, by ${node.name}`);
    this.opened.set(opened, content);
    node.log = [...node.log, ...skipped, { timeline: opened, content, end: end + 1 }];
    Object.assign(node, { promoting: undefined, leftover: undefined, role: 'primary', names: node.file });
  }

  private acknowledge(primary: NodeModel): void {
    const { content, end } = last(primary.log);
    const { names } = primary;
    const has = (name: string): boolean => this.node(name).receives && last(this.node(name).log).end >= end;
    const hasAll = names.kind === 'all' ? names.nodes.every(has) : true;
    const hasAny =
      names.kind === 'any' ? names.nodes.some((name) => this.nodes.has(name) && has(name)) : true;
    const waits = this.config.repMode === 'sync' && !(hasAll && hasAny);
    if (!waits && primary.online) this.acknowledged.push({ content, end });
  }

  private node(name: string): NodeModel {
    const node = this.nodes.get(name);
    if (node === undefined) throw new RangeError(name);
    return node;
  }

  private note(decision: Decision): void {
    for (const { rule } of decision.reasons) this.rules.add(rule);
  }

  private runToEnd(
    name: string,
    decide: (snapshot: Snapshot, config: PgsqlConfig) => Decision,
    announced: NotifyLists = NOTHING_ANNOUNCED,
  ): void {
    const node = this.node(name);
    let memory = parseMemory(serializeMemory(node.memory));
    for (let round = 0; round < 12; round++) {
      // Between two looks those that receive get on.
      for (const other of this.nodes.values()) if (other.receives) this.stream(other.name);
      const decision = decide(this.snapshot(name, memory, announced, round), this.config);
      this.note(decision);
      const failed = decision.steps.find((step) => !this.carryOut(name, step));
      const before = failed === undefined ? [] : decision.steps.slice(0, decision.steps.indexOf(failed));
      memory = memoryAfter(
        memory,
        decision.memory,
        failed && {
          kind: failed.kind,
          reason: 'it fails',
          isStarted: startsIn(before, []),
        },
      );
      if (decision.outcome.kind === 'done') {
        const { code } = decision.outcome;
        if (code !== 0 && code !== 8) this.crash(name);
        break;
      }
    }
    node.memory = memory;
  }

  private snapshot(name: string, memory: Memory, announced: NotifyLists, round: number): Snapshot {
    const node = this.node(name);
    const leg = last(node.log);
    const disk = aDisk({
      standbySignal: node.role === 'standby',
      syncNames: known(node.file),
      ownHistory: known([
        ...historyOf(node.log),
        ...(node.leftover === undefined ? [] : [{ timeline: leg.timeline, end: position(leg.end) }]),
      ]),
      segments: known(
        [leg.timeline, ...(node.leftover === undefined ? [] : [node.leftover])].map((timeline) =>
          segmentOf(timeline, position(leg.end)),
        ),
      ),
      control: known(
        aControlFile({
          checkpointTimeline: leg.timeline,
          checkpointLsn: lsnOf(position(leg.end) - 1n),
          minRecoveryEnd: position(leg.end),
          minRecoveryTimeline: leg.timeline,
        }),
      ),
    });
    const server =
      node.role === 'stopped'
        ? stopped()
        : running(node.role === 'primary' ? this.primaryState(node) : this.standbyState(node));
    const live = this.primaries.find((other) => other.name === this.recorded?.node && other.name !== name);
    return aSnapshot({
      self: name,
      round,
      announced,
      notify: announced.promote.length > 0 ? aNotification('pre', 'promote', announced) : undefined,
      cluster: known(
        aClusterView({
          replInfo: this.replInfo,
          usedTimeline: this.usedTimeline,
          nodes: Object.fromEntries(
            [...this.nodes.values()].map((other) => [
              other.name,
              {
                online: other.online,
                ...attribute('status', other.transient.get(NAMES.status)),
                ...attribute('score', other.transient.get(NAMES.score)),
                ...attribute('dataStatus', this.dataStatus[other.name]),
              },
            ]),
          ),
        }),
      ),
      notes: known(
        new Map(
          [...this.nodes.values()].flatMap((other) =>
            other.note === undefined ? [] : [[other.name, other.note] as const],
          ),
        ),
      ),
      server,
      disk,
      primaryHistory:
        live === undefined || node.receives
          ? unknown('there is no other primary')
          : known(
              aPrimaryHistory({
                timeline: last(live.log).timeline,
                history: historyOf(live.log),
                flushed: position(last(live.log).end),
              }),
            ),
      memory,
    });
  }

  private primaryState(node: NodeModel) {
    const leg = last(node.log);
    const waited = node.names.kind === 'all' ? node.names.nodes : [];
    return aPrimary({
      timeline: leg.timeline,
      walInsert: position(leg.end),
      walFlush: position(leg.end),
      names: node.names,
      senders: [...this.nodes.values()]
        .filter((other) => other !== node && other.receives)
        .map((other) =>
          aSender(other.name, {
            flushLsn: position(last(other.log).end),
            syncState: waited.includes(other.name) ? 'sync' : 'async',
          }),
        ),
    });
  }

  private standbyState(node: NodeModel) {
    const leg = last(node.log);
    return aStandby({
      timeline: leg.timeline,
      replayLsn: position(leg.end),
      receiveLsn: position(leg.end),
      ...(node.receives
        ? { receiver: aReceiver({ receivedTimeline: leg.timeline, latestEndLsn: position(leg.end) }) }
        : {}),
    });
  }

  private carryOut(name: string, step: Step): boolean {
    const node = this.node(name);
    switch (step.kind) {
      case 'publish':
        for (const { node: target, name: key, value } of step.changes) {
          if (value === undefined) this.node(target).transient.delete(key);
          else if (this.node(target).online) this.node(target).transient.set(key, value);
        }
        return true;
      case 'announce':
        node.note = step.note;
        return true;
      case 'record':
        this.dataStatus = { ...this.dataStatus, ...step.dataStatus };
        if (step.replInfo !== undefined) this.replInfo = formatReplInfo(step.replInfo);
        this.usedTimeline = step.usedTimeline ?? this.usedTimeline;
        return true;
      case 'reserve':
        node.reserved = step.through;
        return true;
      case 'confirm':
        return step.notSync.every((other) => this.dataStatus[other] !== 'STREAMING|SYNC');
      case 'configure':
        node.file = step.settings.syncNames;
        return true;
      case 'reload':
        if (node.role === 'stopped') return false;
        node.names = node.file;
        return true;
      case 'stop':
        this.crash(name);
        return true;
      case 'start':
        node.names = node.file;
        if (node.reserved > (node.leftover ?? last(node.log).timeline)) node.reserved = 0;
        if (this.promotion?.node === name && this.promotion.memory.started === true) {
          const leg = last(node.log);
          // Crash recovery, and a primary at once: PostgreSQL goes on with the timeline of its control file.
          node.log = [...node.log.slice(0, -1), { ...leg, end: leg.end + 1 }];
          node.role = 'primary';
        } else node.role = 'standby';
        return true;
      case 'promote':
        if (node.role !== 'standby') return false;
        node.promoting ??= 'asked';
        return true;
      case 'awaitPromoted':
        return node.role === 'primary';
      case 'endReceiver':
        node.receives = false;
        return true;
      default:
        return true;
    }
  }
}

const begun = (memory: Memory): Omit<Promotion, 'node' | 'announced'> => ({
  memory,
  before: memory,
  steps: [],
  isPromoted: false,
  ends: undefined,
  round: 0,
});

const attribute = <K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, string>);
