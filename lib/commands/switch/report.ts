import type { Terminal } from '../cli/terminal.ts';
import { type CommandExitCode, EXIT_CODE_MEANINGS } from '../exit-codes.ts';
import type { Change } from './decide.ts';
import { ASK_EVERY_MS } from './outage.ts';

/** What came of a switch that succeeded. */
export interface SwitchReport {
  readonly primary: string;
  readonly before: string;
  /** For how long no write was accepted; null where that is not known. */
  readonly writesStoppedMs: number | null;
  /** Why it is not known. */
  readonly notMeasured?: string;
}

/** @param stopped for how many milliseconds no write was accepted, or why that is not known */
export const switchReport = ({ primary, successor }: Change, stopped: number | string): SwitchReport => ({
  primary: successor,
  before: primary,
  ...(typeof stopped === 'number'
    ? { writesStoppedMs: Math.round(stopped) }
    : { writesStoppedMs: null, notMeasured: stopped }),
});

/** @param address the one that leads to the primary */
export function reportText(
  { primary, before, writesStoppedMs, notMeasured }: SwitchReport,
  address: string,
): string {
  const how =
    writesStoppedMs === null
      ? `How long writes were stopped could not be measured: ${notMeasured}.`
      : `Writes were stopped for ${(writesStoppedMs / 1000).toFixed(2)} s (${address} was asked every ${ASK_EVERY_MS} ms whether it leads to a primary).`;
  return `${primary} is the primary; ${before} was it before.\n${how}`;
}

/**
 * Has a command end with one JSON object on standard output, whatever comes of it: the exit code and what it means, what
 * was reported, and every sentence that was said. Standard error is what it is without.
 */
export async function endingInJson<Report extends object>(
  name: string,
  terminal: Terminal,
  run: (terminal: Terminal, report: (report: Report) => void) => Promise<CommandExitCode>,
): Promise<CommandExitCode> {
  const messages: string[] = [];
  let reported: Report | undefined;
  const listening: Terminal = {
    ...terminal,
    out: (text) => void messages.push(text.trimEnd()),
    err: (text) => {
      // The rest is progress.
      if (text.startsWith(`${name}: `)) messages.push(text.slice(name.length + 2).trimEnd());
      terminal.err(text);
    },
  };
  const code = await run(listening, (report) => {
    reported = report;
  });
  terminal.out(`${JSON.stringify({ code, meaning: EXIT_CODE_MEANINGS[code], ...reported, messages })}\n`);
  return code;
}
