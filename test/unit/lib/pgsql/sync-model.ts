import { clusterFacts } from '../../../../lib/pgsql/cluster-facts.ts';
import { isRecorded, judgeConfirmation } from '../../../../lib/pgsql/confirm.ts';
import type { Decision } from '../../../../lib/pgsql/decide/decision.ts';
import { decidePrimary } from '../../../../lib/pgsql/decide/primary.ts';
import { EMPTY_MEMORY, type Memory, parseMemory, serializeMemory } from '../../../../lib/pgsql/memory.ts';
import { Score } from '../../../../lib/pgsql/names.ts';
import { rankOf } from '../../../../lib/pgsql/record.ts';
import type { Step } from '../../../../lib/pgsql/steps.ts';
import { lsnOf } from '../../../../lib/postgres/lsn.ts';
import { formatSyncNames, type SyncNames } from '../../../../lib/postgres/sync-names.ts';
import { known } from '../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aDisk,
  aPrimary,
  aSender,
  aSnapshot,
  NAMES,
  RECORDED,
  running,
} from './builders.ts';

const SYNC = 'STREAMING|SYNC';

/** One node's copy of the CIB, as far as it matters here. */
interface Cib {
  readonly adminEpoch: number;
  readonly epoch: number;
  readonly dataStatus: Readonly<Record<string, string>>;
}

interface StandbyModel {
  connected: boolean;
  flushed: number;
}

/**
 * One primary (node1) that runs the real decisions, its standbys, and a copy of the CIB on each node. Whatever the agent
 * does is one step at a time, and anything may happen between two of them. Positions are whole numbers.
 */
export class SyncModel {
  readonly primary = 'node1';
  readonly nodes: readonly string[];
  readonly standbys: Map<string, StandbyModel>;
  private readonly copies: Map<string, Cib>;
  /** nodes on the other side of a cut */
  private cutOff = new Set<string>();
  /** what Corosync has noticed of that */
  private noticed = new Set<string>();
  private readonly degrade: 'allow' | 'never';

  private file: SyncNames = { kind: 'none' };
  private server: SyncNames = { kind: 'none' };
  private reloading = false;
  /** sync_standbys_defined: whether a commit waits at all */
  private flag = false;
  private end = 1;
  private acknowledged = 0;
  private queue: number[] = [];

  private memory: Memory = EMPTY_MEMORY;
  private steps: Step[] = [];
  private rule = '';
  /** whom an operator has named to take over, and whom the primary has handed over to */
  private successor: string | undefined;
  private handedTo: string | undefined;

  constructor(count: number, degrade: 'allow' | 'never') {
    this.degrade = degrade;
    this.nodes = Array.from({ length: count }, (_, index) => `node${index + 1}`);
    this.standbys = new Map(
      this.nodes.slice(1).map((name) => [name, { connected: false, flushed: 1 } satisfies StandbyModel]),
    );
    const cib: Cib = { adminEpoch: 0, epoch: 0, dataStatus: { node1: 'LATEST' } };
    this.copies = new Map(this.nodes.map((name) => [name, cib]));
  }

  // What may happen around the agent.

  nameSuccessor(node: string): void {
    this.successor = node;
  }

  commit(): void {
    this.end += 1;
    if (this.flag) this.queue.push(this.end);
    else this.acknowledged = Math.max(this.acknowledged, this.end);
    this.release();
  }

  connect(node: string): void {
    const standby = this.standbys.get(node);
    if (standby !== undefined && !this.cutOff.has(node)) standby.connected = true;
  }

  disconnect(node: string): void {
    const standby = this.standbys.get(node);
    if (standby !== undefined) standby.connected = false;
  }

  flush(node: string): void {
    const standby = this.standbys.get(node);
    if (standby?.connected) standby.flushed = this.end;
    this.release();
  }

