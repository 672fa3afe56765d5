/** The two services a client can use: rows in a database, or an answer on a port. */
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

export const connectAnswer: Connect = (task) =>
  new Promise((resolve, reject) => {
    const socket = new Socket();
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(task.connectTimeoutMs, () => fail(new Error('connection timed out')));
    socket.once('error', fail);
    socket.connect(task.port, task.host, () => {
      socket.off('error', fail);
      socket.setTimeout(0);
      socket.on('error', () => socket.destroy());
      resolve({
        write: () =>
          new Promise((acknowledge, refuse) => {
            const timer = setTimeout(() => refuse(new Error('answer timed out')), task.writeTimeoutMs);
            const onClose = (): void => refuse(new Error('connection closed'));
            socket.once('close', onClose);
            socket.once('data', () => {
              clearTimeout(timer);
              socket.off('close', onClose);
              acknowledge();
            });
            socket.write('?\n');
          }),
        // Nothing is kept, so nothing can be lost.
        stored: async () => new Set(),
        close: () => socket.destroy(),
      });
    });
  });

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
