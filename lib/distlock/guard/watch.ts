import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { sinceBootMs, sleep } from '../../system/clock.ts';
import { overwrite } from '../../system/overwrite.ts';
import { processInfo } from '../../system/proc.ts';
import { guardStep } from '../decide/guard.ts';
import { childrenOf, isAlive, killAll, quit, signalKey } from './end-server.ts';
import { formatLifeSign, type GuardOrders, type GuardStage, type ProcessKey, parseOrders } from './orders.ts';
import { parseGuardedLock, renewals, type Term } from './renewal.ts';

const TICK_MS = 200;

export interface GuardFiles {
  readonly orders: string;
  readonly lifeSign: string;
  readonly lock: string;
}

const orUndefined = <T>(get: () => T): T | undefined => {
  try {
    return get();
  } catch {
    return undefined;
  }
};

/** Half an order, or none, moves no deadline: the last one that could be read stays. */
const readOrders = (path: string, last: GuardOrders | undefined): GuardOrders | undefined =>
  parseOrders(orUndefined(() => readFileSync(path, 'latin1')) ?? '') ?? last;

/**
 * The guard: ends the server when the deadline that its orders name has come, whatever has become of the agent, of Pacemaker and
 * of the disk. Every turn takes the way of the last one, with signal 0 in place of the others, so that all that it needs is in
 * memory by then. It renews the lock meanwhile. Only an order ends it; SIGTERM does not.
 *
 * @param beforeQuit the end of PostgreSQL is this process's own doing from here on; it must not wait for a disk, and may fail
 */
export const watchLease = async (files: GuardFiles, beforeQuit: () => void): Promise<void> => {
  process.on('SIGTERM', () => {});
  process.on('SIGHUP', () => {});
  process.on('SIGINT', () => {});
  // Whatever a connection may throw: the deadline is kept.
  process.on('uncaughtException', () => {});
  favour();
  const self = selfKey();
  let orders: GuardOrders | undefined;
  let orderedAtMs = 0;
  let reached: GuardStage = 'watching';
  const renewed = renewals(() =>
    parseGuardedLock(orUndefined(() => readFileSync(files.lock, 'latin1')) ?? ''),
  );
  let children = new Map<number, ProcessKey>();
  for (;;) {
    const before = orders?.sequence;
    orders = readOrders(files.orders, orders);
    if (orders?.sequence !== before) orderedAtMs = sinceBootMs();
    if (orders === undefined) {
      await sleep(TICK_MS);
      continue;
    }
    const term = orders.kind === 'watch' ? longer(orders, renewed.term()) : undefined;
    if (orders.kind === 'watch') {
      const { postmaster } = orders;
      const now = childrenOf(postmaster, children);
      // Orphans are kept in mind: they may still acknowledge what they were doing.
      children = mapOf([...[...children.values()].filter(isAlive), ...now]);
      signalKey(postmaster, 0);
      const isLeft = isAlive(postmaster) || children.size > 0;
      const step = guardStep({ ...orders, ...term }, sinceBootMs(), isLeft);
      if ((step.kind === 'quit' || step.kind === 'kill') && reached === 'watching') orUndefined(beforeQuit);
      if (step.kind === 'quit' && reached !== 'quit') quit(postmaster);
      if (step.kind === 'kill') children = mapOf([...children.values(), ...killAll(postmaster, children)]);
      reached = stageAfter(step.kind, reached);
      if (step.kind === 'end') return;
      if (step.kind === 'wait' && isAlive(postmaster)) renewed.keep(orderedAtMs);
    }
    const { sequence } = orders;
    const quitAtMs = term?.quitAtMs ?? 0;
    orUndefined(() =>
      place(
        files.lifeSign,
        formatLifeSign({ guard: self, sequence, atMs: sinceBootMs(), reached, quitAtMs }),
      ),
    );
    // The process ends when the answer to a renewal that is under way is there.
    if (orders.kind === 'end') return;
    await sleep(TICK_MS);
  }
};

/** The deadline of the agent's orders, or that of this process's own renewals. */
const longer = ({ quitAtMs, killAtMs }: Term, own: Term | undefined): Term =>
  own !== undefined && own.quitAtMs > quitAtMs ? own : { quitAtMs, killAtMs };

/** A new order that moves the deadline makes a guard that has not killed yet begin anew. */
const stageAfter = (step: 'wait' | 'quit' | 'kill' | 'end', reached: GuardStage): GuardStage => {
  if (step === 'kill') return 'killed';
  if (step === 'quit') return 'quit';
  return step === 'wait' && reached === 'quit' ? 'watching' : reached;
};

const mapOf = (keys: readonly ProcessKey[]): Map<number, ProcessKey> =>
  new Map(keys.map((key) => [key.pid, key]));

const selfKey = (): ProcessKey => {
  const info = processInfo(process.pid);
  if (info === undefined) throw new Error('/proc does not show this process');
  return { pid: info.pid, startTicks: info.startTicks };
};

/** Neither a busy machine nor one without memory may take it away; where this is not allowed, it is a guard all the same. */
const favour = (): void => {
  orUndefined(() => setPriority(constants.priority.PRIORITY_HIGHEST));
  orUndefined(() => writeFileSync('/proc/self/oom_score_adj', '-1000'));
};

/** The agent takes a guard without a life sign for none, and a full tmpfs is no reason for that. */
const place = (path: string, text: string): void => {
  try {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    overwrite(path, text);
  }
};
