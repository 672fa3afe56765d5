import type { OsUser } from '../system/os-user.ts';
import type { TlsSettings } from './tls.ts';

/** Where a server is, and who asks. */
export interface ServerAddress {
  /** A directory (beginning with `/`) is that of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  /** A libpq password file. Without one, that of `osUser`'s home is used, and never that of root. */
  readonly passfile?: string;
  /** `true`: physical replication protocol; `database`: logical. */
  readonly replication?: 'true' | 'database';
  /** Connects to a Unix socket with this user's id, as peer authentication wants it. */
  readonly osUser?: OsUser;
  readonly applicationName?: string;
  /** Over TCP only; `prefer` without it. */
  readonly tls?: TlsSettings;
}
