import { decideMonitor } from '../../lvs/realsvr/decide.ts';
import type { RealServer } from '../../lvs/realsvr/real-server.ts';
import { type Column, renderTable } from '../cli/table.ts';
import type { OutsideSnapshot } from './snapshot.ts';
import { nicOf } from './unit.ts';

/** One line of `cls_realserver status`. */
export interface RealServerStatus {
  readonly vip: string;
  readonly interface: string;
  /** Accepted, and not announced. */
  readonly accepted: boolean;
  readonly reason: string;
  /** `unknown` where systemd does not run the machine. */
  readonly atBoot: 'yes' | 'no' | 'unknown';
}

/** Pure. */
export function statusOf(server: RealServer, { local, unit }: OutsideSnapshot): RealServerStatus {
  const decision = decideMonitor(server, local);
  return {
    vip: server.vip,
    interface: nicOf(server),
    accepted: decision.kind === 'done' && decision.code === 0,
    reason: decision.reason.because,
    atBoot: unit === undefined ? 'unknown' : unit.enabled ? 'yes' : 'no',
  };
}

const COLUMNS: readonly Column<RealServerStatus>[] = [
  { title: 'ADDRESS', align: 'left', cell: ({ vip }) => vip },
  { title: 'INTERFACE', align: 'left', cell: (row) => row.interface },
  { title: 'ACCEPTED', align: 'left', cell: ({ accepted }) => (accepted ? 'yes' : 'no') },
  { title: 'AT BOOT', align: 'left', cell: ({ atBoot }) => atBoot },
  { title: 'WHY', align: 'left', cell: ({ accepted, reason }) => (accepted ? '' : reason) },
];

export const statusText = (rows: readonly RealServerStatus[]): string =>
  `${renderTable(COLUMNS, rows).join('\n')}\n`;
