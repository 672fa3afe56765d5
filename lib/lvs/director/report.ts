import type { Plan, ServerState } from './decide/plan.ts';

/** What the director tells of one server, for cls_status on any node. */
export interface ReportedServer {
  readonly host: string;
  readonly address: string;
  readonly weight: number;
  readonly state: Exclude<ServerState, 'removed'>;
  readonly why: string;
}

/** The private node attribute in which the director publishes it. */
export const reportName = (resource: string): string => `${resource}-servers`;

/** Without what passes by itself, such as seconds that are left, so that a steady state is told once. */
export const formatReport = ({ servers }: Pick<Plan, 'servers'>): string =>
  JSON.stringify(
    servers
      .filter(({ state }) => state !== 'removed')
      .map(({ machine, weight, state, why }) => [machine.host, machine.address, weight, state, why]),
  );

const STATES: readonly string[] = ['serving', 'starting', 'draining', 'lagging', 'quiet', 'sorry', 'kept'];

/** Total: entries that are not understood are left out. */
export const parseReport = (text: string): readonly ReportedServer[] => {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return [];
  }
  return Array.isArray(raw) ? raw.flatMap(readServer) : [];
};

const readServer = (entry: unknown): readonly ReportedServer[] => {
  if (!Array.isArray(entry)) return [];
  const [host, address, weight, state, why] = entry as readonly unknown[];
  const isServer =
    typeof host === 'string' &&
    typeof address === 'string' &&
    typeof weight === 'number' &&
    typeof state === 'string' &&
    typeof why === 'string' &&
    STATES.includes(state);
  return isServer ? [{ host, address, weight, state: state as ReportedServer['state'], why }] : [];
};
