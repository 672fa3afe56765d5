import { join } from 'node:path';
import { parseXml, type XmlElement } from '../../pacemaker/xml.ts';
import { writeXml } from '../../pacemaker/xml-writer.ts';
import type { Deadline } from '../../system/clock.ts';
import { readTextIfExists, writeFileAtomically } from '../../system/files.ts';
import type { OsUser } from '../../system/os-user.ts';
import { withPrivateDirectory } from '../../system/private-directory.ts';
import { describeFailure, type RunResult, run, succeeded } from '../../system/process.ts';
import type { Progress } from '../cli/progress.ts';
import type { DefinitionLine } from './definition-file.ts';

export type Built =
  | { readonly ok: true; readonly cib: XmlElement }
  /** `line` is 0 when it is about none of them. */
  | { readonly ok: false; readonly line: number; readonly sentence: string };

export interface BuildContext {
  readonly user: OsUser;
  readonly deadline: Deadline;
  readonly progress: Progress;
  readonly interrupted: AbortSignal;
}

/** Carries out a definition on a copy of the CIB, line by line. The cluster sees nothing of it. */
export const buildOffline = (
  base: XmlElement,
  lines: readonly DefinitionLine[],
  { user, deadline, progress, interrupted }: BuildContext,
): Promise<Built> =>
  withPrivateDirectory(async (directory) => {
    const file = join(directory, 'cib.xml');
    writeFileAtomically(file, writeXml(base), { user, mode: 0o600 });
    for (const [index, { line, shell, words }] of lines.entries()) {
      progress.state(`line ${line} (${index + 1} of ${lines.length})`);
      const result =
        shell === 'pcs'
          ? await run('pcs', ['-f', file, ...words], { deadline, interrupted })
          : await run('crm', ['-D', 'plain', ...words], { deadline, interrupted, env: { CIB_file: file } });
      // Ctrl-C at a terminal ends pcs as well.
      if (interrupted.aborted) break;
      if (!succeeded(result)) return { ok: false, line, sentence: whatItSaid(result) };
    }
    if (interrupted.aborted) return { ok: false, line: 0, sentence: 'interrupted' };
    const verified = await run('crm_verify', ['--verbose', `--xml-file=${file}`], { deadline });
    if (!succeeded(verified)) {
      return { ok: false, line: 0, sentence: `crm_verify refuses it: ${whatItSaid(verified)}` };
    }
    const parsed = parseXml(readTextIfExists(file) ?? '');
    return parsed.ok ? { ok: true, cib: parsed.root } : { ok: false, line: 0, sentence: parsed.reason };
  });

/** All that pcs or crm has complained of, in one line. */
function whatItSaid(result: RunResult): string {
  if (result.notFound) return `${result.command} is not installed on this node`;
  const lines = linesOf(`${result.stderr}\n${result.stdout}`);
  const complaints = complaintsIn(lines);
  if (complaints.length > 0) return complaints.join('; ');
  // Where it does not understand the words, pcs prints nothing but pages of usage.
  return lines.some((text) => text.startsWith('Usage: '))
    ? `${result.command} does not understand it; compare it with the usage of ${result.command}`
    : describeFailure(result);
}

/** Without colours, which crmsh prints whatever it is told. */
export const linesOf = (text: string): readonly string[] =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of colours
  text.split('\n').map((line) => line.replace(/\u001b\[[\d;]*m/g, '').trim());

/** Once each; crmsh passes on the warnings of crm_verify as errors, and its own stumbling after a refusal. Pure. */
export const complaintsIn = (lines: readonly string[]): readonly string[] => [
  ...new Set(
    lines
      .filter((text) => /error|^hint|^Call failed/i.test(text))
      .filter((text) => !/Errors have occurred|Errors found during|\bwarning: |^NameError: /.test(text))
      .map((text) => text.replace(/^error: /i, '').replace(/^\(\w+\)\s+error: /, '')),
  ),
];
