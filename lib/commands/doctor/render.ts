import { enumerate, wrap } from '../cli/text.ts';
import type { DoctorReport, Entry } from './report.ts';
import { GROUPS } from './rule.ts';

const MARKS: Readonly<Record<Entry['severity'], string>> = {
  error: 'ERROR   ',
  warning: 'warning ',
  notice: 'notice  ',
  ok: 'ok      ',
};

const INDENT = '  ';
const UNDER = ' '.repeat(INDENT.length + MARKS.error.length);

/**
 * Findings by groups, each with its fix in the line below. A group without findings says how many checks it has passed;
 * `verbose` names them. `columns` is the width of a screen; a file has whole lines, so that they can be searched.
 */
export function reportLines(report: DoctorReport, verbose: boolean, columns?: number): readonly string[] {
  return [
    ...wrapped(heading(report), columns, ''),
    '',
    ...GROUPS.flatMap((group) => {
      const entries = report.entries.filter((entry) => entry.group === group);
      const shown = entries.filter(({ severity }) => verbose || severity !== 'ok');
      const passed = entries.length - shown.length;
      if (entries.length === 0) return [];
      if (shown.length === 0) return [`${group}: ok (${checks(passed)})`];
      return [
        `${group}${passed > 0 ? ` (${checks(passed)} ok)` : ''}`,
        ...shown.flatMap((entry) => entryLines(entry, columns)),
      ];
    }),
    '',
    summary(report),
  ];
}

const checks = (count: number): string => `${count} ${count === 1 ? 'check' : 'checks'}`;

function heading({ source, self, examined, notExamined }: DoctorReport): string {
  const what =
    source === 'cluster'
      ? 'The cluster'
      : source === 'config.ini'
        ? 'The cluster that config.ini describes'
        : 'The cluster without a database';
  const missing = notExamined.length === 0 ? '' : `, ${enumerate(notExamined)} not examined`;
  return `${what} as seen from ${self}: ${enumerate(examined) || 'no node'} examined${missing}.`;
}

function entryLines({ severity, sentence, fix }: Entry, columns: number | undefined): readonly string[] {
  const [first = '', ...rest] = wrapped(printable(sentence), columns, UNDER);
  return [
    `${INDENT}${MARKS[severity]}${first.trimStart()}`,
    ...rest,
    // One line, to be copied.
    ...(fix === null ? [] : [`${UNDER}=> ${printable(fix)}`]),
  ];
}

const wrapped = (text: string, columns: number | undefined, indent: string): readonly string[] =>
  columns === undefined ? [indent + text] : wrap(text, Math.max(40, columns), indent);

/** What other nodes and servers have said must not steer the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');

function summary({ entries }: DoctorReport): string {
  const count = (severity: Entry['severity'], one: string, many = `${one}s`): string => {
    const number = entries.filter((entry) => entry.severity === severity).length;
    return `${number} ${number === 1 ? one : many}`;
  };
  return `${count('error', 'error')}, ${count('warning', 'warning')}, ${count('notice', 'notice')}; ${count('ok', 'check')} ok.`;
}
