import { isNumber, isObject, isText, itemsOf, membersOf, parseJson } from '../../system/json.ts';

/**
 * What the director remembers between two operations, until reboot. All of it may be lost at any time: then names are
 * looked up again, and nobody drains, lags or starts slowly.
 */
export interface Memory {
  /** Addresses by host, and when they were found, in ms since boot. */
  readonly addresses: Readonly<Record<string, { readonly address: string; readonly atMs: number }>>;
  /** Under which name each address was last in the table. */
  readonly hosts: Readonly<Record<string, string>>;
  /** By address: observations in a row that were over the limit, and whether that led to anything. */
  readonly lag: Readonly<Record<string, { readonly over: number; readonly isLagging: boolean }>>;
  /** By address: monitors in a row in which its check has not ended in time. */
  readonly late: Readonly<Record<string, number>>;
  /** By address: since when a newcomer gets connections. */
  readonly newcomers: Readonly<Record<string, number>>;
  /** By address: since when it has been a standby without a primary. */
  readonly alone: Readonly<Record<string, number>>;
  /** By address: since when it has been draining. */
  readonly draining: Readonly<Record<string, number>>;
  /** Addresses that serve only because too few others do, or did, and drain. */
  readonly sorry: readonly string[];
  /** Operations in a row in which the table could not be changed. */
  readonly failures: number;
  /** What was last told to the cluster, see report.ts. */
  readonly report: string;
  /** When it was told, in ms since boot. */
  readonly reportedAtMs: number;
  /** What was last logged by each action, so that a steady state is logged once. */
  readonly logged: Readonly<Record<string, string>>;
}

export const EMPTY_MEMORY: Memory = {
  addresses: {},
  hosts: {},
  lag: {},
  late: {},
  newcomers: {},
  alone: {},
  draining: {},
  sorry: [],
  failures: 0,
  report: '',
  reportedAtMs: 0,
  logged: {},
};

const isFound = (value: unknown): value is { address: string; atMs: number } =>
  isObject(value) && isText(value.address) && isNumber(value.atMs);

const isLag = (value: unknown): value is { over: number; isLagging: boolean } =>
  isObject(value) && isNumber(value.over) && typeof value.isLagging === 'boolean';

/** Total: what is damaged or of another version is forgotten. */
export const parseMemory = (text: string): Memory => {
  const raw = parseJson(text);
  if (!isObject(raw)) return EMPTY_MEMORY;
  return {
    addresses: membersOf(raw.addresses, isFound),
    hosts: membersOf(raw.hosts, isText),
    lag: membersOf(raw.lag, isLag),
    late: membersOf(raw.late, isNumber),
    newcomers: membersOf(raw.newcomers, isNumber),
    alone: membersOf(raw.alone, isNumber),
    draining: membersOf(raw.draining, isNumber),
    sorry: itemsOf(raw.sorry, isText),
    failures: isNumber(raw.failures) ? raw.failures : 0,
    report: isText(raw.report) ? raw.report : '',
    reportedAtMs: isNumber(raw.reportedAtMs) ? raw.reportedAtMs : 0,
    logged: membersOf(raw.logged, isText),
  };
};
