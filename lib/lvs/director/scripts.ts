import type { Deadline } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import { describeFailure, run, succeeded } from '../../system/process.ts';
import { findProgram, isExecutable } from '../../system/program.ts';
import { parsePrintedHosts } from './server-list.ts';
import type { Health } from './snapshot.ts';

/** Why a command cannot be run on this machine, as a sentence; none where there is no command. */
export const objectionToCommand = (parameter: string, [name]: readonly string[]): string | undefined => {
  if (name === undefined) return undefined;
  const path = findProgram(name);
  if (path === undefined)
    return `${parameter}: there is no program ${name} on this machine; install it, or correct its path`;
  return isExecutable(path) ? undefined : `${parameter}: ${path} is not executable; chmod 755 ${path}`;
};

/** The hosts that the get script prints; unknown when it fails. */
export const printedHosts = async (
  [file = '', ...args]: readonly string[],
  deadline: Deadline,
): Promise<Fact<readonly string[]>> => {
  const result = await run(file, args, { deadline });
  if (!succeeded(result)) return unknown(`the list of servers: ${describeFailure(result)}`);
  const { hosts, strange } = parsePrintedHosts(result.stdout);
  return strange.length === 0
    ? known(hosts)
    : unknown(`the list of servers has ${JSON.stringify(strange[0])}, which is no host name`);
};

/** What a script prints that says no and yet exits with 0, as `psql -tAc "select pg_is_in_recovery()"` does. */
const NO = /^(f|false|no|0)$/i;

/** Asks the check script about one host, whose name is its last word. */
export const checkHost = async (
  [file = '', ...args]: readonly string[],
  host: string,
  deadline: Deadline,
): Promise<Health> => {
  const result = await run(file, [...args, host], { deadline });
  if (result.notFound) return { state: 'unknown', why: describeFailure(result) };
  if (result.timedOut) return { state: 'late', why: describeFailure(result) };
  if (!succeeded(result)) return { state: 'ill', why: describeFailure(result) };
  const answer = result.stdout.trim();
  return NO.test(answer) ? { state: 'ill', why: `the check says ${answer}` } : { state: 'well' };
};
