/** A simulated cluster: everything that there is. What it does is in the files by concern; this one only says what is. */
import type { LifeSign } from '../../lib/distlock/guard/orders.ts';
import type { PgsqlConfig } from '../../lib/pgsql/config.ts';
import { EMPTY_MEMORY, type Memory } from '../../lib/pgsql/memory.ts';
import type { Executor } from './agent/executor.ts';
import type { Ended } from './agent/operation.ts';
import { type Cib, emptyCib } from './cluster/cib.ts';
import type { Ring } from './cluster/corosync.ts';
import type { Transition } from './cluster/transition.ts';
import { type Arbiter, LOCK, newArbiter } from './lock/arbiter.ts';
import type { Guard, Orders } from './lock/guard.ts';
import { type Database, newDatabase } from './postgres/database.ts';
import { type Branch, FIRST_BRANCH } from './postgres/wal.ts';
import { type Random, seeded } from './random.ts';
import type { Rules } from './rules.ts';
import { type Agenda, emptyAgenda, type Happening, type Life } from './time.ts';

export interface Settings {
  /** of the world's chances; the faults are drawn from another */
  readonly seed: number;
  readonly nodes: number;
  readonly syncDegrade: PgsqlConfig['syncDegrade'];
  readonly migrationThreshold: number;
  /** it has been well for a while; else it starts for the first time */
  readonly isWarm: boolean;
  /** two nodes with enable_distlock */
  readonly hasLock: boolean;
}

/** Corosync and Pacemaker on one machine, as long as they run. */
export interface Stack extends Life {
  readonly machine: Machine;
  ring: Ring | undefined;
  isQuorate: boolean;
  /** with two nodes: quorum alone counts only for one that has seen the other */
  hasSeenAll: boolean;
  /** what attrd holds: by node, by name */
  attributes: Map<string, Map<string, string>>;
  readonly executor: Executor;
  /** of the designated controller */
  transition: Transition | undefined;
  isPlanning: boolean;
  /** what has reached it and is not taken in yet; and until when that takes */
  readonly inbox: ((member: Stack) => void)[];
  inboxReadyMs: number;
}

export interface Machine {
  readonly index: number;
  readonly name: string;
  /** since it was switched on; undefined while it is off */
  life: (Life & { readonly machine: Machine; readonly bootedAtMs: number }) | undefined;
  /** when it was switched off last */
  offAtMs: number;
  stack: Stack | undefined;
  isFrozen: boolean;
  thawedAtMs: number;
  readonly missed: Happening[];
  /** its copy of the configuration */
  cib: Cib;
  /** with a lock: what it was of late, the newest last; Pacemaker writes it to disk some time after it has changed */
  readonly cibsOfLate: { readonly cib: Cib; readonly atMs: number }[];
  readonly database: Database;
  /** what the agent remembers until reboot */
  memory: Memory;
  /** it answers at the address for writing */
  hasAddress: boolean;
  /** who has it, by what this machine was last told */
  neighbour: { readonly holder: Machine; readonly untilMs: number } | undefined;
  /** of its lease; what the agent has told it last, and what it has said itself, which outlive it */
  guard: Guard | undefined;
  orders: Orders | undefined;
  lifeSign: LifeSign | undefined;
  /** a fault has killed it, and no other has been started since */
  isGuardKilled: boolean;
  /** programs that run there, the agent's above all, and how to end them */
  readonly programs: Map<Life, (ended: Ended) => void>;
  /** a fault has held it up until then, or does so still */
  troubledUntilMs: number;
  /** how much longer than usual things take here, in ms */
  readonly slow: { inbox: number; attributes: number; replication: number; nextStep: number };
}

/** The newest commit that a client was told is safe. All before it are in its past, or the cluster has lied. */
export interface Acknowledged {
  readonly branch: Branch;
  readonly end: number;
  readonly by: string;
  readonly atMs: number;
}

export interface Violation {
  readonly invariant: string;
  readonly atMs: number;
  readonly what: string;
}

