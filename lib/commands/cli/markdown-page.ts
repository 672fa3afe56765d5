import { EXIT_CODE_MEANINGS } from '../exit-codes.ts';
import { allOptions, type CommandDescription, optionDescription, usageOf, valueName } from './declaration.ts';

/** What would be taken for Markdown or HTML; a `|` would end a table's cell. */
const markdown = (text: string): string => text.replace(/[\\`*<>|]/g, '\\$&');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** One line of the table of all commands. */
export const commandRow = ({ name, summary }: CommandDescription): string =>
  `| [${name}](#${name}) | ${markdown(summary)} |`;

/** The chapter about one command. */
export function commandChapter(command: CommandDescription): string {
  const words = [
    ...command.operands.map(({ name, description }) => [`\`${name}\``, markdown(description)]),
    ...allOptions(command).map((option) => {
      const short = option.short === undefined ? '' : `\`-${option.short}\`, `;
      const long = [`--${option.long}`, valueName(option) ?? []].flat().join(' ');
      return [`${short}\`${long}\``, markdown(optionDescription(option))];
    }),
  ];
  const examples = command.examples.flatMap((example) => [
    `    ${example.command}`,
    '',
    markdown(example.explanation),
    '',
  ]);
  const codes = command.exitCodes.map((code) => `${code} ${EXIT_CODE_MEANINGS[code]}`);
  return [
    `## ${command.name}`,
    '',
    `    ${usageOf(command)}`,
    '',
    markdown(command.description).replaceAll('\n', '\n\n'),
    '',
    table(['argument', 'meaning'], words),
    '',
    ...examples,
    `Exit codes: ${codes.join(' · ')}.`,
    '',
  ].join('\n');
}
