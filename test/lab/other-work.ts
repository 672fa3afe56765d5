/** How much of this machine something else than the lab takes: a limit of time is a promise for a machine of one's own. */
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../lab/index.ts';
import { cgroupOf } from '../../lab/netns/cgroup.ts';

/** Of /proc/stat; Linux counts in hundredths of a second, whatever the kernel's own clock is. */
const TICK_US = 10_000;

/** Time in which any processor of this machine was busy, or its host kept it for others (proc(5)). */
const busyUs = async (): Promise<number> => {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * TICK_US;
};

const labUs = async (lab: Lab): Promise<number> => {
  const text = await readFile(join(await cgroupOf(lab.name), 'cpu.stat'), 'utf8');
  return Number(/^usage_usec (\d+)$/m.exec(text)?.[1] ?? 0);
};

/** @returns asked for at the end, the share of all processors, 0 to 1, that went elsewhere since the beginning */
export const watchOtherWork = async (lab: Lab): Promise<() => Promise<number>> => {
  const beginMs = performance.now();
  const [busy, own] = [await busyUs(), await labUs(lab)];
  return async () => {
    const elsewhere = (await busyUs()) - busy - ((await labUs(lab)) - own);
    return Math.max(0, elsewhere) / ((performance.now() - beginMs) * 1000 * cpus().length);
  };
};
