import type { Conninfo } from './conninfo.ts';
import type { Parsed } from './parsed.ts';

const URI = /^postgres(?:ql)?:\/\/(?:([^@/?]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s;

/** A name, an address, an IPv6 address in brackets, or an escaped directory; then perhaps a port. */
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]*)(?::(\d*))?$/;

export const isConninfoUri = (text: string): boolean => /^postgres(ql)?:\/\//.test(text);

/**
 * Reads `postgresql://user@host1:5432,host2/dbname?connect_timeout=5` (libpq, "Connection URIs") as the same keywords and
 * values as key=value has. The reason never repeats the text, which may hold a password.
 */
export function parseConninfoUri(text: string): Parsed<Conninfo> {
  const [, login, hosts = '', database, query = ''] = URI.exec(text) ?? [];
  const named = hosts === '' ? [] : hosts.split(',').map((host) => HOST.exec(host));
  if (!isConninfoUri(text) || named.some((match) => match === null)) {
    return { ok: false, reason: 'not a URI such as postgresql://user@host:5432/dbname' };
  }
  const [user, ...password] = (login ?? '').split(':');
  const ports = named.map((match) => match?.[2] ?? '');
  const settings = query === '' ? [] : query.split('&').map((setting) => setting.split('='));
  if (settings.some((pair) => pair.length !== 2 || pair[0] === '')) {
    return { ok: false, reason: 'what follows "?" is not name=value, separated by "&"' };
  }
  const entries: readonly (readonly [string, string | undefined])[] = [
    ['user', user],
    ['password', password.join(':')],
    ['host', named.map((match) => match?.[1]?.replace(/^\[|\]$/g, '') ?? '').join(',')],
    ['port', ports.every((port) => port === '') ? '' : ports.map((port) => port || '5432').join(',')],
    ['dbname', database],
    // As JDBC writes it; libpq takes it, too.
    ...settings.map(([name = '', value = '']) =>
      name === 'ssl' && value === 'true' ? (['sslmode', 'require'] as const) : ([name, value] as const),
    ),
  ];
  try {
    return {
      ok: true,
      value: new Map(
        entries.flatMap(([name, value]) =>
          value === undefined || value === ''
            ? []
            : [[decodeURIComponent(name), decodeURIComponent(value)] as const],
        ),
      ),
    };
  } catch {
    return { ok: false, reason: 'a "%" in it is not followed by two hexadecimal digits' };
  }
}
