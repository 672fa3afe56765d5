import { basename } from 'node:path';
import { realDirectory, workAreaOf } from '../../postgres/work-area.ts';
import { sleep } from '../../system/clock.ts';
import { tryLock } from '../../system/lock.ts';
import { allPids, commandLine, processInfo, signalProcess } from '../../system/proc.ts';
import type { Terminal } from '../cli/terminal.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';

const LOCK = '/run/pha/node-data.lock';

/**
 * One command at a time works on the data of a node: two copies into one directory would ruin each other. A dry run
 * looks only, and may do so meanwhile.
 */
export async function exclusively(
  name: string,
  { dryRun, terminal }: { readonly dryRun: boolean; readonly terminal: Terminal },
  work: () => Promise<CommandExitCode>,
): Promise<CommandExitCode> {
  if (dryRun) return work();
  const lock = await tryLock(LOCK, `${name} (process ${process.pid})`);
  if (!lock.ok) {
    terminal.err(`${name}: ${lock.holder} is at work on the data of this node; wait for it, or end it\n`);
    return CommandExit.NOT_IN_STATE;
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

const PROGRAMS = ['pg_rewind', 'pg_basebackup'];

/**
 * Ends what a command that was killed has left: pg_basebackup's child, which receives the log, goes on for some seconds
 * and would write into the next copy.
 */
export async function endStrays(pgdata: string): Promise<void> {
  const places = [pgdata, realDirectory(pgdata), workAreaOf(pgdata).copying];
  const targets = places.flatMap((path) => [`--pgdata=${path}`, `--target-pgdata=${path}`]);
  const strays = allPids().filter((pid) => {
    const [program = '', ...args] = commandLine(pid);
    return PROGRAMS.includes(basename(program)) && args.some((arg) => targets.includes(arg));
  });
  for (const pid of strays) signalProcess(pid, 'SIGKILL');
  while (strays.some((pid) => processInfo(pid) !== undefined)) await sleep(20);
}
