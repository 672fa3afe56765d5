import t from 'tap';
import { readConfigTree } from '../../../../lib/postgres/config-tree.ts';

const read = (files: Readonly<Record<string, string>>) =>
  readConfigTree('/etc/pg/postgresql.conf', '/data', {
    readText: (path) => files[path],
    list: (directory) => {
      const names = Object.keys(files).filter((path) => path.startsWith(`${directory}/`));
      if (names.length === 0) throw new Error('ENOENT');
      return names.map((path) => path.slice(directory.length + 1));
    },
  });

t.test('files are read in the order of the server, and postgresql.auto.conf last', async (t) => {
  const { lines, problems } = read({
    '/etc/pg/postgresql.conf':
      "port = 1\n# port = 2\ninclude 'more.conf'\ninclude_dir 'conf.d'\ninclude_if_exists 'none.conf'\nport = 5",
    '/etc/pg/more.conf': 'Port = 3\r\n',
    '/etc/pg/conf.d/b.conf': "port '4'",
    '/etc/pg/conf.d/a.conf': 'fsync = off',
    '/etc/pg/conf.d/.hidden.conf': 'port = 99',
    '/etc/pg/conf.d/c.bak': 'port = 99',
    '/data/postgresql.auto.conf': 'port = 6',
  });
  t.strictSame(problems, []);
  t.strictSame(
    lines.map(({ file, line, name, value }) => `${file}:${line} ${name}=${value}`),
    [
      '/etc/pg/postgresql.conf:1 port=1',
      '/etc/pg/more.conf:1 port=3',
      '/etc/pg/conf.d/a.conf:1 fsync=off',
      '/etc/pg/conf.d/b.conf:1 port=4',
      '/etc/pg/postgresql.conf:6 port=5',
      '/data/postgresql.auto.conf:1 port=6',
    ],
  );
});

t.test('what is wrong is told, and does not stop it', async (t) => {
  const { lines, problems } = read({
    '/etc/pg/postgresql.conf': "port = = 1\ninclude 'none.conf'\ninclude_dir 'none.d'\nfsync = on",
  });
  t.strictSame(
    lines.map(({ name }) => name),
    ['fsync'],
  );
  t.strictSame(problems, [
    '/etc/pg/postgresql.conf, line 1, is not understood',
    '/etc/pg/none.conf cannot be read',
    '/etc/pg/none.d cannot be read',
  ]);
});

t.test('a file that includes itself ends', async (t) => {
  const { problems } = read({ '/etc/pg/postgresql.conf': "include 'postgresql.conf'" });
  t.strictSame(problems, ['/etc/pg/postgresql.conf includes too deep']);
});
