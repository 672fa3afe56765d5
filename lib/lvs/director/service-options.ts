import { shellWords } from '../../postgres/shell-words.ts';
import { ipVersion } from '../../system/ip-address.ts';
import type { Persistence, Scheduling } from '../ipvs/table.ts';

export type ParsedOptions =
  | { readonly ok: true; readonly scheduling: Scheduling }
  /** A clause that goes on after "virtual_service_options is …: it". */
  | { readonly ok: false; readonly why: string };

/** Seconds that ipvsadm takes for `-p` alone. */
const DEFAULT_PERSISTENCE = 360;
const LONGEST_PERSISTENCE = 31 * 24 * 60 * 60;

/** What ipvsadm and the kernel call a scheduler: also one that is newer than this program. */
const SCHEDULER = /^[a-z][a-z0-9_-]{0,14}$/;
/** Names of a scheduler's flags, from the first on; of sh and mh, ipvsadm does not print a third one. */
const FLAGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['sh', ['sh-fallback', 'sh-port']],
  ['mh', ['mh-fallback', 'mh-port']],
]);
const FLAGS_OF_OTHERS = ['flag-1', 'flag-2', 'flag-3'];

const OPTIONS = {
  '-s': 'scheduler',
  '--scheduler': 'scheduler',
  '-p': 'persistent',
  '--persistent': 'persistent',
  '-M': 'netmask',
  '--netmask': 'netmask',
  '-b': 'flags',
  '--sched-flags': 'flags',
} as const satisfies Readonly<Record<string, string>>;
type Option = (typeof OPTIONS)[keyof typeof OPTIONS];

const isOption = (word: string): word is keyof typeof OPTIONS => Object.hasOwn(OPTIONS, word);

/**
 * The options of `ipvsadm -A` that say how connections are given to servers. Strict: what ipvsadm would refuse, or what
 * is the business of other parameters, is refused here, before anything is started.
 */
export const parseServiceOptions = (text: string, family: 4 | 6 | undefined): ParsedOptions => {
  const words = shellWords(text);
  if (words === undefined) return bad('has a quote that is not closed; close it');
  const given = new Map<Option, string>();
  for (let at = 0; at < words.length; at++) {
    const [name = '', inline] = splitWord(words[at] ?? '');
    if (!isOption(name))
      return bad(`has "${name}", which is no option for this; use -s, -p, -M and -b of ipvsadm only`);
    const option = OPTIONS[name];
    if (given.has(option)) return bad(`has ${name} twice; give it once`);
    const next = words[at + 1];
    const takesNext = inline === undefined && next !== undefined && !next.startsWith('-');
    if (!takesNext && inline === undefined && option !== 'persistent')
      return bad(`has ${name} without a value; give one`);
    given.set(option, inline ?? (takesNext ? next : String(DEFAULT_PERSISTENCE)));
    if (takesNext) at++;
  }
  return schedulingOf(given, family);
};

/** `-swlc` and `--scheduler=wlc` have the value in one word with the name. */
const splitWord = (word: string): readonly [string, string?] => {
  if (word.startsWith('--') && word.includes('=')) {
    const at = word.indexOf('=');
    return [word.slice(0, at), word.slice(at + 1)];
  }
  return /^-[spMb]./.test(word) ? [word.slice(0, 2), word.slice(2)] : [word];
};

const schedulingOf = (given: ReadonlyMap<Option, string>, family: 4 | 6 | undefined): ParsedOptions => {
  const scheduler = given.get('scheduler') ?? 'wlc';
  if (!SCHEDULER.test(scheduler))
    return bad(`names the scheduler "${scheduler}"; give one such as rr or wlc`);
  const flags = flagsOf(given.get('flags'), scheduler);
  if (typeof flags === 'string') return bad(flags);
  const persistence = persistenceOf(given, family);
  if (typeof persistence === 'string') return bad(persistence);
  return { ok: true, scheduling: { scheduler, flags, persistence } };
};

/**
 * Under the names that ipvsadm prints: flag-1 of sh is sh-fallback. Under another one, a service would never be found to
 * be as it should. ipvsadm itself refuses the flags of another scheduler.
 *
 * @returns what is wrong, as text
 */
const flagsOf = (text: string | undefined, scheduler: string): readonly string[] | string => {
  if (text === undefined) return [];
  const names = FLAGS.get(scheduler) ?? FLAGS_OF_OTHERS;
  const flags = text.split(',').map((flag) => names[FLAGS_OF_OTHERS.indexOf(flag)] ?? flag);
  if (flags.every((flag) => names.includes(flag))) return [...new Set(flags)].sort();
  return names === FLAGS_OF_OTHERS
    ? `has the flags "${text}", which ${scheduler} does not have; use sh or mh, or leave -b out`
    : `has the flags "${text}"; ${scheduler} has ${names.join(' and ')}`;
};

/** @returns what is wrong, as text */
const persistenceOf = (
  given: ReadonlyMap<Option, string>,
  family: 4 | 6 | undefined,
): Persistence | undefined | string => {
  const text = given.get('persistent');
  const mask = given.get('netmask');
  if (text === undefined)
    return mask === undefined ? undefined : 'has -M without -p; add -p, or leave -M out';
  const seconds = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > LONGEST_PERSISTENCE)
    return `has "-p ${text}"; give seconds from 1 to ${LONGEST_PERSISTENCE}`;
  if (mask === undefined) return { seconds, mask };
  const isPrefix = /^[1-9]\d{0,2}$/.test(mask) && Number(mask) <= 128;
  if (family === 6 && !isPrefix) return `has "-M ${mask}"; for IPv6, give a length from 1 to 128`;
  if (family !== 6 && !isNetmask(mask)) return `has "-M ${mask}"; give a netmask such as 255.255.255.0`;
  // The default, which the kernel does not tell.
  return { seconds, mask: mask === '255.255.255.255' || (family === 6 && mask === '128') ? undefined : mask };
};

const isNetmask = (mask: string): boolean => {
  if (ipVersion(mask) !== 4) return false;
  const bits = mask
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('');
  return /^1+0*$/.test(bits);
};

const bad = (why: string): ParsedOptions => ({ ok: false, why });