  /** The checkpointer takes the names over; backends that need not wait any more go on. */
  checkpointer(): void {
    if (this.reloading) return;
    this.flag = this.server.kind !== 'none';
    if (!this.flag) {
      this.acknowledged = Math.max(this.acknowledged, ...this.queue);
      this.queue = [];
    }
    this.release();
  }

  /** The server reads its settings. @returns the nodes that it does not wait for any more */
  reload(): readonly string[] {
    if (!this.reloading) return [];
    this.reloading = false;
    const before = namesOf(this.server);
    this.server = this.file;
    this.release();
    return before.filter((name) => !namesOf(this.server).includes(name));
  }

  cut(node: string): void {
    if (node === this.primary) return;
    this.cutOff.add(node);
    this.disconnect(node);
  }

  /** The primary loses all others at once. */
  isolate(): void {
    for (const node of this.nodes) this.cut(node);
  }

  notice(): void {
    this.noticed = new Set(this.cutOff);
  }

  /** Partitions meet again: the newest CIB replaces the others. */
  heal(): void {
    this.cutOff.clear();
    this.noticed.clear();
    const newest = newestOf([...this.copies.values()]);
    for (const name of this.nodes) this.copies.set(name, newest);
  }

  /** The agent is killed: what it was about to do is not done, what it had in mind is forgotten. */
  kill(): void {
    this.steps = [];
    this.memory = parseMemory(serializeMemory(this.memory));
  }

  /** The agent's next step; where none is left, it looks again and decides. */
  agent(): void {
    const [step, ...rest] = this.steps;
    if (step === undefined) {
      const decision = this.decide();
      this.memory = decision.memory;
      this.steps = [...decision.steps];
      this.rule = decision.reasons[0].rule;
      return;
    }
    this.steps = this.carryOut(step) ? rest : [];
  }

  // What is looked at.

  get lastRule(): string {
    return this.rule;
  }

  get marked(): readonly string[] {
    return markedIn(this.cibOf(this.primary));
  }

  get waitedFor(): readonly string[] {
    return this.flag ? namesOf(this.server) : [];
  }

  /** The node that the primary has just given the highest score. */
  takeHandedTo(): string | undefined {
    const node = this.handedTo;
    this.handedTo = undefined;
    return node;
  }

  get lastAcknowledged(): number {
    return this.acknowledged;
  }

  /** Nodes that may take over by the CIB that some majority of the nodes would go by. */
  electable(): Map<string, readonly string[]> {
    const found = new Map<string, readonly string[]>();
    for (const members of majoritiesOf(this.nodes)) {
      const cib = newestOf(members.map((name) => this.cibOf(name)));
      for (const name of markedIn(cib)) if (members.includes(name)) found.set(name, members);
    }
    return found;
  }

  unmarkedBy(node: string): number {
    return this.nodes.filter((name) => !markedIn(this.cibOf(name)).includes(node)).length;
  }

  describe(): string {
    return JSON.stringify({
      rule: this.rule,
      server: formatSyncNames(this.server),
      file: formatSyncNames(this.file),
      flag: this.flag,
      acknowledged: this.acknowledged,
      standbys: Object.fromEntries(this.standbys),
      copies: Object.fromEntries(this.copies),
      cutOff: [...this.cutOff],
    });
  }

  private cibOf(name: string): Cib {
    const cib = this.copies.get(name);
    if (cib === undefined) throw new RangeError(name);
    return cib;
  }

  private hasQuorum(): boolean {
    return this.nodes.length - this.noticed.size > this.nodes.length / 2;
  }

  private viewOf(name: string) {
    const { dataStatus, adminEpoch } = this.cibOf(name);
    return aClusterView({
      adminEpoch,
      haveQuorum: this.hasQuorum(),
      nodes: Object.fromEntries(
        this.nodes.map((node) => {
          const status = dataStatus[node];
          return [
            node,
            {
              online: !this.noticed.has(node),
              ...(status === undefined ? {} : { dataStatus: status }),
              ...(node === this.successor ? { switchFrom: RECORDED } : {}),
            },
          ];
        }),
      ),
    });
  }

