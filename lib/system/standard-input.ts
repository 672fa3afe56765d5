import { type Deadline, onExpiry } from './clock.ts';

/** Everything that is written to this process until the writer is done; undefined when that takes too long. */
export const readStandardInput = (deadline: Deadline): Promise<string | undefined> =>
  new Promise((resolve) => {
    const parts: Buffer[] = [];
    const cancel = onExpiry(deadline, () => {
      process.stdin.destroy();
      resolve(undefined);
    });
    process.stdin.on('data', (part: Buffer) => parts.push(part));
    process.stdin.once('end', () => {
      cancel();
      resolve(Buffer.concat(parts).toString('utf8'));
    });
    process.stdin.once('error', () => {
      cancel();
      resolve(undefined);
    });
  });
