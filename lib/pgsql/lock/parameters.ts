/** Which lock the parameters name: directly, or by a call of `distlock` as older definitions have it. */
import { basename } from 'node:path';
import type { Arbiter } from '../../distlock/arbiter.ts';
import { ANSWER_MS } from '../../distlock/guard/renewal.ts';
import { type LeaseObjection, type LeaseParameters, objectionsToLease } from '../../distlock/lease.ts';
import { formatLockId, type LockId, parseLockId } from '../../distlock/lock-id.ts';
import { parseRequest, type Request } from '../../distlock/request.ts';
import { objectionToArbiter, objectionToHost } from '../../postgres/arbiter-host.ts';
import { callersTarget } from '../../postgres/callers-target.ts';
import type { Parsed } from '../../postgres/parsed.ts';
import { type PsqlTarget, parsePsqlCommand } from '../../postgres/psql-command.ts';
import { shellWords } from '../../postgres/shell-words.ts';

export interface LockParameters {
  readonly enable_distlock: boolean;
  readonly distlock_conninfo: string;
  readonly distlock_lockname: string;
  readonly distlock_lease_seconds: number;
  readonly distlock_timeout_seconds: number;
  readonly distlock_lock_cmd: string;
  readonly distlock_unlock_cmd: string;
}

export interface NamedLock {
  readonly target: PsqlTarget;
  readonly lock: LockId;
  readonly leaseMs: number;
  readonly timeoutMs: number;
  /** By parameters of their own, and not by the words of distlock_lock_cmd. */
  readonly hasOwnTimes?: true;
}

/** Undefined where there is to be no lock. Pure; a reason begins with the parameter that is wrong. */
export const namedLock = (p: LockParameters): Parsed<NamedLock | undefined> => {
  if (!p.enable_distlock) return { ok: true, value: undefined };
  const named = p.distlock_conninfo === '' ? fromCommand(p) : fromConninfo(p);
  if (!named.ok) return named;
  const objection = objectionToArbiter(named.value.target);
  return objection === undefined ? named : wrong(parameterOf(p), objection);
};

/** Why this machine cannot say where the arbiter is, though the parameters are well-formed: without it there would be no lock. */
export const objectionToPlace = (p: LockParameters): string | undefined => {
  const named = namedLock(p);
  const found = named.ok && named.value !== undefined ? arbiterOf(named.value) : undefined;
  return found === undefined || found.ok ? undefined : `${parameterOf(p)}: ${found.reason}`;
};

/** What is wrong with the times, each as one sentence. */
export const objectionsToTimes = (named: NamedLock, monitorMs: number): readonly string[] =>
  judgeTimes(named, { monitorMs }).map(({ sentence }) => sentence);

/** The same, and how grave it is, for those who also know how often the standby is looked at. */
export const judgeTimes = (
  { leaseMs, timeoutMs, hasOwnTimes }: NamedLock,
  monitors: Pick<LeaseParameters, 'monitorMs' | 'standbyMonitorMs'>,
): readonly LeaseObjection[] =>
  objectionsToLease({
    ...(hasOwnTimes ? {} : WORDS_OF_COMMAND),
    ...{ leaseMs, timeoutMs, ...monitors, answerMs: ANSWER_MS },
  });

const WORDS_OF_COMMAND = {
  leaseName: 'LEASE, the word behind @owner in distlock_lock_cmd,',
  timeoutName: 'WAIT, the last word of distlock_lock_cmd (without it distlock_timeout_seconds),',
} as const;

/** As root's psql would reach it. What a service file says is known only here. */
export const arbiterOf = ({ target, lock }: NamedLock): Parsed<Arbiter> => {
  const found = callersTarget(target.conninfo, target.env);
  if (!found.ok) return found;
  const [address, ...others] = found.value.addresses;
  const objection = others.length > 0 ? 'names several hosts; name one' : objectionToHost(address.host);
  return objection === undefined
    ? { ok: true, value: { address, lock } }
    : { ok: false, reason: `it ${objection}` };
};

export const parameterOf = ({ distlock_conninfo: given }: LockParameters) =>
  given === '' ? 'distlock_lock_cmd' : 'distlock_conninfo';

