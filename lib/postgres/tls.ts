import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

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

/** Node's options. As in libpq, a certificate is verified only when the mode says so, or a root is given. */
export const tlsOptions = (settings: TlsSettings): ConnectionOptions => {
  const verify = settings.mode.startsWith('verify-') || settings.rootCertFile !== undefined;
  return {
    rejectUnauthorized: verify,
    ...(settings.rootCertFile ? { ca: readFileSync(settings.rootCertFile) } : {}),
    ...(settings.certFile ? { cert: readFileSync(settings.certFile) } : {}),
    ...(settings.keyFile ? { key: readFileSync(settings.keyFile) } : {}),
    ...(verify && settings.mode !== 'verify-full' ? { checkServerIdentity: () => undefined } : {}),
  };
};
