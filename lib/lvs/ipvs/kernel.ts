import type { Deadline } from '../../system/clock.ts';
import { run, succeeded } from '../../system/process.ts';
import type { Scheduling } from './table.ts';

/** Of the kernel: the module of a scheduler. */
const moduleOf = (scheduler: string): string => `ip_vs_${scheduler}`;

/**
 * What this kernel lacks for a virtual service, as sentences; nothing is loaded. A scheduler that is built into the
 * kernel is no module that modprobe could find, so this is a warning and no proof.
 */
export const kernelDoubts = async (
  { scheduler }: Scheduling,
  forward: string,
  deadline: Deadline,
): Promise<readonly string[]> => {
  const wanted = ['ip_vs', moduleOf(scheduler), ...(forward === 'ipip' ? ['ipip'] : [])];
  const found = await Promise.all(
    wanted.map(async (name) =>
      succeeded(await run('modprobe', ['--dry-run', '--quiet', name], { deadline })),
    ),
  );
  return wanted
    .filter((_, index) => found[index] === false)
    .map((name) => `the kernel of this machine has no module ${name} that modprobe could find`);
};
