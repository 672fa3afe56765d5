/** A process on the clients' machine that the harness talks to in lines of JSON. */
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { Backend } from '../backend.ts';
import { cleanEnv } from '../environment.ts';

export interface ClientProcess {
  hasEnded(): boolean;
  /** Asks it to finish and waits until it has. Returns what it wrote to its standard error. */
  finish(): Promise<string>;
  kill(): void;
}

/**
 * @param program of this directory
 * @param task the first line to it; secrets travel here and never in arguments
 * @param receive is given each of its messages
 */
export const startProcess = async <Message>(
  backend: Backend,
  program: 'worker.ts' | 'reader-worker.ts',
  task: unknown,
  receive: (message: Message) => void,
): Promise<ClientProcess> => {
  const path = new URL(`./${program}`, import.meta.url).pathname;
  const [file = '', ...args] = await backend.clientCommand([
    process.execPath,
    '--import',
    import.meta.resolve('tsx'),
    path,
  ]);
  const worker = execa(file, args, {
    reject: false,
    extendEnv: false,
    env: cleanEnv,
    stderr: 'pipe',
    buffer: { stdout: false },
  });
  worker.stdin.write(`${JSON.stringify(task)}\n`);
  const receiveAll = async (): Promise<void> => {
    for await (const line of createInterface({ input: worker.stdout })) receive(JSON.parse(line));
  };
  const received = receiveAll();
  let ended = false;
  const end = worker.then((result) => {
    ended = true;
    return result.stderr;
  });
  return {
    hasEnded: () => ended,
    finish: async () => {
      worker.stdin.end('stop\n');
      const stderr = await end;
      await received;
      return stderr;
    },
    kill: () => void worker.kill('SIGKILL'),
  };
};