  private decide(): Decision {
    const cluster = this.viewOf(this.primary);
    const waited = namesOf(this.server);
    const senders = [...this.standbys]
      .filter(([, standby]) => standby.connected)
      .map(([name, standby]) =>
        aSender(name, {
          flushLsn: lsnOf(BigInt(standby.flushed)),
          syncState: waited.includes(name) ? 'sync' : 'async',
        }),
      );
    const settled = !this.reloading && this.flag === (this.server.kind !== 'none');
    const state = aPrimary({
      names: this.server,
      senders,
      walInsert: lsnOf(BigInt(this.end)),
      walFlush: lsnOf(BigInt(this.end)),
      checkpointerWaitEvent: settled ? 'CheckpointerMain' : 'DataFileSync',
    });
    const snapshot = aSnapshot({
      cluster: known(cluster),
      server: running(state),
      disk: aDisk({ syncNames: known(this.file) }),
      memory: this.memory,
    });
    const config = aConfig({ nodeList: this.nodes, syncDegrade: this.degrade });
    return decidePrimary(snapshot, config, clusterFacts(cluster, NAMES), state, []);
  }

  /** @returns false when it failed, and the steps after it are not carried out */
  private carryOut(step: Step): boolean {
    switch (step.kind) {
      case 'publish':
        for (const { node, name, value } of step.changes) {
          if (name === NAMES.switchFrom && node === this.successor) this.successor = value;
          if (name === NAMES.score && value === Score.successor) this.handedTo = node;
        }
        return true;
      case 'configure':
        this.file = step.settings.syncNames;
        return true;
      case 'reload':
        this.reloading = true;
        return true;
      case 'record': {
        const rank = rankOf(step, this.viewOf(this.primary), NAMES);
        if (rank > 0 && !this.hasQuorum()) return false;
        const before = this.cibOf(this.primary);
        const after: Cib = {
          adminEpoch: before.adminEpoch + rank,
          epoch: before.epoch + 1,
          dataStatus: { ...before.dataStatus, ...step.dataStatus },
        };
        for (const name of this.nodes) if (!this.cutOff.has(name)) this.copies.set(name, after);
        return true;
      }
      case 'confirm': {
        const confirmed = this.nodes.filter(
          (name) => !this.cutOff.has(name) && isRecorded(this.viewOf(name), NAMES, step),
        );
        return judgeConfirmation(this.nodes.length, confirmed, []).ok && this.hasQuorum();
      }
      default:
        throw new Error(`a primary's bookkeeping has no step ${step.kind}`);
    }
  }

  private release(): void {
    const names = namesOf(this.server);
    const has = (name: string, position: number): boolean => {
      const standby = this.standbys.get(name);
      return standby?.connected === true && standby.flushed >= position;
    };
    const isSafe = (position: number): boolean =>
      this.server.kind === 'any'
        ? this.server.nodes.some((name) => has(name, position))
        : names.length > 0 && names.every((name) => has(name, position));
    this.acknowledged = Math.max(this.acknowledged, ...this.queue.filter(isSafe));
    this.queue = this.queue.filter((position) => !isSafe(position));
  }
}

const namesOf = (names: SyncNames): readonly string[] => (names.kind === 'all' ? names.nodes : []);

const markedIn = (cib: Cib): string[] =>
  Object.entries(cib.dataStatus).flatMap(([name, status]) => (status === SYNC ? [name] : []));

const newestOf = (cibs: readonly Cib[]): Cib => {
  const [newest] = [...cibs].sort((a, b) => b.adminEpoch - a.adminEpoch || b.epoch - a.epoch);
  if (newest === undefined) throw new RangeError('no CIB');
  return newest;
};

export const majoritiesOf = (nodes: readonly string[]): string[][] =>
  Array.from({ length: 2 ** nodes.length }, (_, bits) =>
    nodes.filter((_name, index) => (bits >> index) & 1),
  ).filter((members) => members.length > nodes.length / 2);
