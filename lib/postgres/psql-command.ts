import { basename } from 'node:path';
import { type Conninfo, parseConninfo } from './conninfo.ts';
import { isConninfoUri, parseConninfoUri } from './conninfo-uri.ts';
import type { Parsed } from './parsed.ts';
import { shellWords } from './shell-words.ts';

/** Where a call of psql would connect. */
export interface PsqlTarget {
  readonly conninfo: Conninfo;
  /** Variables that stand before it, such as PGPASSFILE=/etc/pha/pgpass. */
  readonly env: Readonly<Record<string, string>>;
}

/** key=value or a URI. The reason never repeats the text, which may hold a password. */
export const parseConnectionString = (text: string): Parsed<Conninfo> =>
  isConninfoUri(text.trim()) ? parseConninfoUri(text.trim()) : parseConninfo(text);

/** psql(1): options that say where to connect, by their keywords in a connection string. */
const PLACES: Readonly<Record<string, string>> = {
  h: 'host',
  host: 'host',
  p: 'port',
  port: 'port',
  U: 'user',
  username: 'user',
  d: 'dbname',
  dbname: 'dbname',
};

/** Of no concern to us: how psql reads and prints. */
const FLAGS =
  /^(-[wWqtAXnaeEbS1]+|--(no-password|password|quiet|tuples-only|no-align|no-psqlrc|no-readline|single-transaction))$/;

const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;

/**
 * Reads what the original took as its first argument, `/usr/bin/psql "host=node3 user=postgres"` or
 * `psql -hnode3 -Upostgres`, or a connection string alone. No shell and no psql is run for it.
 */
export const parsePsqlCommand = (text: string): Parsed<PsqlTarget> => {
  const words = shellWords(text);
  if (words === undefined) return { ok: false, reason: 'a quote in it is not closed' };
  const at = words.findIndex((word) => !VARIABLE.test(word));
  if (isConninfoUri(text.trim()) || at < 0 || basename(words[at] ?? '') !== 'psql') {
    const conninfo = parseConnectionString(text);
    if (conninfo.ok && text.trim() !== '') return { ok: true, value: { conninfo: conninfo.value, env: {} } };
    const forms = 'a call of psql such as psql "host=node3 user=postgres", or such a connection string alone';
    return { ok: false, reason: `it is neither: ${forms}` };
  }
  const env = Object.fromEntries(
    words.slice(0, at).map((word) => {
      const [, name = '', value = ''] = VARIABLE.exec(word) ?? [];
      return [name, value];
    }),
  );
  const conninfo = parseArguments(words.slice(at + 1));
  return conninfo.ok ? { ok: true, value: { conninfo: conninfo.value, env } } : conninfo;
};

function parseArguments(words: readonly string[]): Parsed<Conninfo> {
  const entries: (readonly [string, string])[] = [];
  const operands: string[] = [];
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? '';
    if (!word.startsWith('-')) {
      operands.push(word);
      continue;
    }
    if (FLAGS.test(word)) continue;
    const [, long, short, attached] = /^(?:--([a-z]+)|-([hpUd]))(?:=?(.+))?$/s.exec(word) ?? [];
    const keyword = PLACES[long ?? short ?? ''];
    // No more of it than the letters of an option: the rest may be anything.
    if (keyword === undefined)
      return { ok: false, reason: `psql's option ${/^-+[a-zA-Z-]*/.exec(word)?.[0]} is not understood here` };
    if (attached === undefined) i += 1;
    entries.push([keyword, attached ?? words[i] ?? '']);
  }
  // psql [OPTION]... [DBNAME [USERNAME]], and what it takes for a database may be a whole connection string.
  const [database, user] = operands;
  if (database !== undefined) entries.push(['dbname', database]);
  if (user !== undefined) entries.push(['user', user]);
  const given = new Map(entries);
  const dbname = given.get('dbname') ?? '';
  if (!dbname.includes('=') && !isConninfoUri(dbname)) return { ok: true, value: given };
  const whole = parseConnectionString(dbname);
  if (!whole.ok) return whole;
  given.delete('dbname');
  return { ok: true, value: new Map([...given, ...whole.value]) };
}
