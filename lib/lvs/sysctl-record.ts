/**
 * Which kernel settings were changed, by whom, and what they were before. Pure.
 *
 * A setting may have several holders, such as the director and the real server on one node: what was found before the
 * first change is put back when the last of them leaves.
 */

/** `net/ipv4/conf/all/arp_ignore` → value: with slashes, since the name of an interface may have dots. */
export type Sysctls = Readonly<Record<string, string>>;

interface HeldSysctl {
  readonly found: string;
  /** what each holder wants it to be; the latest comes last */
  readonly holders: Sysctls;
}

export interface SysctlRecord {
  /** The boot and the network namespace that the record is of: in another one, nothing is held. */
  readonly epoch: string;
  readonly held: Readonly<Record<string, HeldSysctl>>;
}

export interface SysctlChange {
  readonly record: SysctlRecord;
  readonly writes: Sysctls;
  /** What is left as it is, and why. */
  readonly notes: readonly string[];
}

/** `net.ipv4.conf.all.arp_ignore`, as sysctl(8) prints it: there, slash and dot change places. */
export const sysctlName = (path: string): string =>
  path.replace(/[./]/g, (character) => (character === '/' ? '.' : '/'));

/** The holder gets what it wishes. What was found is kept from the first change on, however often it is asked for. */
export const takeSysctls = (
  record: SysctlRecord,
  holder: string,
  wished: Sysctls,
  current: Sysctls,
): SysctlChange => {
  const held = { ...record.held };
  for (const [name, value] of Object.entries(wished)) {
    const before = record.held[name];
    held[name] = {
      found: before?.found ?? current[name] ?? value,
      holders: { ...without(before?.holders ?? {}, holder), [holder]: value },
    };
  }
  const writes = Object.entries(wished).filter(([name, value]) => current[name] !== value);
  return { record: { ...record, held }, writes: Object.fromEntries(writes), notes: [] };
};

/**
 * The holder wants nothing any more. A setting goes to what its other holders want, or back to what was found; one that
 * has been changed by somebody else meanwhile stays as it is.
 *
 * @param current without the settings that do not exist any more
 */
export const leaveSysctls = (record: SysctlRecord, holder: string, current: Sysctls): SysctlChange => {
  const held = { ...record.held };
  const writes: Record<string, string> = {};
  const notes: string[] = [];
  for (const [name, { found, holders }] of Object.entries(record.held)) {
    const ours = holders[holder];
    if (ours === undefined) continue;
    const others = without(holders, holder);
    const next = Object.values(others).at(-1) ?? found;
    if (Object.keys(others).length === 0) delete held[name];
    else held[name] = { found, holders: others };
    const now = current[name];
    if (now === undefined || now === next) continue;
    if (now === ours) writes[name] = next;
    else
      notes.push(
        `${sysctlName(name)} is ${now}: somebody has changed it since it was set to ${ours}, so it is left alone (it was ${found} before)`,
      );
  }
  return { record: { ...record, held }, writes, notes };
};

const without = (holders: Sysctls, holder: string): Sysctls =>
  Object.fromEntries(Object.entries(holders).filter(([name]) => name !== holder));

export const heldBy = (record: SysctlRecord, holder: string): readonly string[] =>
  Object.keys(record.held).filter((name) => record.held[name]?.holders[holder] !== undefined);

export const formatRecord = (record: SysctlRecord): string => `${JSON.stringify(record, undefined, 1)}\n`;

/** The record of `epoch`; an empty one when the text is of another epoch, or is no record. */
export const parseRecord = (text: string, epoch: string): SysctlRecord => {
  const empty = { epoch, held: {} };
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && value.epoch === epoch ? value : empty;
  } catch {
    return empty;
  }
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is Sysctls =>
  isObject(value) && Object.values(value).every((each) => typeof each === 'string');

const isHeld = (value: unknown): value is HeldSysctl =>
  isObject(value) && typeof value.found === 'string' && isTexts(value.holders);

const isRecord = (value: unknown): value is SysctlRecord =>
  isObject(value) &&
  typeof value.epoch === 'string' &&
  isObject(value.held) &&
  Object.values(value.held).every(isHeld);
