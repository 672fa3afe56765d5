import type { Deadline } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import { pathKind, readTextIfExists } from '../../system/files.ts';
import { describeFailure, run, succeeded } from '../../system/process.ts';
import { type Connections, parseConnections, parseServices } from './connections.ts';
import type { RuleLine } from './difference.ts';
import { parseRules } from './parse.ts';
import type { ServiceKey, VirtualService } from './table.ts';

const IPVSADM = 'ipvsadm';
const TABLE = '/proc/net/ip_vs';

export type IpvsAnswer =
  | { readonly state: 'known'; readonly services: readonly VirtualService[] }
  /** This kernel, or this network namespace, has no IPVS: there can be no service. */
  | { readonly state: 'absent'; readonly reason: string }
  /** ipvsadm is not installed: nothing can be changed, and no more is known than which services of TCP there are. */
  | { readonly state: 'toolless'; readonly services: readonly ServiceKey[]; readonly reason: string }
  | { readonly state: 'unknown'; readonly reason: string };

/** Whether the kernel has IPVS now, without loading its module. */
export const isIpvsLoaded = (): boolean => pathKind(TABLE) === 'file';

/** The services of this network namespace. It loads the kernel's module where it can be loaded. */
export const readTable = async (deadline: Deadline): Promise<IpvsAnswer> => {
  const result = await run(IPVSADM, ['--save', '--numeric'], { deadline });
  if (succeeded(result)) return { state: 'known', services: parseRules(result.stdout) };
  if (result.notFound)
    return {
      state: 'toolless',
      services: readServices(),
      reason: 'ipvsadm is not installed; install the package ipvsadm',
    };
  return isIpvsLoaded()
    ? { state: 'unknown', reason: describeFailure(result) }
    : { state: 'absent', reason: 'this kernel has no IPVS (module ip_vs)' };
};

/** Without ipvsadm: the services of TCP that there are. */
export const readServices = (): readonly ServiceKey[] => parseServices(readTextIfExists(TABLE) ?? '');

/** How many connections each server has. */
export const readConnections = (): Fact<Connections> => {
  const text = readTextIfExists(TABLE);
  return text === undefined ? unknown(`there is no ${TABLE}`) : known(parseConnections(text));
};

export type Applied = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * All lines in one call. A line that the kernel refuses is passed over, and only the last one decides the exit code:
 * what stands on standard error tells (seen in ipvsadm 1.31).
 */
export const applyRules = async (lines: readonly RuleLine[], deadline: Deadline): Promise<Applied> => {
  if (lines.length === 0) return { ok: true };
  const result = await run(IPVSADM, ['--restore'], { deadline, input: `${lines.join('\n')}\n` });
  const complaints = result.stderr.trim().replace(/\s*\n\s*/g, '; ');
  if (succeeded(result) && complaints === '') return { ok: true };
  return { ok: false, reason: succeeded(result) ? `ipvsadm: ${complaints}` : describeFailure(result) };
};
