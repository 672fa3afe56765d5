import t from 'tap';
import { agentsOf, readDefinition } from '../../../../../lib/commands/setup/definition-file.ts';

/** The words of each command, or what is wrong, with the lines. */
const read = (text: string): readonly unknown[] => {
  const file = readDefinition(text);
  return file.ok
    ? file.lines.map(({ line, shell, words }) => [line, shell, ...words])
    : file.problems.map(({ line, sentence }) => `${line}: ${sentence}`);
};

t.test('words, as a shell would see them', async (t) => {
  const cases: readonly (readonly [what: string, text: string, commands: readonly unknown[]])[] = [
    ['plain', 'pcs property set a=b', [[1, 'pcs', 'property', 'set', 'a=b']]],
    ['quotes', `pcs property set 'a=b c' "d=e f"`, [[1, 'pcs', 'property', 'set', 'a=b c', 'd=e f']]],
    ['crm', 'crm configure order x inf: a b', [[1, 'crm', 'configure', 'order', 'x', 'inf:', 'a', 'b']]],
    [
      'continued lines begin where the first one does',
      '\n# c\npcs resource \\\n  create \\\n  x\npcs property set a=1',
      [
        [3, 'pcs', 'resource', 'create', 'x'],
        [6, 'pcs', 'property', 'set', 'a=1'],
      ],
    ],
    [
      'an option that was taken out',
      'pcs property set \\\n# a=1 \\\n b=2',
      [[1, 'pcs', 'property', 'set', 'b=2']],
    ],
    ['a comment behind', 'pcs property set a=b#c # d', [[1, 'pcs', 'property', 'set', 'a=b#c']]],
    ['a # in quotes', `pcs property set 'a=# b'`, [[1, 'pcs', 'property', 'set', 'a=# b']]],
    ['no shell expands this', `pcs property set 'a=$(rm)'`, [[1, 'pcs', 'property', 'set', 'a=$(rm)']]],
    [
      'a semicolon is a word',
      'pcs property set a=1; reboot',
      [[1, 'pcs', 'property', 'set', 'a=1;', 'reboot']],
    ],
  ];
  for (const [what, text, commands] of cases) t.same(read(text), commands, what);
});

t.test('what is no definition, all at once and with its line', async (t) => {
  t.match(read('rm -rf /\n\npcs cluster stop --all\npcs resource cleanup x\npcs -f x property set a=b\n'), [
    /^1: it begins with "rm"; every line is a call of pcs or of crm/,
    /^3: "pcs cluster stop" has no place in a definition/,
    /^4: "pcs resource cleanup" has no place in a definition/,
    /^5: it has -f; leave that out/,
  ]);
  t.match(read('pcs property set a=$HOME'), [/^1: "\$" and backticks are not expanded/]);
  t.match(read('pcs property set "a=b'), [/^1: a quote is not closed/]);
  t.match(read('crm configure erase\ncrm resource stop x'), [
    /^1: "crm configure erase"/,
    /^2: "crm resource stop"/,
  ]);
  const secret = read('pcs property set a=1\npcs stonith create f fence_x ip=1 passwd=s3cret\n');
  t.match(secret, [/^2: it has a password as an argument \(passwd\), which ps shows/]);
  t.notMatch(String(secret), 's3cret');
  t.match(read(`crm configure property 'a=b\\c'`), [/^1: it has a value with a single quote or a backslash/]);
  t.match(read(`crm configure property "a=it's"`), [/^1: it has a value with a single quote or a backslash/]);
  t.match(read(`crm configure property 'a=cp "%p"'`), [[1, 'crm', 'configure', 'property', 'a=cp "%p"']]);
  t.match(read('# nothing\n'), [/^0: there is no command in it/]);
});

t.test('agents, with the first line that names them', async (t) => {
  const file = readDefinition(
    'pcs property set a=b\npcs resource create x ocf:pha:pgsql\npcs resource create y ocf:pha:pgsql\npcs resource create z ocf:heartbeat:IPaddr2',
  );
  t.ok(file.ok);
  if (file.ok) {
    t.same(
      [...agentsOf(file.lines)],
      [
        ['ocf:pha:pgsql', 2],
        ['ocf:heartbeat:IPaddr2', 4],
      ],
    );
  }
});
