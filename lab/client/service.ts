/** The service that the clients use: a database. */
import { Socket } from 'node:net';
import pg from 'pg';
import type { ClientTask, ReadTask } from './protocol.ts';
import type { Ask } from './reader.ts';

export interface Connection {
  /** Resolves when the write is acknowledged. */
  write(attempt: number): Promise<void>;
  /** The attempts of this client that the service has kept. */
  stored(): Promise<ReadonlySet<number>>;
  /** At once, without asking a peer that may be dead. */
  close(): void;
}

export type Connect = (task: ClientTask) => Promise<Connection>;

export const connectDatabase: Connect = async (task) => {
  // Of our own, so that it can be destroyed: end() says goodbye first, which a dead peer never answers.
  const socket = new Socket();
  const client = new pg.Client({
    host: task.host,
    port: task.port,
    user: task.user,
    password: task.password,
    database: task.database,
    connectionTimeoutMillis: task.connectTimeoutMs,
    query_timeout: task.writeTimeoutMs,
    application_name: 'lab-client',
    stream: () => socket,
  });
  client.on('error', () => socket.destroy());
  try {
    await client.connect();
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    write: async (attempt) => {
      await client.query('INSERT INTO writes (client, attempt) VALUES ($1, $2)', [task.id, attempt]);
    },
    stored: async () => {
      const text = 'SELECT attempt FROM writes WHERE client = $1';
      const { rows } = await client.query<{ attempt: string }>({ text, values: [task.id] });
      return new Set(rows.map((row) => Number(row.attempt)));
    },
    close: () => socket.destroy(),
  };
};

/** By cluster_name, which the lab sets to the node's name: behind a balancer every server has the same address. */
export const askDatabase: Ask = async (task: ReadTask) => {
  const socket = new Socket();
  const client = new pg.Client({
    host: task.host,
    port: task.port,
    user: task.user,
    password: task.password,
    database: task.database,
    connectionTimeoutMillis: task.connectTimeoutMs,
    query_timeout: task.connectTimeoutMs,
    application_name: 'lab-reader',
    stream: () => socket,
  });
  client.on('error', () => socket.destroy());
  try {
    await client.connect();
    const { rows } = await client.query<{ cluster_name: string }>('SHOW cluster_name');
    // Its goodbye is sent, and not waited for.
    client.end().catch(() => undefined);
    return rows[0]?.cluster_name ?? '';
  } catch (error) {
    socket.destroy();
    throw error;
  }
};
