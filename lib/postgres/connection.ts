import { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';
import { asUser } from '../system/as-user.ts';
import type { ServerAddress } from './address.ts';
import { passwordFor } from './password.ts';
import { type Attempt, tlsOptions } from './tls.ts';
import { parseServerVersion, type ServerVersion } from './version.ts';

/** How long a server may take to close a connection that was ended, before it is cut. */
const CLOSE_GRACE_MS = 1000;

/**
 * pg takes every setting that is empty from PG… variables of the environment: root's are nobody's business.
 */
const withoutPgEnvironment = <T>(create: () => T): T => {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith('PG'));
  for (const [name] of hidden) delete process.env[name];
  try {
    return create();
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
};

const configFor = (address: ServerAddress, socket: Socket, attempt: Attempt): ClientConfig => ({
  host: address.host,
  port: address.port,
  database: address.database || address.user,
  user: address.user,
  password: () => passwordFor(address),
  stream: () => socket,
  ssl: attempt === 'plain' ? false : tlsOptions(address.tls ?? { mode: 'prefer' }, address.osUser),
  application_name: address.applicationName ?? 'pha',
  ...(address.replication === undefined ? {} : { replication: address.replication }),
});

export interface Opened {
  readonly client: Client;
  readonly socket: Socket;
  readonly serverVersion: () => ServerVersion | undefined;
}

/** connect(2) on a Unix socket happens inside of connect(): that is when the server learns who we are. */
export const open = (
  address: ServerAddress,
  attempt: Attempt,
): { opened: Opened; connected: Promise<void> } => {
  const socket = new Socket();
  const client = withoutPgEnvironment(() => new Client(configFor(address, socket, attempt)));
  let version: ServerVersion | undefined;
  client.connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
    if (message.parameterName === 'server_version') version = parseServerVersion(message.parameterValue);
  });
  const connected = new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    const connect = (): void => client.connect((error: Error | null) => (error ? reject(error) : resolve()));
    if (address.osUser && address.host.startsWith('/')) asUser(address.osUser, connect);
    else connect();
  });
  return { opened: { client, socket, serverVersion: () => version }, connected };
};

/** Says goodbye without waiting for the answer, and leaves nothing that keeps the process alive. */
export const close = ({ client, socket }: Opened): void => {
  socket.once('error', () => {});
  client.end(() => {});
  socket.unref();
  setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref();
};
