/** How processes get into namespaces and control groups. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { cleanEnv } from '../environment.ts';
import { LabError } from '../failure.ts';

const script = (name: string): string => join(fileURLToPath(new URL('.', import.meta.url)), name);
export const enterScript = script('enter.sh');
export const initScript = script('node-init.sh');

/** Runs a command of this machine to its end. @throws LabError with what it wrote, if it fails. */
export const run = async (file: string, args: readonly string[], timeoutMs = 30_000): Promise<string> => {
  const result = await execa(file, args, { reject: false, timeout: timeoutMs, stdin: 'ignore' });
  if (result.failed)
    throw new LabError(`${result.shortMessage}${result.stderr === '' ? '' : `: ${result.stderr}`}`);
  return result.stdout;
};

export interface Launched {
  /** As this machine numbers it. */
  readonly pid: number;
  readonly stdin: Writable;
}

/**
 * Starts a process that outlives the harness, in its control group from its first instruction on.
 * Its standard input is a pipe that ends with the harness.
 */
export const launch = (cgroup: string, argv: readonly string[], logFile: string): Launched => {
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(enterScript, [cgroup, ...argv], {
      stdio: ['pipe', log, log],
      detached: true,
      env: cleanEnv,
      cwd: '/',
    });
    child.unref();
    const { pid, stdin } = child;
    if (pid === undefined || stdin === null) throw new LabError(`${argv[0]} could not be started.`);
    // The process may have ended before it was told anything; whoever waits for it finds that out.
    stdin.on('error', () => undefined);
    return { pid, stdin };
  } finally {
    closeSync(log);
  }
};
