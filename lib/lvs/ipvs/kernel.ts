import type { Deadline } from '../../system/clock.ts';
import { run, succeeded } from '../../system/process.ts';
import type { Scheduling } from './table.ts';

/** Those of Linux up to 6.12. */
export const SCHEDULERS: readonly string[] = [
  ...['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq', 'fo', 'ovf', 'mh', 'twos'],
];

/** Of the kernel: the module of a scheduler. */
export const moduleOf = (scheduler: string): string => `ip_vs_${scheduler}`;

/** Of the modules that a virtual service needs, those that modprobe cannot find; nothing is loaded. */
export const missingModules = async (
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
  return wanted.filter((_, index) => found[index] === false);
};

/** Why a virtual service cannot be made with this kernel, and what may be in its way, as sentences. */
export interface KernelVerdict {
  readonly refusal: string | undefined;
  readonly doubts: readonly string[];
}

/**
 * Where modprobe finds ip_vs, also as a part of the kernel, it knows all schedulers. Else it may have no list of the
 * kernel's modules, as in a container, so that what is missing is a warning and no proof, and names are all there is to
 * go by. Pure.
 */
export const judgeKernel = (scheduler: string, missing: readonly string[]): KernelVerdict => {
  const own = moduleOf(scheduler);
  const isProof = missing.includes(own) && !missing.includes('ip_vs');
  const doubts = missing
    .filter((name) => !isProof || name !== own)
    .map((name) => `the kernel of this machine has no module ${name} that modprobe could find`);
  if (isProof)
    return {
      refusal: `virtual_service_options: the kernel of this machine has no scheduler ${scheduler} (module ${own}); choose another`,
      doubts,
    };
  const isStrange = missing.includes(own) && !SCHEDULERS.includes(scheduler);
  return {
    refusal: isStrange
      ? `virtual_service_options: there is no scheduler ${scheduler}; choose one of ${SCHEDULERS.join(', ')}`
      : undefined,
    doubts,
  };
};

export const kernelVerdict = async (
  scheduling: Scheduling,
  forward: string,
  deadline: Deadline,
): Promise<KernelVerdict> =>
  judgeKernel(scheduling.scheduler, await missingModules(scheduling, forward, deadline));
