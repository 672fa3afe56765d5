import { enumerate } from '../../cli/text.ts';
import type { Login } from '../facts/facts.ts';
import { attempts, hbaLines, isExcused } from '../logins.ts';
import { byValue, type Finding, finding, on, type Rule } from '../rule.ts';
import { primaryOf, type Situation } from '../situation.ts';

const GROUP = 'Replication';

const WHAT = {
  replication: { way: 'for replication', harm: 'it cannot be a standby there', database: 'replication' },
  sql: {
    way: 'to the database postgres',
    harm: 'pg_rewind cannot repair it from there',
    database: 'postgres',
  },
} as const;

interface Failed {
  readonly from: string;
  /** Null for the address that follows the primary. */
  readonly target: string | null;
  readonly host: string;
  /** Where it must be mended: pg_hba.conf over there, the password here, or the way between them. */
  readonly cause: 'hba' | 'password' | 'network';
  readonly reason: string;
}

/** A password file with a wrong mode has a finding of its own. */
const PASSFILE_MODE = /may be read by others/;

function failedAttempts(as: Login['as'], situation: Situation): readonly Failed[] {
  const failed = attempts(situation, as).flatMap(({ from, login }): readonly Failed[] => {
    const { node: target, host, result } = login;
    if (result.kind === 'in' || isExcused(login, situation) || PASSFILE_MODE.test(result.message)) return [];
    const isHba = /pg_hba\.conf/.test(result.message);
    const cause = isHba ? 'hba' : result.failure === 'auth' ? 'password' : 'network';
    return [{ from, target, host, cause, reason: generalized(result.message) }];
  });
  const primary = primaryOf(situation);
  // The address that follows the primary leads to the same server as the primary's own.
  return failed.filter(
    ({ from, target, cause }) =>
      target !== null ||
      !failed.some((other) => other.from === from && other.target === primary && other.cause === cause),
  );
}

/** The client's and the server's address differ from attempt to attempt, and the rest of the message does not. */
const generalized = (message: string): string =>
  message.replace(/host "[^"]*"/, 'that host').replace(/ ?\b(\d{1,3}\.){3}\d{1,3}(:\d+)?/g, '');

const placeOf = ({ target, host }: Failed): string =>
  target === null ? `${host} (master_ip)` : `${target} (${host})`;

/** One finding for each place where something must be mended. */
function findingsOf(failed: readonly Failed[], as: Login['as'], situation: Situation): readonly Finding[] {
  const user = situation.resource?.parameters.repuser ?? '';
  const severity = as === 'replication' ? 'error' : 'warning';
  const { way, harm, database } = WHAT[as];
  const entries = failed.map((value) => ({ node: value.from, value }));
  const here = byValue(
    entries.filter(({ value }) => value.cause === 'password'),
    ({ reason }) => reason,
  ).map(({ value: { reason }, nodes }) => {
    const places = [...new Set(failed.filter((each) => each.reason === reason).map(placeOf))];
    return finding(
      severity,
      nodes,
      `${user} does not get in ${way} from ${enumerate(nodes)} at ${enumerate(places)} (${reason}): ${harm}`,
      `the passfile of ${situation.resource?.parameters.pgdba} ${on(nodes)}: *:*:*:${user}:PASSWORD   (chmod 600)`,
    );
  });
  const there = byValue(
    entries.filter(({ value }) => value.cause !== 'password'),
    (each) => `${placeOf(each)} ${each.reason}`,
  ).map(({ value, nodes }) =>
    finding(
      severity,
      value.target === null ? nodes : [value.target],
      `${user} does not get in ${way} from ${enumerate(nodes)} at ${placeOf(value)} (${value.reason}): ${harm}`,
      value.cause === 'hba'
        ? hbaLines(value.target ?? 'the primary', nodes, situation, database)
        : `let port ${situation.resource?.parameters.pgport} of ${value.target ?? value.host} through (firewall, listen_addresses)`,
    ),
  );
  return [...here, ...there];
}

export const loginRules: readonly Rule[] = [
  {
    id: 'login-replication',
    group: GROUP,
    checks: 'the replication user gets in, from every node to every other',
    find: (situation) =>
      attempts(situation, 'replication').length === 0
        ? undefined
        : findingsOf(failedAttempts('replication', situation), 'replication', situation),
  },
  {
    id: 'login-rewind',
    group: GROUP,
    checks: 'pg_rewind gets in, from every node to every other',
    find: (situation) => {
      if (attempts(situation, 'sql').length === 0) return undefined;
      // What keeps standbys out for another reason than pg_hba.conf keeps pg_rewind out as well, and is said already.
      const said = failedAttempts('replication', situation);
      const failed = failedAttempts('sql', situation).filter(
        (each) =>
          each.cause === 'hba' ||
          !said.some(
            ({ from, host, cause }) => from === each.from && host === each.host && cause === each.cause,
          ),
      );
      return findingsOf(failed, 'sql', situation);
    },
  },
  {
    id: 'rewind-rights',
    group: GROUP,
    checks: 'the replication user may do what pg_rewind does',
    find: (situation) => {
      const user = situation.resource?.parameters.repuser ?? '';
      const lacks = attempts(situation, 'sql').flatMap(({ login: { result } }) =>
        result.kind === 'in' ? result.lacks : [],
      );
      if (attempts(situation, 'sql').every(({ login }) => login.result.kind === 'out')) return undefined;
      const functions = [...new Set(lacks)];
      if (functions.length === 0) return [];
      const isOld = functions.some((name) => /SUPERUSER/.test(name));
      return [
        finding(
          'warning',
          [],
          `${user} may not call what pg_rewind needs on its source: ${enumerate(functions)}`,
          isOld
            ? `psql -c 'ALTER ROLE "${user}" SUPERUSER'   (on the primary)`
            : `psql -d postgres ${functions.map((name) => `-c 'GRANT EXECUTE ON FUNCTION pg_catalog.${name} TO "${user}"'`).join(' ')}   (on the primary)`,
        ),
      ];
    },
  },
];
