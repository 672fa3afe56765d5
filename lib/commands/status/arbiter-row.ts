import type { LockState, OwnerChange } from '../../distlock/answer.ts';
import { ArbiterWord, stateNames } from '../../pgsql/names.ts';
import type { Situation } from './situation.ts';

/** What a node has published of its own last question. */
export interface ArbiterWordRow {
  readonly node: string;
  /** null: it has said nothing yet, or does not run. */
  readonly reached: boolean | null;
  readonly silentSince: string | null;
  readonly silentSeconds: number | null;
}

/** The arbiter of two nodes, as this node and the others see it. */
export interface ArbiterRow {
  readonly where: string;
  readonly lock: string;
  /** Why it does not answer this node. */
  readonly failure: string | null;
  readonly state: LockState | null;
  /** The row `#alone`, where a node has it. */
  readonly alone: { readonly node: string; readonly seconds: number } | null;
  readonly nodes: readonly ArbiterWordRow[];
  /** The newest first. */
  readonly history: readonly OwnerChange[];
}

export function arbiterRow(situation: Situation): ArbiterRow | null {
  const { arbiter } = situation;
  if (arbiter === undefined) return null;
  const { where, lock, answer } = arbiter;
  const { state = null, alone, history = [] } = answer.ok ? answer.value : {};
  return {
    where,
    lock,
    failure: answer.ok ? null : answer.failure.sentence,
    state,
    alone:
      alone === undefined || alone.owner === ''
        ? null
        : { node: alone.owner, seconds: Math.max(0, alone.ageMs) / 1000 },
    nodes: arbiterWords(situation, arbiter.atMs),
    history,
  };
}

const arbiterWords = ({ nodes, facts, resource }: Situation, nowMs: number): readonly ArbiterWordRow[] =>
  nodes.map((node) => {
    const word = facts.online(node) ? facts.transient(node, stateNames(resource.id).arbiter) : undefined;
    const sinceMs = ArbiterWord.silentSinceMs(word);
    return {
      node,
      reached: word === ArbiterWord.reached ? true : ArbiterWord.isSilent(word) ? false : null,
      silentSince: sinceMs === undefined ? null : new Date(sinceMs).toISOString(),
      silentSeconds: sinceMs === undefined ? null : Math.max(0, nowMs - sinceMs) / 1000,
    };
  });
