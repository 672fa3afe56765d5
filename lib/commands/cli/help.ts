import { EXIT_CODE_MEANINGS } from '../exit-codes.ts';
import type { CommandDeclaration, OptionSpec, OptionTable } from './declaration.ts';
import { wrap } from './text.ts';

const COLUMNS = 80;

const HELP: OptionSpec = { kind: 'flag', long: 'help', short: 'h', description: 'Show this text.' };

/** What `--help` prints. */
export function helpText<T extends OptionTable>(command: CommandDeclaration<T>): string {
  const operands = command.operands.map(({ name, required }) => (required ? ` ${name}` : ` [${name}]`));
  const options = [...Object.values(command.options), HELP];
  return [
    `${command.name}: ${command.summary}`,
    '',
    `Usage: ${command.name} [OPTIONS]${operands.join('')}`,
    '',
    ...wrap(command.description, COLUMNS),
    '',
    ...(command.operands.length === 0
      ? []
      : ['Arguments:', ...command.operands.flatMap(({ name, description }) => entry(name, description)), '']),
    'Options:',
    ...options.flatMap((option) => entry(optionHead(option), optionDescription(option))),
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
  const value = option.kind === 'flag' ? '' : ` ${option.kind === 'seconds' ? 'SECONDS' : option.valueName}`;
  return `${short}--${option.long}${value}`;
}

const optionDescription = (option: OptionSpec): string =>
  option.kind === 'seconds' ? `${option.description} Default: ${option.default}.` : option.description;

const HEAD_WIDTH = 26;

function entry(head: string, description: string): readonly string[] {
  const [first = '', ...rest] = wrap(description, COLUMNS - HEAD_WIDTH);
  const indent = ' '.repeat(HEAD_WIDTH);
  const start = `  ${head}  `;
  return start.length <= HEAD_WIDTH
    ? [start.padEnd(HEAD_WIDTH) + first, ...rest.map((line) => indent + line)]
    : [start.trimEnd(), indent + first, ...rest.map((line) => indent + line)];
}
