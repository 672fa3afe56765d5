import { ROOT } from '../system/as-user.ts';
import type { Deadline } from '../system/clock.ts';
import { pathKind, readTextUnlinked, writeFileAtomically } from '../system/files.ts';
import { networkEpoch, readKernelSetting, writeKernelSetting } from '../system/kernel-settings.ts';
import { lockWithin } from '../system/lock.ts';
import {
  formatRecord,
  heldBy,
  leaveSysctls,
  parseRecord,
  type SysctlRecord,
  type Sysctls,
  sysctlName,
  takeSysctls,
} from './sysctl-record.ts';

export type { Sysctls } from './sysctl-record.ts';

/** One for all of this machine, since one setting may have several holders. */
export const SYSCTL_STATE_FILE = '/run/pha/sysctls.json';

export interface SysctlHolder {
  readonly stateFile: string;
  /** The name of the resource. */
  readonly holder: string;
  readonly deadline: Deadline;
}

export type SysctlOutcome =
  /** `notes` say what was left as it is. */
  { readonly ok: true; readonly notes: readonly string[] } | { readonly ok: false; readonly reason: string };

/**
 * Sets the kernel settings and remembers, until reboot, what they were. It may be repeated. What was found is recorded
 * before anything is changed, so that a process that is killed in between leaves nothing behind that cannot be restored.
 */
export const applySysctls = (who: SysctlHolder, wished: Sysctls): Promise<SysctlOutcome> =>
  withRecord(who, (record) => {
    const current = readSysctls(Object.keys(wished));
    const missing = Object.keys(wished).find((name) => current[name] === undefined);
    if (missing !== undefined)
      return failed(`this kernel has no ${sysctlName(missing)}; is its module loaded?`);
    const change = takeSysctls(record, who.holder, wished, current);
    save(who.stateFile, record, change.record);
    return writeAll(change.writes) ?? { ok: true, notes: change.notes };
  });

/** Puts back what the settings were; see {@link leaveSysctls}. It may be repeated, and does nothing for who holds nothing. */
export const restoreSysctls = (who: SysctlHolder): Promise<SysctlOutcome> =>
  withRecord(who, (record) => {
    const change = leaveSysctls(record, who.holder, readSysctls(heldBy(record, who.holder)));
    const refused = writeAll(change.writes);
    if (refused !== undefined) return refused;
    // Last: what is not put back yet must be known to a later try.
    save(who.stateFile, record, change.record);
    return { ok: true, notes: change.notes };
  });

/** The settings that a holder has had set, and has not given back. */
export const heldSysctls = (stateFile: string, holder: string): readonly string[] =>
  heldBy(loadRecord(stateFile), holder);

/** What the settings are now; one that does not exist is left out. */
export const readSysctls = (names: readonly string[]): Sysctls =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = readKernelSetting(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Under a lock: resources are started and stopped at the same time. */
const withRecord = async (
  { stateFile, holder, deadline }: SysctlHolder,
  use: (record: SysctlRecord) => SysctlOutcome,
): Promise<SysctlOutcome> => {
  try {
    const lock = await lockWithin(`${stateFile}.lock`, `${holder} (process ${process.pid})`, deadline);
    if (!lock.ok) return failed(`${lock.holder} is at work on ${stateFile}`);
    try {
      return use(loadRecord(stateFile));
    } finally {
      lock.release();
    }
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
};

const loadRecord = (stateFile: string): SysctlRecord =>
  parseRecord(readTextUnlinked(stateFile) ?? '', networkEpoch());

const save = (stateFile: string, before: SysctlRecord, after: SysctlRecord): void => {
  const text = formatRecord(after);
  if (text === formatRecord(before) && pathKind(stateFile) === 'file') return;
  writeFileAtomically(stateFile, text, { user: ROOT, mode: 0o600 });
};

const writeAll = (values: Sysctls): SysctlOutcome | undefined => {
  for (const [name, value] of Object.entries(values)) {
    try {
      writeKernelSetting(name, value);
    } catch (error) {
      return failed(
        `${sysctlName(name)} cannot be set to ${value}: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  return undefined;
};

const failed = (reason: string): SysctlOutcome => ({ ok: false, reason });
