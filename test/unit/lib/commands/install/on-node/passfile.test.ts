import t from 'tap';
import { withPassword } from '../../../../../../lib/commands/install/on-node/passfile.ts';

const password = {
  owner: 'postgres',
  user: 'replication',
  password: 'secret',
  line: '*:*:*:replication:secret',
  hosts: ['192.168.0.236', 'node1'],
  port: 5432,
};

const cases: readonly (readonly [what: string, before: string, after: string | undefined])[] = [
  ['no file', '', '*:*:*:replication:secret\n'],
  ['the same line', '*:*:*:replication:secret\n', undefined],
  ['without a line end', '*:*:*:replication:secret', undefined],
  ['an old password', '*:*:*:replication:old\n', '*:*:*:replication:secret\n'],
  ['other lines stay', '# mine\nbackup:*:*:joe:x\n', '# mine\nbackup:*:*:joe:x\n*:*:*:replication:secret\n'],
  ['another server of the same user', 'elsewhere:*:*:replication:y\n*:*:*:replication:secret\n', undefined],
  [
    'the same password in lines of their own',
    'node1:*:*:replication:secret\n192.168.0.236:5432:*:replication:secret\n',
    undefined,
  ],
  [
    'an old line for one of the nodes does not hide it',
    'node1:5432:*:replication:old\n',
    '*:*:*:replication:secret\n',
  ],
  [
    'one for another server keeps its own password',
    'backup:*:*:replication:theirs\nnode1:*:*:replication:old\n',
    'backup:*:*:replication:theirs\n*:*:*:replication:secret\n',
  ],
  [
    'nor does one for everybody, which stays in force elsewhere',
    '*:*:*:*:any\n',
    '192.168.0.236:5432:*:replication:secret\nnode1:5432:*:replication:secret\n*:*:*:*:any\n',
  ],
  [
    'lines that came first so are replaced the next time',
    '192.168.0.236:5432:*:replication:old\nnode1:5432:*:replication:old\n*:*:*:*:any\n',
    '192.168.0.236:5432:*:replication:secret\nnode1:5432:*:replication:secret\n*:*:*:*:any\n',
  ],
];

for (const [what, before, after] of cases) {
  t.test(what, async (t) => {
    t.equal(withPassword(before, password), after);
    if (after !== undefined) t.equal(withPassword(after, password), undefined, 'and then it is right');
  });
}
