import { EXIT_CODE_MEANINGS } from '../exit-codes.ts';
import {
  allOptions,
  type CommandDescription,
  type OptionSpec,
  optionDescription,
  usageOf,
  valueName,
} from './declaration.ts';
import { wrap } from './text.ts';

const COLUMNS = 80;

/** What `--help` prints. */
export function helpText(command: CommandDescription): string {
  return [
    `${command.name}: ${command.summary}`,
    '',
    `Usage: ${usageOf(command)}`,
    '',
    ...wrap(command.description, COLUMNS),
    '',
    ...(command.operands.length === 0
      ? []
      : ['Arguments:', ...command.operands.flatMap(({ name, description }) => entry(name, description)), '']),
    'Options:',
    ...allOptions(command).flatMap((option) => entry(optionHead(option), optionDescription(option))),
    '',
    command.examples.length === 1 ? 'Example:' : 'Examples:',
    ...command.examples.flatMap((example) => [
      `  ${example.command}`,
      ...wrap(example.explanation, COLUMNS, '      '),
    ]),
    '',
    'Exit codes:',
    ...command.exitCodes.map((code) => `  ${String(code).padStart(3)}  ${EXIT_CODE_MEANINGS[code]}`),
    '',
  ].join('\n');
}

function optionHead(option: OptionSpec): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  return [`${short}--${option.long}`, valueName(option) ?? []].flat().join(' ');
}

const HEAD_WIDTH = 26;

function entry(head: string, description: string): readonly string[] {
  const [first = '', ...rest] = wrap(description, COLUMNS - HEAD_WIDTH);
  const indent = ' '.repeat(HEAD_WIDTH);
  const start = `  ${head}  `;
  return start.length <= HEAD_WIDTH
    ? [start.padEnd(HEAD_WIDTH) + first, ...rest.map((line) => indent + line)]
    : [start.trimEnd(), indent + first, ...rest.map((line) => indent + line)];
}
