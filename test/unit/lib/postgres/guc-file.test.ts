import fc from 'fast-check';
import t from 'tap';
import { parseGucLine, quoteGuc, unquoteGuc } from '../../../../lib/postgres/guc-file.ts';

t.test('quoting', async (t) => {
  t.equal(quoteGuc(''), "''");
  t.equal(quoteGuc("it's"), "'it''s'");
  t.equal(quoteGuc('C:\\x\n'), "'C:\\\\x\\n'");
  t.equal(unquoteGuc("'\\x\\101\\t\\''"), "xA\t'");
});

t.test('every value survives, on one line', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const line = `archive_cleanup_command = ${quoteGuc(value)} # comment`;
      return !/[\r\n]/.test(line) && parseGucLine(line)?.value === value;
    }),
  );
});

t.test('lines', async (t) => {
  const cases: [string, [string, string] | undefined][] = [
    ["listen_addresses = '*'", ['listen_addresses', '*']],
    ['Port 5432', ['port', '5432']],
    ['port=5432#x', ['port', '5432']],
    ["include '/a b/c.conf' # added by pgsql RA", ['include', '/a b/c.conf']],
    ["include'/a'", ['include', '/a']],
    ['auto_explain.log = on', ['auto_explain.log', 'on']],
    ['wal_sender_timeout = 5s', ['wal_sender_timeout', '5s']],
    ['# port = 1', undefined],
    ['', undefined],
    ["a = 'open", undefined],
    ['just_a_word', undefined],
  ];
  for (const [line, expected] of cases) {
    const found = parseGucLine(line);
    t.same(found && [found.name, found.value], expected, line);
  }
  fc.assert(fc.property(fc.string(), (line) => parseGucLine(line) === undefined || line.length > 0));
});
