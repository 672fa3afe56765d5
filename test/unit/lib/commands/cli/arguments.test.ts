import fc from 'fast-check';
import t from 'tap';
import { parseArguments } from '../../../../../lib/commands/cli/arguments.ts';
import { defineCommand } from '../../../../../lib/commands/cli/declaration.ts';

const command = defineCommand({
  name: 'cls_test',
  summary: 'is tested',
  description: 'Is tested.',
  options: {
    json: { kind: 'flag', long: 'json', short: 'j', description: 'x' },
    watch: { kind: 'flag', long: 'watch', short: 'w', description: 'x' },
    resource: { kind: 'text', long: 'resource', short: 'r', valueName: 'NAME', description: 'x' },
    timeoutSeconds: {
      kind: 'seconds',
      long: 'timeout',
      short: 't',
      description: 'x',
      default: 10,
      min: 0.1,
      max: 60,
    },
  },
  operands: [{ name: 'NODE', required: false, description: 'x' }],
  examples: [{ command: 'cls_test', explanation: 'x' }],
  exitCodes: [0],
  run: async () => 0,
});

const { options: _options, run: _run, ...described } = command;

const parse = (...argv: readonly string[]) => parseArguments(command, argv);

t.test('defaults', async (t) => {
  t.same(parse(), {
    kind: 'run',
    options: { json: false, watch: false, resource: undefined, timeoutSeconds: 10 },
    operands: [],
  });
});

t.test('long, short, joined and separate; operands stay text', async (t) => {
  t.match(parse('-jw', '-r', 'pgsql', '--timeout=0.5', '1'), {
    options: { json: true, watch: true, resource: 'pgsql', timeoutSeconds: 0.5 },
    operands: ['1'],
  });
  t.match(parse('--resource', '12', '--', '-j'), {
    options: { resource: '12', json: false },
    operands: ['-j'],
  });
  t.match(parse('-j', '-j'), { options: { json: true } });
});

t.test('--help comes before everything but what is unknown', async (t) => {
  t.same(parse('--timeout=x', '-h'), { kind: 'help' });
  t.match(parse('--help', '--nonsense'), { kind: 'wrong' });
});

const refusals: readonly (readonly [readonly string[], RegExp])[] = [
  [['--nonsense'], /unknown option --nonsense$/],
  [['--nonsense=1'], /unknown option --nonsense$/],
  [['-x'], /unknown option -x$/],
  [['--no-json'], /unknown option --no-json$/],
  [['--__proto__=1'], /unknown option/],
  [['--constructor'], /unknown option/],
  [['--resource'], /--resource needs a value/],
  [['--resource='], /--resource needs a value/],
  [['-r', 'a', '-r', 'b'], /--resource is given more than once/],
  [['--timeout=soon'], /--timeout is "soon": give a number of seconds from 0.1 to 60/],
  [['--timeout=-1'], /--timeout is "-1"/],
  [['--timeout=0'], /--timeout is "0"/],
  [['--timeout=1e1'], /--timeout is "1e1"/],
  [['node1', 'node2'], /unexpected argument "node2"/],
];

for (const [argv, sentence] of refusals) {
  t.test(`refused: ${argv.join(' ')}`, async (t) => {
    const parsed = parse(...argv);
    t.equal(parsed.kind, 'wrong');
    if (parsed.kind === 'wrong') t.match(parsed.sentence, sentence);
  });
}

t.test('a required operand', async (t) => {
  const strict = { ...command, operands: [{ name: 'NODE', required: true, description: 'x' }] };
  t.match(parseArguments(strict, []), { kind: 'wrong', sentence: 'NODE is missing' });
});

t.test('any arguments are either understood or refused', async () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('--', '-', '--json', '-r', '--timeout', '--timeout=1', '-jr', '---'),
  );
  fc.assert(
    fc.property(fc.array(word), (argv) =>
      ['run', 'help', 'wrong'].includes(parseArguments(command, argv).kind),
    ),
  );
});

t.test('one of some values', async (t) => {
  const shell = {
    kind: 'text',
    long: 'shell',
    valueName: 'SHELL',
    description: 'x',
    values: ['pcs', 'crm'],
  } as const;
  const choosing = defineCommand({ ...described, options: { shell }, run: async () => 0 });
  t.match(parseArguments(choosing, ['--shell=crm']), { kind: 'run', options: { shell: 'crm' } });
  t.match(parseArguments(choosing, ['--shell=sh']), {
    kind: 'wrong',
    sentence: '--shell is "sh": it is one of pcs, crm',
  });
});

t.test('-h is help, unless it is something else', async (t) => {
  const host = { kind: 'text', long: 'host', short: 'h', valueName: 'HOST', description: 'x' } as const;
  t.match(parse('-h'), { kind: 'help' });
  t.match(
    parseArguments(defineCommand({ ...described, options: { host }, run: async () => 0 }), ['-h', 'db1']),
    {
      kind: 'run',
      options: { host: 'db1' },
    },
  );
});

t.test('an operand that is one of some words', async (t) => {
  const switching = {
    ...command,
    operands: [{ name: 'on|off', required: true, values: ['on', 'off'], description: 'x' }],
  };
  t.match(parseArguments(switching, ['on']), { kind: 'run', operands: ['on'] });
  t.match(parseArguments(switching, ['up']), {
    kind: 'wrong',
    sentence: 'on|off is "up": it is one of on, off',
  });
});
