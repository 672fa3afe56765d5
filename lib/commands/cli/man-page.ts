import { EXIT_CODE_MEANINGS } from '../exit-codes.ts';
import {
  allOptions,
  type CommandDescription,
  type OptionSpec,
  optionDescription,
  valueName,
} from './declaration.ts';

/** Text as man(7) takes it: what it would read as an escape, a request or a hyphen is written so that it does not. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll("'", '\\(aq')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replace(/^\./gm, '\\&.');

const bold = (text: string): string => `\\fB${roff(text)}\\fP`;
const italic = (text: string): string => `\\fI${roff(text)}\\fP`;

const tagged = (tag: string, text: string): readonly string[] => ['.TP', tag, roff(text)];

/**
 * The manual page of a command, for man(1).
 * @param others names of the other commands
 */
export function manPage(
  command: CommandDescription,
  { version, others }: { readonly version: string; readonly others: readonly string[] },
): string {
  const operands = command.operands.map(({ name, required }) =>
    required ? italic(name) : `[${italic(name)}]`,
  );
  return [
    `.TH ${command.name.toUpperCase()} 1 "" "pha ${version}" "PostgreSQL on Pacemaker"`,
    '.SH NAME',
    `${roff(command.name)} \\- ${roff(command.summary)}`,
    '.SH SYNOPSIS',
    [bold(command.name), '[OPTIONS]', ...operands].join(' '),
    '.SH DESCRIPTION',
    ...command.description
      .split('\n')
      .flatMap((paragraph, i) => [...(i === 0 ? [] : ['.PP']), roff(paragraph)]),
    ...(command.operands.length === 0
      ? []
      : [
          '.SH ARGUMENTS',
          ...command.operands.flatMap(({ name, description }) => tagged(italic(name), description)),
        ]),
    '.SH OPTIONS',
    ...allOptions(command).flatMap((option) => tagged(optionTag(option), optionDescription(option))),
    '.SH EXAMPLES',
    ...command.examples.flatMap((example) => tagged(bold(example.command), example.explanation)),
    '.SH EXIT STATUS',
    ...command.exitCodes.flatMap((code) => tagged(bold(String(code)), EXIT_CODE_MEANINGS[code])),
    '.SH SEE ALSO',
    others.map((name) => `${bold(name)}(1)`).join(',\n'),
    '',
  ].join('\n');
}

function optionTag(option: OptionSpec): string {
  const name = valueName(option);
  const value = name === undefined ? '' : ` ${italic(name)}`;
  const short = option.short === undefined ? '' : `${bold(`-${option.short}`)}, `;
  return `${short}${bold(`--${option.long}`)}${value}`;
}
