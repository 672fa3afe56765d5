import { remainingMs } from '../../../distlock/answer.ts';
import { judgeTimes, namedLock } from '../../../pgsql/lock/parameters.ts';
import { beforeInit } from '../../arbiter/before-init.ts';
import { WHEN_ALL_IS_WELL } from '../../arbiter/change-of-arbiter.ts';
import { foreignAlone, isOwnNode } from '../../arbiter/foreign-owner.ts';
import { enumerate, formatSeconds } from '../../cli/text.ts';
import { monitorIntervals } from '../../cluster/monitor-intervals.ts';
import { type ArbiterRow, arbiterRow } from '../arbiter-row.ts';
import type { Finding, ProblemRule } from '../problem.ts';
import type { Situation } from '../situation.ts';

type Find = (row: ArbiterRow, situation: Situation) => Finding | undefined;

const perArbiter =
  (find: Find): ProblemRule['find'] =>
  (situation) => {
    const row = arbiterRow(situation);
    const finding = row === null ? undefined : find(row, situation);
    return finding === undefined ? [] : [finding];
  };

const silentNodes = ({ nodes }: ArbiterRow) => nodes.filter(({ reached }) => reached === false);

/** Nobody reaches it, as far as anybody says: this node does not, and no node says that it does. */
const isDown = (row: ArbiterRow, { arbiter }: Situation): boolean =>
  arbiter?.answer.ok === false &&
  arbiter.answer.failure.kind === 'silent' &&
  row.nodes.every(({ reached }) => reached !== true);

const longest = (seconds: readonly (number | null)[]): string => {
  const known = seconds.filter((value) => value !== null);
  return known.length === 0 ? '' : ` for ${formatSeconds(Math.max(...known))}`;
};

/** The lock of two nodes. */
export const arbiterRules: readonly ProblemRule[] = [
  {
    id: 'arbiter-down',
    find: perArbiter((row, situation) => {
      if (!isDown(row, situation)) return undefined;
      const silent = silentNodes(row);
      const whom = silent.length === 0 ? situation.self : enumerate(silent.map(({ node }) => node));
      const [primary] = situation.promoted;
      const meaning =
        primary === undefined
          ? 'without the lock nobody is promoted'
          : `${primary} goes on only as long as its standby is a member, streams, and does not reach it either; if a node is lost now, writes stop and nobody takes over`;
      return {
        severity: 'error',
        sentence: `the arbiter ${row.where} has been silent to ${whom}${longest(silent.map((each) => each.silentSeconds))}: ${meaning} (${row.failure}). Bring it back.`,
      };
    }),
  },
  {
    id: 'arbiter-refuses',
    find: perArbiter((row, situation) => {
      const answer = situation.arbiter?.answer;
      if (answer?.ok !== false || answer.failure.kind === 'silent') return undefined;
      const first = answer.failure.kind === 'not-initialised' ? beforeInit(situation) : '';
      return {
        severity: 'error',
        sentence: `without the lock nobody is promoted, and a primary goes on only by its standby's word: ${row.failure}${first}`,
      };
    }),
  },
  {
    id: 'arbiter-not-reached',
    find: perArbiter((row, situation) => {
      if (isDown(row, situation)) return undefined;
      const { self, arbiter, promoted } = situation;
      const answersHere = arbiter?.answer.ok === true;
      // What a node has said is some seconds old, and the arbiter has just answered this one.
      const [first] = silentNodes(row).filter(({ node }) => node !== self || !answersHere);
      if (first === undefined)
        return arbiter?.answer.ok === false && arbiter.answer.failure.kind === 'silent'
          ? {
              severity: 'warning',
              node: self,
              sentence: `${self} does not reach the arbiter now: ${row.failure}`,
            }
          : undefined;
      const others = row.nodes
        .filter(({ node, reached }) => reached ?? (node === self && answersHere))
        .map(({ node }) => node);
      // It refuses both, which is said above, or has come back a moment ago.
      if (others.length === 0) return undefined;
      const meaning = promoted.includes(first.node)
        ? 'its guard ends PostgreSQL when the lease is over'
        : 'it takes over nothing while this lasts';
      return {
        severity: 'error',
        node: first.node,
        sentence: `${first.node} has not reached the arbiter ${row.where}${longest([first.silentSeconds])}, and ${enumerate(others)} does: ${meaning}`,
      };
    }),
  },
  {
    id: 'lock-of-another',
    find: perArbiter(({ state, lock }, situation) => {
      if (state === null || state.owner === '' || remainingMs(state) === 0) return undefined;
      if (!isOwnNode(situation, state.owner))
        return {
          severity: 'error',
          sentence: `${state.owner} has the lock ${lock}, and is no node of this cluster: give each cluster a lock of its own (distlock_lockname), ${WHEN_ALL_IS_WELL}`,
        };
      const [primary] = situation.promoted;
      return primary === undefined || primary === state.owner
        ? undefined
        : {
            severity: 'error',
            sentence: `${primary} is the primary, and ${state.owner} has the lock ${lock}: within a lease one of them gives way; look again`,
            command: 'cls_status --watch',
          };
    }),
  },
  {
    id: 'lease-too-short',
    find: ({ resource }) => {
      const named = namedLock(resource.parameters);
      if (resource.provider !== 'pha' || !named.ok || named.value === undefined) return [];
      const { primaryMs, standbyMs } = monitorIntervals(resource.operations);
      return judgeTimes(named.value, { monitorMs: primaryMs, standbyMonitorMs: standbyMs })
        .filter(({ endsPrimary }) => endsPrimary)
        .map(({ sentence }) => ({ severity: 'error', sentence }));
    },
  },
  {
    id: 'lock-row-missing',
    find: perArbiter(({ lock, where }, situation) => {
      const answer = situation.arbiter?.answer;
      return answer?.ok === true && answer.value.alone === undefined
        ? {
            severity: 'error',
            sentence: `the arbiter ${where} has no row ${lock}#alone, so a primary that loses its standby cannot go on: make it with "distlock CONNINFO init ${lock}"${beforeInit(situation)}`,
          }
        : undefined;
    }),
  },
  {
    id: 'alone-and-gone',
    find: perArbiter(({ alone, lock }, situation) => {
      const { resource, promoted, nodes, facts } = situation;
      if (alone === null || resource.parameters.rep_mode !== 'sync' || promoted.includes(alone.node))
        return undefined;
      if (!isOwnNode(situation, alone.node))
        return { severity: 'error', sentence: foreignAlone(lock, alone.node) };
      const left = nodes.find((node) => node !== alone.node && facts.online(node));
      const reset =
        left === undefined
          ? ''
          : ` If it is lost for good, and so its writes may be: cls_reset_master ${left}`;
      return {
        severity: 'error',
        node: alone.node,
        sentence: `${alone.node} went on without a standby ${formatSeconds(alone.seconds)} ago, and does not run as the primary: no other node is promoted, since it lacks what ${alone.node} has acknowledged since then. Bring ${alone.node} back.${reset}`,
      };
    }),
  },
];
