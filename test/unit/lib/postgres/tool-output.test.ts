import t from 'tap';
import { parseToolLine, toolFailure } from '../../../../lib/postgres/tool-output.ts';

t.test('progress of pg_rewind and pg_basebackup', async (t) => {
  const amount = { kind: 'amount', doneBytes: 24 * 1024, totalBytes: 54553 * 1024 };
  t.same(parseToolLine('   24/54553 kB (0%) copied'), amount);
  t.same(parseToolLine('   24/54553 kB (0%), 0/2 tablespaces (...sql/data/base/1/1255)'), amount);
});

t.test('what else they say', async (t) => {
  const text = { kind: 'text', text: 'servers diverged at WAL location 0/1BE5488 on timeline 2' };
  t.same(parseToolLine('pg_rewind: servers diverged at WAL location 0/1BE5488 on timeline 2'), text);
  t.same(parseToolLine('servers diverged at WAL location 0/1BE5488 on timeline 2'), text, 'before 12');
});

t.test('why they failed', async (t) => {
  const lines = [
    'pg_rewind: connected to server',
    'pg_rewind: error: could not fetch remote file "base/1/2": server closed the connection unexpectedly',
    '\tThis probably means the server terminated abnormally',
    '  100/54553 kB (0%) copied',
  ];
  t.match(toolFailure(lines.join('\r')), /^could not fetch remote file "base\/1\/2": server closed/);
  t.equal(
    toolFailure('pg_basebackup: removing contents of data directory\n'),
    'pg_basebackup: removing contents of data directory',
  );
  t.equal(toolFailure('12/13 kB (92%) copied'), '');
});
