/** What carries a secret, by its name; the name of a file that has one (passfile, password_script) carries none. */
const SECRET_NAME = /passw(?:or)?d$|passphrase$|secret$|token$|(?:^|[-_.])(?:pass|pwd)$|[-_]key$/i;
const ASSIGNMENT = /([A-Za-z_][\w.-]*)\s*=\s*(?=["']?[^\s"'])/g;
/** `--password SECRET`, as a word of its own. */
const OPTION = /(?:^|\s)--?([A-Za-z][\w-]*)\s+(?=[^\s-])/g;
const IN_URL = /[A-Za-z][\w+.-]*:\/\/[^\s:/@]*:[^\s/@]+@/;

export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** What in a command or an option list holds a password: its name, never its value. */
export function secretIn(text: string): string | undefined {
  for (const [, name = ''] of text.matchAll(ASSIGNMENT)) if (isSecretName(name)) return name;
  for (const [, name = ''] of text.matchAll(OPTION)) {
    if (isSecretName(name) && !name.startsWith('no-')) return `--${name}`;
  }
  return IN_URL.test(text) ? 'the URL' : undefined;
}
