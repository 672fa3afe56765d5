/** What a password is looked up for. */
export interface PasswordKey {
  /** Host name as given; `localhost` for the default Unix socket, else the socket's directory. */
  readonly host: string;
  readonly port: number;
  /** `replication` for a physical replication connection. */
  readonly database: string;
  readonly user: string;
}

/** The fields of one line: separated by `:`, with `\:` and `\\` for the characters themselves. */
const fieldsOf = (line: string): readonly { readonly text: string; readonly wildcard: boolean }[] =>
  (line.match(/(?:^|:)(?:[^\\:]|\\[\s\S]|\\$)*/g) ?? []).map((part, index) => {
    const raw = index === 0 && !part.startsWith(':') ? part : part.slice(1);
    return { text: raw.replace(/\\([\s\S])/g, '$1'), wildcard: raw === '*' };
  });

/**
 * The password of the first line that matches in a libpq password file
 * (`hostname:port:database:username:password`, `*` matches everything, `#` begins a comment).
 */
export const findPassword = (text: string, key: PasswordKey): string | undefined => {
  const wanted = [key.host, String(key.port), key.database, key.user];
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    // A leading colon is an empty host, which the pattern above would swallow.
    const fields = line.startsWith(':') ? [{ text: '', wildcard: false }, ...fieldsOf(line)] : fieldsOf(line);
    const password = fields[4];
    if (password === undefined) continue;
    const matches = wanted.every((want, index) => fields[index]?.wildcard || fields[index]?.text === want);
    if (matches) return password.text;
  }
  return undefined;
};
