import { isNumber, isObject, isText, parseJson } from '../../system/json.ts';
import type { Plan, ServerState } from './decide/plan.ts';

/** What the director tells of one server, for cls_status on any node. */
export interface ReportedServer {
  readonly host: string;
  /** Empty for one that is not in the table, and so has none that counts. */
  readonly address: string;
  readonly weight: number;
  /** `out`: not in the table. */
  readonly state: Exclude<ServerState, 'removed'> | 'out';
  readonly why: string;
  /** The rule that decided it, as in the log. */
  readonly rule: string;
}

export interface Report {
  readonly servers: readonly ReportedServer[];
  /** Why the sorry server cannot help though it should; empty otherwise. */
  readonly sorryRefusal: string;
}

/** The private node attribute in which the director publishes it. */
export const reportName = (resource: string): string => `${resource}-servers`;

/** A command that prints pages of complaints is not spread over the cluster. */
const LONGEST_WHY = 200;

const clipped = (why: string): string => (why.length > LONGEST_WHY ? `${why.slice(0, LONGEST_WHY)}…` : why);

/** One text for a steady state. What drains, lags or starts has figures that change from look to look. */
export const formatReport = ({ servers, omitted, sorryRefusal = '' }: Omit<Plan, 'memory'>): string =>
  JSON.stringify({
    servers: [
      ...servers
        .filter(({ state }) => state !== 'removed')
        .map(({ machine, weight, state, why, rule }) => [
          machine.host,
          machine.address,
          weight,
          state,
          clipped(why),
          rule,
        ]),
      ...omitted.map(({ host, why, rule }) => [host, '', 0, 'out', clipped(why), rule]),
    ],
    sorryRefusal: clipped(sorryRefusal),
  });

/** How old the figures may be that other nodes see. */
const FIGURES_MS = 30_000;

/** What the cluster was told last, and when, in ms since boot. */
export interface Told {
  readonly report: string;
  readonly reportedAtMs: number;
}

/** Whether the cluster is to be told now: each telling reaches all nodes, so mere figures wait until there are enough of them. */
export const isNews = (report: string, nowMs: number, last: Told): boolean =>
  report !== last.report &&
  (withoutFigures(report) !== withoutFigures(last.report) || nowMs - last.reportedAtMs >= FIGURES_MS);

/** The same for reports that differ in nothing but the figures of reasons, and how far newcomers have come. */
const withoutFigures = (text: string): string => {
  const report = parseReport(text);
  return JSON.stringify({
    sorryRefusal: report?.sorryRefusal,
    servers: report?.servers.map(({ why, weight, ...server }) => ({
      ...server,
      why: why.replaceAll(/\d+/g, '0'),
      weight: server.state === 'starting' ? 'rising' : weight,
    })),
  });
};

const STATES: readonly string[] = [
  'serving',
  'starting',
  'draining',
  'lagging',
  'quiet',
  'sorry',
  'kept',
  'out',
] satisfies readonly ReportedServer['state'][];

/** Total: what is no report is none, and entries that are not understood are left out. */
export const parseReport = (text: string): Report | undefined => {
  const raw = parseJson(text);
  if (!isObject(raw) || !Array.isArray(raw.servers)) return undefined;
  return {
    servers: raw.servers.flatMap(readServer),
    sorryRefusal: isText(raw.sorryRefusal) ? raw.sorryRefusal : '',
  };
};

const isState = (value: unknown): value is ReportedServer['state'] => isText(value) && STATES.includes(value);

const readServer = (entry: unknown): readonly ReportedServer[] => {
  if (!Array.isArray(entry)) return [];
  const [host, address, weight, state, why, rule] = entry as readonly unknown[];
  return isText(host) && isText(address) && isNumber(weight) && isState(state) && isText(why) && isText(rule)
    ? [{ host, address, weight, state, why, rule }]
    : [];
};
