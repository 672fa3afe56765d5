import type { Change } from './decide.ts';
import { ASK_EVERY_MS } from './outage.ts';

/**
 * What a switch that succeeded prints.
 * @param stopped for how many milliseconds no write was accepted, or why that is not known
 */
export function switchReport(
  { primary, successor }: Change,
  stopped: number | string,
  address: string,
  asJson: boolean,
): string {
  const isMeasured = typeof stopped === 'number';
  if (asJson)
    return JSON.stringify({
      primary: successor,
      before: primary,
      writesStoppedMs: isMeasured ? Math.round(stopped) : null,
      ...(isMeasured ? {} : { notMeasured: stopped }),
    });
  const how = isMeasured
    ? `Writes were stopped for ${(stopped / 1000).toFixed(2)} s (${address} was asked every ${ASK_EVERY_MS} ms whether it leads to a primary).`
    : `How long writes were stopped could not be measured: ${stopped}.`;
  return `${successor} is the primary; ${primary} was it before.\n${how}`;
}
