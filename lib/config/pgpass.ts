import type { ClusterConfig } from './config.ts';

const escaped = (text: string): string => text.replace(/[\\:]/g, '\\$&');

/** The line of a .pgpass file that holds the password of config.ini; undefined where there is none. */
export const pgpassLine = ({ values }: ClusterConfig): string | undefined =>
  values.pgsql_reppassord === ''
    ? undefined
    : `*:*:*:${escaped(values.pgsql_repuser)}:${escaped(values.pgsql_reppassord)}`;

/**
 * A .pgpass file with that line in it, once; every other line is kept. It replaces an earlier line for the same user at
 * every server, and otherwise comes last, so that whatever is said of one server alone still comes first.
 */
export function withPgpassLine(text: string, line: string): string {
  const user = /^\*:\*:\*:(?:[^\\:]|\\.)*:/.exec(line)?.[0] ?? line;
  const kept = text.split('\n').filter((other) => !other.startsWith(user));
  while (kept.at(-1) === '') kept.pop();
  return `${[...kept, line].join('\n')}\n`;
}
