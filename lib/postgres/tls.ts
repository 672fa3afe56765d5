import type { ConnectionOptions } from 'node:tls';
import { readTextIfExists } from '../system/files.ts';
import type { OsUser } from '../system/os-user.ts';

/** libpq's words for how much encryption is wanted. */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface TlsSettings {
  readonly mode: SslMode;
  readonly rootCertFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

const MODES: readonly SslMode[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** From a connection string's entries; what it does not say is libpq's default, `prefer`. */
export const tlsSettingsOf = (conninfo: ReadonlyMap<string, string>): TlsSettings => {
  const file = (name: string) => conninfo.get(name) || undefined;
  const [rootCertFile, certFile, keyFile] = [file('sslrootcert'), file('sslcert'), file('sslkey')];
  return {
    mode: MODES.find((mode) => mode === conninfo.get('sslmode')) ?? 'prefer',
    ...(rootCertFile ? { rootCertFile } : {}),
    ...(certFile ? { certFile } : {}),
    ...(keyFile ? { keyFile } : {}),
  };
};

export type Attempt = 'encrypted' | 'plain';

/**
 * In which order to try. A Unix socket is never encrypted. `allow` is treated as `prefer`: there is no reason
 * to send a password in the clear to a server that can do better.
 */
export const attemptsFor = (host: string, mode: SslMode): readonly [Attempt, ...Attempt[]] => {
  if (host.startsWith('/') || mode === 'disable') return ['plain'];
  return mode === 'prefer' || mode === 'allow' ? ['encrypted', 'plain'] : ['encrypted'];
};

/**
 * Node's options. As in libpq, a certificate is verified only when the mode says so, or a root is given.
 *
 * @param user with whose rights the files are read, as a libpq program of that user would
 * @throws when a file that is named cannot be read
 */
export const tlsOptions = (settings: TlsSettings, user?: OsUser): ConnectionOptions => {
  const verify = settings.mode.startsWith('verify-') || settings.rootCertFile !== undefined;
  const read = (option: string, path: string): string => {
    const text = readTextIfExists(path, user);
    if (text === undefined) throw new Error(`${option} is ${path}, and there is no such file`);
    return text;
  };
  return {
    rejectUnauthorized: verify,
    ...(settings.rootCertFile ? { ca: read('sslrootcert', settings.rootCertFile) } : {}),
    ...(settings.certFile ? { cert: read('sslcert', settings.certFile) } : {}),
    ...(settings.keyFile ? { key: read('sslkey', settings.keyFile) } : {}),
    ...(verify && settings.mode !== 'verify-full' ? { checkServerIdentity: () => undefined } : {}),
  };
};
