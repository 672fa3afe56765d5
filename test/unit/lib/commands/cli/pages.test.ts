import t from 'tap';
import { bashCompletion } from '../../../../../lib/commands/cli/bash-completion.ts';
import { defineCommand } from '../../../../../lib/commands/cli/declaration.ts';
import { manPage } from '../../../../../lib/commands/cli/man-page.ts';
import { commandChapter, commandRow } from '../../../../../lib/commands/cli/markdown-page.ts';

const command = defineCommand({
  name: 'cls_try',
  summary: 'tries',
  description: "It isn't a|b.\n.hidden \\n --dry-run",
  options: {
    shell: { kind: 'text', long: 'shell', valueName: 'SHELL', description: 'x', values: ['pcs', 'crm'] },
    config: {
      kind: 'text',
      long: 'config',
      short: 'c',
      valueName: 'FILE',
      description: 'x',
      complete: 'file',
    },
    timeout: { kind: 'seconds', long: 'timeout', description: 'Wait.', default: 5, min: 1, max: 9 },
  },
  operands: [{ name: 'NODE', required: false, description: 'Where.', complete: 'node' }],
  examples: [{ command: 'cls_try node2', explanation: 'Try it.' }],
  exitCodes: [0, 100],
  run: async () => 0,
});

t.test('a manual page has nothing that man would read as something else', async (t) => {
  const page = manPage(command, { version: '1.2.3', others: ['cls_a', 'cls_b'] });
  const lines = page.split('\n');
  t.equal(lines[0], '.TH CLS_TRY 1 "" "pha 1.2.3" "PostgreSQL on Pacemaker"');
  t.ok(lines.includes('\\fBcls_try\\fP [OPTIONS] [\\fINODE\\fP]'));
  t.ok(lines.includes('It isn\\(aqt a|b.'));
  t.ok(lines.includes('\\&.hidden \\en \\-\\-dry\\-run'));
  t.ok(lines.includes('\\fB\\-c\\fP, \\fB\\-\\-config\\fP \\fIFILE\\fP'));
  t.ok(lines.includes('Wait. Default: 5.'));
  t.ok(lines.includes('\\fBcls_a\\fP(1),'));
});

t.test('a chapter of docs/commands.md', async (t) => {
  const chapter = commandChapter(command);
  t.match(chapter, /^## cls_try\n\n {4}cls_try \[OPTIONS\] \[NODE\]\n\nIt isn't a\\\|b\.\n\n/);
  t.match(chapter, '\n| `NODE` | Where. |\n');
  t.match(chapter, '\n| `-c`, `--config FILE` | x |\n');
  t.match(chapter, '\n    cls_try node2\n\nTry it.\n');
  t.match(chapter, '\nExit codes: 0 done, all is well · 100 bad arguments.\n');
  t.equal(commandRow(command), '| [cls_try](#cls_try) | tries |');
});

t.test('completion', async (t) => {
  const lines = bashCompletion([command]).split('\n');
  for (const line of [
    "  [cls_try]='--shell= --config= --timeout= --help'",
    "  [cls_try]='@node'",
    "  ['cls_try --shell']='pcs crm'",
    "  ['cls_try -c']='@file'",
    "  ['cls_try --timeout']=''",
    'complete -F _pha cls_try',
  ]) {
    t.ok(lines.includes(line), line);
  }
});

t.test('a value that would need quotes is a mistake of the declaration', async (t) => {
  const { options: _options, run: _run, ...described } = command;
  const odd = { kind: 'text', long: 'odd', valueName: 'X', description: 'x', values: ["it's"] } as const;
  t.throws(
    () => bashCompletion([defineCommand({ ...described, options: { odd }, run: async () => 0 })]),
    /quoted/,
  );
});
