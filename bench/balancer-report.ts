/** What the measured calls of the director come to (pure). */
import { DESCRIPTIONS, type Source } from './balancer-scene.ts';
import { median, type Sample } from './monitor-report.ts';

export const FEW = 2;
export const MANY = 200;

/** Of the issue that asked for this benchmark. No limit where the cluster itself grows: crm_mon tells pages of it. */
const AT_MOST: Readonly<Record<Source, number | undefined>> = { listed: 1.5, nodes: undefined };

export interface BalancerResult {
  readonly source: Source;
  /** Medians. */
  readonly fewMs: { readonly wall: number; readonly cpu: number };
  readonly manyMs: { readonly wall: number; readonly cpu: number };
  readonly wallRatio: number;
  readonly cpuRatio: number;
  readonly atMost: number | null;
  readonly met: boolean;
}

const rounded = (value: number, decimals: number): number => Number(value.toFixed(decimals));

const mediansOf = (samples: readonly Sample[]): { readonly wall: number; readonly cpu: number } => ({
  wall: rounded(median(samples.map(({ wallMs }) => wallMs)), 1),
  cpu: rounded(median(samples.map(({ cpuMs }) => cpuMs)), 1),
});

export const resultOf = (source: Source, few: readonly Sample[], many: readonly Sample[]): BalancerResult => {
  const [fewMs, manyMs] = [mediansOf(few), mediansOf(many)];
  const wallRatio = rounded(manyMs.wall / fewMs.wall, 2);
  const cpuRatio = rounded(manyMs.cpu / fewMs.cpu, 2);
  const atMost = AT_MOST[source];
  return {
    ...{ source, fewMs, manyMs, wallRatio, cpuRatio },
    atMost: atMost ?? null,
    met: atMost === undefined || (wallRatio <= atMost && cpuRatio <= atMost),
  };
};

export const renderBalancer = (
  results: readonly BalancerResult[],
  { runs, loadAverage }: { readonly runs: number; readonly loadAverage: readonly [number, number] },
): string =>
  [
    `One recurring monitor of ocf:pha:lvsdr with ${FEW} and with ${MANY} real servers, medians of ${runs} calls in turn,`,
    `load average ${loadAverage.map((load) => load.toFixed(2)).join(' before and ')} after. ipvsadm, crm_mon and attrd_updater are stubs that print what was recorded.`,
    '',
    ...results.map(
      ({ source, fewMs, manyMs, wallRatio, cpuRatio, atMost, met }) =>
        `${atMost === null ? 'no limit' : met ? 'met     ' : 'NOT MET '}  ${wallRatio} of the wall time (${fewMs.wall} -> ${manyMs.wall} ms), ` +
        `${cpuRatio} of the CPU time (${fewMs.cpu} -> ${manyMs.cpu} ms)${atMost === null ? '' : `, at most ${atMost}`}: ${DESCRIPTIONS[source]}`,
    ),
    '',
  ].join('\n');
