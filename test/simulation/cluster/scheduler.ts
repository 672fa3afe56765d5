/** Pacemaker's scheduler for one promotable clone: what is to be done so that the resource is where it should be. Pure. */
import type { NotifyLists } from '../../../lib/pacemaker/notify.ts';
import { type Cib, type CibNode, NAMES } from './cib.ts';

export interface Plan {
  readonly probe: readonly string[];
  readonly lists: NotifyLists;
}

/** @returns undefined when there is nothing to do, or something is still under way */
export const planOf = (cib: Cib, migrationThreshold: number): Plan | undefined => {
  const members = cib.nodes.filter(({ online }) => online);
  if (members.some(({ instance }) => instance.isPending)) return undefined;
  const probe = namesOf(members.filter(({ instance }) => instance.role === 'unknown'));
  const mayRun = (node: CibNode): boolean =>
    cib.haveQuorum && !node.standby && !node.instance.isBanned && node.instance.failures < migrationThreshold;
  const managed = members.filter(({ instance }) => !instance.isBlocked && instance.role !== 'unknown');
  const promoted = members.filter(({ instance }) => instance.role === 'promoted');
  const target = promoted.some(({ instance }) => instance.isBlocked)
    ? undefined
    : preferred(managed.filter(mayRun));

  const stop = managed.filter((node) => isRunning(node) && (!mayRun(node) || node.instance.isFailed));
  const start = managed.filter((node) => mayRun(node) && (!isRunning(node) || stop.includes(node)));
  const demote = managed.filter(
    (node) => node.instance.role === 'promoted' && (node !== target || stop.includes(node)),
  );
  const promote =
    target !== undefined && (target.instance.role !== 'promoted' || demote.includes(target)) ? [target] : [];
  if (probe.length + stop.length + start.length + demote.length + promote.length === 0) return undefined;
  return {
    probe,
    lists: {
      active: namesOf(members.filter(isRunning)),
      promoted: namesOf(promoted),
      unpromoted: namesOf(members.filter(({ instance }) => instance.role === 'unpromoted')),
      start: namesOf(start),
      stop: namesOf(stop),
      promote: namesOf(promote),
      demote: namesOf(demote),
    },
  };
};

export const isRunning = ({ instance }: CibNode): boolean =>
  instance.role === 'unpromoted' || instance.role === 'promoted';

/** The highest promotion score; what is promoted stays where there are two. */
const preferred = (nodes: readonly CibNode[]): CibNode | undefined => {
  let best: CibNode | undefined;
  for (const node of nodes) if (scoreOf(node) > (best === undefined ? 0 : scoreOf(best))) best = node;
  return best;
};

const scoreOf = ({ transient, instance }: CibNode): number => {
  const score = Number(transient.get(NAMES.score) ?? 0);
  return Number.isNaN(score) ? -Infinity : score + (instance.role === 'promoted' ? 1 : 0);
};

const namesOf = (nodes: readonly CibNode[]): string[] => nodes.map(({ name }) => name);
