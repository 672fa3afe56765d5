import type { Parsed } from '../postgres/parsed.ts';
import { formatLockId, type LockId, objectionToName, parseLockId } from './lock-id.ts';

export const ACTIONS = ['trylock', 'lock', 'unlock', 'status', 'init'] as const;
type Action = (typeof ACTIONS)[number];

export type Request =
  | {
      readonly action: 'trylock' | 'lock';
      readonly lock: LockId;
      readonly owner: string;
      readonly leaseMs: number;
      /** For `lock`; Infinity: until it has it. */
      readonly waitMs: number;
    }
  | { readonly action: 'unlock'; readonly lock: LockId; readonly owner: string }
  | { readonly action: 'status' | 'init'; readonly lock: LockId };

export const DEFAULT_LEASE_SECONDS = 9;
const LONGEST_SECONDS = 86_400;

/** From the words after CONNINFO, in the order of the original. Pure. */
export function parseRequest(words: readonly string[]): Parsed<Request> {
  const [word = '', lockText = '', owner, lease = String(DEFAULT_LEASE_SECONDS), wait] = words;
  const action: Action | undefined = ACTIONS.find((each) => each === word);
  const wrong = (reason: string): Parsed<never> => ({ ok: false, reason });
  if (action === undefined) return wrong(`ACTION is ${shown(word)}: it is one of ${ACTIONS.join(', ')}`);
  if (mayBeConninfo(lockText))
    return wrong(`LOCK is ${shown(lockText)}: give a table, a colon and a name, such as distlock:pgsql_cls1`);
  const parsed = parseLockId(lockText);
  if (!parsed.ok) return wrong(`LOCK: ${parsed.reason}`);
  const lock = parsed.value;
  if (action === 'status' || action === 'init') {
    return owner === undefined
      ? { ok: true, value: { action, lock } }
      : wrong(`unexpected argument ${shown(owner)}: ${action} takes no owner`);
  }
  if (owner === undefined) return wrong(`OWNER is missing: ${action} ${formatLockId(lock)} for whom?`);
  if (owner === '@owner')
    return wrong('OWNER is "@owner", which only the agent replaces: give the name of the node');
  const objection = objectionToName(owner);
  if (objection !== undefined) return wrong(`OWNER ${objection}`);
  if (action === 'unlock') return { ok: true, value: { action, lock, owner } };
  const leaseMs = parseSeconds(lease) * 1000;
  if (!(leaseMs >= 1000)) return wrong(`LEASE is ${shown(lease)}: give seconds from 1 to ${LONGEST_SECONDS}`);
  const waitMs = wait === undefined ? Number.POSITIVE_INFINITY : parseSeconds(wait) * 1000;
  if (Number.isNaN(waitMs)) return wrong(`WAIT is ${shown(wait)}: give seconds from 0 to ${LONGEST_SECONDS}`);
  return { ok: true, value: { action, lock, owner, leaseMs, waitMs } };
}

/** What a wrong quote has put in the place of another word. */
const mayBeConninfo = (word: string): boolean => /=|:\/\//.test(word);

/** A password never is: the sentence goes into logs, and into what Pacemaker shows. */
const shown = (word = ''): string =>
  mayBeConninfo(word)
    ? 'a connection string, which is not shown here (is a quote missing around "psql …"?)'
    : `"${word}"`;

const parseSeconds = (text: string): number => {
  const seconds = /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  return seconds <= LONGEST_SECONDS ? seconds : Number.NaN;
};
