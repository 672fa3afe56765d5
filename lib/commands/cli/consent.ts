import { createInterface } from 'node:readline/promises';

/** Whether there is somebody who can be asked. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Asks on the terminal; anything but `yes` is no, and so is Ctrl-C. */
export async function consents(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const abort = new AbortController();
  terminal.on('SIGINT', () => abort.abort());
  try {
    return (
      (await terminal.question(`${question} Type yes to go on: `, { signal: abort.signal })).trim() === 'yes'
    );
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}
