import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { copyOwnFiles } from '../../../../lib/postgres/own-files.ts';

const root = mkdtempSync(join(tmpdir(), 'pha-own-'));
t.teardown(() => rmSync(root, { recursive: true }));
const { uid, gid, username, homedir } = userInfo();
const me = { name: username, uid, gid, home: homedir, groups: [gid] };

const directory = (name: string, files: Readonly<Record<string, string>>): string => {
  const path = join(root, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(path, file, '..'), { recursive: true });
    writeFileSync(join(path, file), text, { mode: 0o640 });
  }
  return path;
};

t.test("the administrator's files are taken, and PostgreSQL's are not", async (t) => {
  const from = directory('from', {
    'postgresql.conf': 'own',
    'postgresql.auto.conf': 'own',
    'pg_hba.conf': 'own',
    'server.key': 'own',
    'conf.d/memory.conf': 'own',
    PG_VERSION: '15',
    'postmaster.pid': '17',
    'standby.signal': '',
    backup_label: '',
    backup_manifest: '',
    'core.17': '',
    'base/1/1259': '',
    'global/pg_control': '',
    'pg_wal/000000010000000000000001': '',
    'log/postgresql.log': '',
  });
  symlinkSync('/etc/postgresql/15/main/pg_ident.conf', join(from, 'pg_ident.conf'));
  const to = directory('to', {
    'postgresql.conf': 'theirs',
    'conf.d/theirs.conf': '',
    'pg_wal/x': '',
    PG_VERSION: '15',
  });
  const names = [
    'conf.d',
    'pg_hba.conf',
    'pg_ident.conf',
    'postgresql.auto.conf',
    'postgresql.conf',
    'server.key',
  ];
  t.same([...copyOwnFiles(from, to, me, () => {})].sort(), names);
  t.same(readdirSync(to).sort(), ['PG_VERSION', ...names, 'pg_wal'].sort());
  t.equal(readFileSync(join(to, 'postgresql.conf'), 'utf8'), 'own');
  t.same(
    readdirSync(join(to, 'conf.d')),
    ['memory.conf'],
    "a directory is replaced, and not mixed with the source's",
  );
  t.equal(readlinkSync(join(to, 'pg_ident.conf')), '/etc/postgresql/15/main/pg_ident.conf');
  t.equal(statSync(join(to, 'server.key')).mode & 0o777, 0o640);
});

t.test('from nowhere comes nothing', async (t) => {
  t.same(
    copyOwnFiles(join(root, 'missing'), join(root, 'to2'), me, () => {}),
    [],
  );
});

t.test('a data directory may be a link, on both ends', async (t) => {
  directory('linked', { 'postgresql.conf': 'own', PG_VERSION: '15' });
  directory('linked-to', { 'postgresql.conf': 'theirs' });
  symlinkSync('linked', join(root, 'link'));
  symlinkSync('linked-to', join(root, 'link-to'));
  t.same(
    copyOwnFiles(join(root, 'link'), join(root, 'link-to'), me, () => {}),
    ['postgresql.conf'],
  );
  t.equal(readFileSync(join(root, 'linked-to', 'postgresql.conf'), 'utf8'), 'own');
});

t.test('what is no directory is not taken for an empty one', async (t) => {
  writeFileSync(join(root, 'file'), '');
  t.throws(
    () => copyOwnFiles(join(root, 'file'), join(root, 'to3'), me, () => {}),
    /file is not a directory/,
  );
});

t.test(
  'what the owner may not read is no reason to fail',
  { skip: uid === 0 ? false : 'needs root' },
  async (t) => {
    const from = directory('mixed', { 'postgresql.conf': 'own', 'backup-of-root.conf': 'secret' });
    const to = join(from, '..', 'mixed-copy');
    mkdirSync(to);
    chmodSync(join(from, 'backup-of-root.conf'), 0o600);
    for (const path of [root, from, to]) chmodSync(path, 0o777);
    const nobody = { name: 'nobody', uid: 65534, gid: 65534, home: '/', groups: [65534] };
    chmodSync(join(from, 'postgresql.conf'), 0o644);
    const skipped: string[] = [];
    copyOwnFiles(from, to, nobody, (sentence) => skipped.push(sentence));
    t.match(skipped, [/backup-of-root.conf cannot be read by the owner/]);
    t.same(readdirSync(to), ['postgresql.conf']);
  },
);

t.test('what is too large for a setting is named', async (t) => {
  const from = directory('large', { 'postgresql.conf': 'own', dump: '' });
  truncateSync(join(from, 'dump'), 16 * 1024 * 1024 + 1);
  const skipped: string[] = [];
  copyOwnFiles(from, join(root, 'large-copy'), me, (sentence) => skipped.push(sentence));
  t.same(readdirSync(join(root, 'large-copy')), ['postgresql.conf']);
  t.match(skipped, [/dump is larger than 16 MB/]);
});
