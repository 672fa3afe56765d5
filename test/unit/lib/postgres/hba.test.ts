import t from 'tap';
import { askHba, parseHba } from '../../../../lib/postgres/hba.ts';

t.test('lines', async (t) => {
  const lines = parseHba(`# a comment
local all postgres peer
host  replication  repl, "odd name"  10.0.0.0/8  scram-sha-256  # for standbys
host all all 10.0.0.0 255.0.0.0 md5 clientcert=verify-ca
hostssl "all" +admins samenet cert
host all all db.example.com reject
nonsense`);
  t.strictSame(lines, [
    {
      line: 3,
      type: 'host',
      databases: ['replication'],
      users: ['repl', '"odd name"'],
      address: '10.0.0.0/8',
      method: 'scram-sha-256',
    },
    { line: 4, type: 'host', databases: ['all'], users: ['all'], address: '10.0.0.0/8', method: 'md5' },
    {
      line: 5,
      type: 'hostssl',
      databases: ['"all"'],
      users: ['+admins'],
      address: 'samenet',
      method: 'cert',
    },
    {
      line: 6,
      type: 'host',
      databases: ['all'],
      users: ['all'],
      address: 'db.example.com',
      method: 'reject',
    },
  ]);
});

const QUESTION = { database: 'replication', user: 'repl', address: '10.0.0.2' };

const ROWS: readonly [text: string, question: Partial<typeof QUESTION>, answer: string][] = [
  ['host replication repl 10.0.0.0/8 md5', {}, 'let-in 1 md5'],
  ['host all all all trust', {}, 'no-line'],
  ['host all all all trust', { database: 'postgres' }, 'let-in 1 trust'],
  ['host replication all 10.0.0.2/32 reject\nhost replication all all md5', {}, 'rejected 1 reject'],
  ['host replication other all md5\nhost replication repl all md5', {}, 'let-in 2 md5'],
  ['host replication "repl" 10.0.0.2 255.255.255.255 md5', {}, 'let-in 1 md5'],
  ['host replication repl 10.1.0.0/16 md5', {}, 'no-line'],
  ['host "replication" repl all md5', {}, 'no-line'],
  ['host sameuser repl all md5', { database: 'repl' }, 'let-in 1 md5'],
  ['host replication +dba all md5', {}, 'unclear 1'],
  ['host replication repl node2.example.com md5', {}, 'unclear 1'],
  ['hostssl replication repl all md5', {}, 'unclear 1'],
  ['hostssl all repl all md5\nhost replication repl all md5', {}, 'let-in 2 md5'],
  ['host replication repl fd00::/8 md5', { address: 'fd00::2' }, 'let-in 1 md5'],
  ['local all all peer', {}, 'no-line'],
];

for (const [text, question, wanted] of ROWS) {
  t.test(`${text.replace('\n', ' / ')} ${JSON.stringify(question)}`, async (t) => {
    const answer = askHba(parseHba(text), { ...QUESTION, ...question });
    t.equal(
      [answer.kind, 'line' in answer ? answer.line : '', 'method' in answer ? answer.method : '']
        .join(' ')
        .trim(),
      wanted,
    );
  });
}
