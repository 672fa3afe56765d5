import t from 'tap';
import { readArguments } from '../../../../../lib/commands/active-slaves/ask.ts';

t.test('whom to ask', async (t) => {
  const rows: readonly (readonly [operands: readonly string[], conninfo: Record<string, string>])[] = [
    [[], {}],
    [['/usr/pgsql/bin/psql'], {}],
    [['psql'], {}],
    [['host=h user=u'], { host: 'h', user: 'u' }],
    [['postgresql://u@h/d'], { host: 'h', user: 'u', dbname: 'd' }],
    [['/usr/bin/psql', 'host=h'], { host: 'h' }],
  ];
  for (const [operands, conninfo] of rows) {
    const read = readArguments(operands);
    t.strictSame(read.ok && Object.fromEntries(read.conninfo), conninfo, operands.join(' '));
    t.strictSame(read.ok && read.warnings, []);
  }
});

t.test('what is neither psql nor a connection is refused, and not repeated', async (t) => {
  for (const operands of [['nonsense'], ['node1:5432'], ['psql', 'nonsense']]) {
    const read = readArguments(operands);
    t.match(read, { ok: false, reason: /key=value/ }, operands.join(' '));
    t.notMatch(read.ok ? '' : read.reason, /nonsense|node1/);
  }
});

t.test('a password in the arguments is warned of, and not repeated', async (t) => {
  for (const text of ['host=h password=s3cret', 'postgresql://u:s3cret@h', 'host=h sslpassword=s3cret']) {
    const read = readArguments([text]);
    t.match(read, { ok: true, warnings: [/^warning: CONNINFO has (ssl)?password, .* \.pgpass file/] }, text);
    t.notMatch(read.ok ? read.warnings.join() : '', 's3cret');
  }
});