const wrong = (parameter: string, reason: string): Parsed<never> => ({
  ok: false,
  reason: `${parameter} ${reason}`,
});

const fromConninfo = (p: LockParameters): Parsed<NamedLock> => {
  const target = parsePsqlCommand(p.distlock_conninfo);
  if (!target.ok) return wrong('distlock_conninfo', `cannot be read: ${target.reason}`);
  if (p.distlock_lockname === '')
    return wrong('distlock_lockname', 'is missing; give the name of the lock, such as distlock:pgsql_cls1');
  const lock = parseLockId(p.distlock_lockname);
  if (!lock.ok) return wrong('distlock_lockname', `cannot be read: ${lock.reason}`);
  const times = {
    leaseMs: p.distlock_lease_seconds * 1000,
    timeoutMs: p.distlock_timeout_seconds * 1000,
    hasOwnTimes: true as const,
  };
  return { ok: true, value: { target: target.value, lock: lock.value, ...times } };
};

/** `/usr/local/bin/distlock 'psql "host=node3"' lock distlock:pgsql_cls1 @owner 9 12`. It is read, and never run. */
const fromCommand = (p: LockParameters): Parsed<NamedLock> => {
  if (p.distlock_lock_cmd === '')
    return wrong('distlock_conninfo', 'is missing though enable_distlock is true; name the arbiter');
  const call = distlockCall(p.distlock_lock_cmd);
  if (!call.ok) return wrong('distlock_lock_cmd', call.reason);
  const { target, request } = call.value;
  if (request.action !== 'lock' && request.action !== 'trylock')
    return wrong('distlock_lock_cmd', `is "${request.action}": give one that takes the lock, with lock`);
  const { lock, leaseMs, waitMs } = request;
  const timeoutMs = Number.isFinite(waitMs) ? waitMs : p.distlock_timeout_seconds * 1000;
  return { ok: true, value: { target, lock, leaseMs, timeoutMs } };
};

/** distlock_unlock_cmd is never run either: what is taken is given back. Undefined where both mean the same. */
export const objectionToUnlock = (p: LockParameters): string | undefined => {
  const named = namedLock(p);
  if (!named.ok || named.value === undefined || p.distlock_unlock_cmd === '') return undefined;
  const call = distlockCall(p.distlock_unlock_cmd);
  const own = formatLockId(named.value.lock);
  if (call.ok && call.value.request.action === 'unlock' && formatLockId(call.value.request.lock) === own)
    return undefined;
  return `distlock_unlock_cmd gives back something else than ${own}; it is never run, and ${own} is given back; remove it`;
};

interface DistlockCall {
  readonly target: PsqlTarget;
  readonly request: Request;
}

/** What may stand before a program without changing what it does. */
const STARTERS: readonly string[] = ['env', 'sh', 'bash'];
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;

/** A reason never repeats an argument, which may hold a password. */
const distlockCall = (command: string): Parsed<DistlockCall> => {
  const words = shellWords(command) ?? [];
  const at = words.findIndex((word) => !VARIABLE.test(word) && !STARTERS.includes(basename(word)));
  const program = basename(words[at] ?? '');
  if (program !== 'distlock') {
    const instead = 'is to be replaced by distlock_conninfo and distlock_lockname';
    const why = 'a lock must be one that can be looked at, too, to keep two primaries apart';
    return { ok: false, reason: `${instead}: it calls ${program || 'nothing'}, not distlock, and ${why}` };
  }
  const [place = '', ...rest] = words.slice(at + 1);
  const target = parsePsqlCommand(place);
  if (!target.ok) return { ok: false, reason: `does not say where the lock is: ${target.reason}` };
  const request = parseRequest(rest.map((word) => (word === '@owner' ? 'owner' : word)));
  if (!request.ok) return { ok: false, reason: `cannot be read: ${request.reason}` };
  const variables = words.slice(0, at).flatMap((word) => {
    const [, name, value = ''] = VARIABLE.exec(word) ?? [];
    return name === undefined ? [] : [[name, value] as const];
  });
  const env = { ...Object.fromEntries(variables), ...target.value.env };
  return { ok: true, value: { target: { ...target.value, env }, request: request.value } };
};