export interface StoryLine {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

export interface World {
  readonly settings: Settings;
  readonly config: PgsqlConfig;
  readonly rules: Rules;
  readonly random: Random;
  readonly agenda: Agenda;
  readonly machines: readonly Machine[];
  /** severed[from][to]: what `from` sends to `to` is lost; how many faults say so */
  readonly severed: readonly number[][];
  /** of two nodes with a lock */
  readonly arbiter: Arbiter | undefined;

  acknowledged: Acknowledged | undefined;
  acknowledgedCount: number;
  pids: number;
  /** called before anything that something may come in between of: see faults */
  onMoment: () => void;
  /** called when messages have reached their receivers, whose CIBs may have changed: see checks */
  onDelivery: () => void;
  violation: Violation | undefined;
  /** told only where somebody listens */
  readonly story: StoryLine[] | undefined;
}

const nameOf = (index: number): string => `node${index + 1}`;

export const newWorld = (settings: Settings, rules: Rules, story?: StoryLine[]): World => {
  const names = Array.from({ length: settings.nodes }, (_, index) => nameOf(index));
  return {
    settings,
    config: configFor(settings, names),
    rules,
    random: seeded(settings.seed),
    agenda: emptyAgenda(),
    machines: names.map((name, index) => ({
      index,
      name,
      life: undefined,
      offAtMs: 0,
      stack: undefined,
      isFrozen: false,
      thawedAtMs: -Infinity,
      missed: [],
      cib: emptyCib(names),
      cibsOfLate: [],
      database: newDatabase(FIRST_BRANCH),
      memory: EMPTY_MEMORY,
      hasAddress: false,
      neighbour: undefined,
      guard: undefined,
      orders: undefined,
      lifeSign: undefined,
      isGuardKilled: false,
      programs: new Map(),
      troubledUntilMs: -1,
      slow: { inbox: 0, attributes: 0, replication: 0, nextStep: 0 },
    })),
    severed: names.map(() => names.map(() => 0)),
    arbiter: settings.hasLock ? newArbiter(settings.nodes) : undefined,

    acknowledged: undefined,
    acknowledgedCount: 0,
    pids: 100,
    onMoment: () => {},
    onDelivery: () => {},
    violation: undefined,
    story,
  };
};

const configFor = (settings: Settings, nodeList: readonly string[]): PgsqlConfig => ({
  repMode: 'sync',
  syncDegrade: settings.syncDegrade,
  nodeList,
  externalStandbys: [],
  primaryHost: '192.0.2.10',
  port: 5432,
  replicationUser: 'repl',
  primaryConninfoOptions: '',
  slotPrefix: '',
  restoreCommand: '',
  archiveCleanupCommand: '',
  recoveryEndCommand: '',
  maxLagOnFailover: 0n,
  checkCount: 3,
  checkWalReceiver: false,
  publishLag: false,
  fastDetection: false,
  onFail: 'restart',
  writeCheck: false,
  stopEscalateMs: 10_000,
  stopEscalateStandbyMs: 10_000,
  ...(settings.hasLock ? { lock: LOCK } : {}),
});

export const machineNamed = (world: World, name: string): Machine | undefined =>
  world.machines.find((machine) => machine.name === name);

/** From when a machine counts its own time. */
export const bootedAtMs = ({ life }: Machine): number => life?.bootedAtMs ?? 0;

export const isUp = (machine: Machine): boolean => machine.life !== undefined && !machine.isFrozen;

/** The first violation counts: what comes after it may only be its consequence. */
export const violate = (world: World, invariant: string, what: string): void => {
  if (world.violation !== undefined) return;
  world.violation = { invariant, what, atMs: world.agenda.nowMs };
  tell(world, 'VIOLATION', `${invariant}: ${what}`);
};

export const tell = ({ story, agenda }: World, who: Machine | string, what: string): void => {
  story?.push({ atMs: agenda.nowMs, who: typeof who === 'string' ? who : who.name, what });
};
