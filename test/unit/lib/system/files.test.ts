import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import {
  ensureDirectory,
  errorCode,
  fileMode,
  pathKind,
  readTail,
  readTextIfExists,
  removeFile,
  writeFileAtomically,
} from '../../../../lib/system/files.ts';
import { findUser, type OsUser } from '../../../../lib/system/os-user.ts';

const isRoot = process.geteuid?.() === 0;
const self: OsUser = {
  name: 'self',
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
  groups: [],
  home: '/',
};
const victim = findUser('nobody') ?? self;
const skip = isRoot && victim !== self ? false : 'needs root and a user nobody';

const directoryOf = (user: OsUser): string => {
  const directory = mkdtempSync(join(tmpdir(), 'pha-files-'));
  t.teardown(() => execFileSync('rm', ['-rf', directory]));
  chmodSync(directory, 0o755);
  if (isRoot) chownSync(directory, user.uid, user.gid);
  return directory;
};

t.test('readTextIfExists', async (t) => {
  const directory = directoryOf(self);
  const path = join(directory, 'text');
  t.equal(readTextIfExists(path), undefined);
  t.equal(readTextIfExists(join(path, 'below')), undefined);
  writeFileSync(path, 'grüße\n');
  t.equal(readTextIfExists(path), 'grüße\n');
  t.equal(readTextIfExists(join(path, 'below')), undefined, 'a file is not a directory');
  writeFileSync(path, '');
  t.equal(readTextIfExists(path), '');
  t.match(readTextIfExists('/proc/self/status'), /^Name:/, 'files without a size are read too');
  t.throws(() => readTextIfExists(directory), /not a regular file|EISDIR/);
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  t.throws(() => readTextIfExists(pipe), /not a regular file/, 'and does not block');
  truncateSync(path, 2 ** 31);
  t.throws(() => readTextIfExists(path), /too many/);
});

t.test('pathKind', async (t) => {
  const directory = directoryOf(self);
  writeFileSync(join(directory, 'f'), '');
  symlinkSync('/nowhere', join(directory, 'l'));
  execFileSync('mkfifo', [join(directory, 'p')]);
  const kinds = ['', 'f', 'l', 'p', 'none', 'f/x'].map((name) => pathKind(join(directory, name)));
  t.same(kinds, ['directory', 'file', 'link', 'other', 'missing', 'missing']);
});

t.test('writes with owner and mode, whatever the umask', { skip }, async (t) => {
  const path = join(directoryOf(victim), 'conf');
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  writeFileAtomically(path, 'one', { user: victim, mode: 0o644 });
  process.umask(0);
  writeFileAtomically(path, 'two', { user: victim, mode: 0o600 });
  const stat = lstatSync(path);
  t.same(
    [readFileSync(path, 'utf8'), stat.mode & 0o7777, stat.uid, stat.gid],
    ['two', 0o600, victim.uid, victim.gid],
  );
  t.equal(fileMode(path), 0o600);
  t.same(readdirSync(join(path, '..')), ['conf'], 'no temporary file is left');
});

t.test(
  'a link in the place of the file is refused and nothing is written through it',
  { skip },
  async (t) => {
    const directory = directoryOf(victim);
    const secret = join(directoryOf(self), 'passwd');
    writeFileSync(secret, 'root', { mode: 0o600 });
    symlinkSync(secret, join(directory, 'conf'));
    t.throws(
      () => writeFileAtomically(join(directory, 'conf'), 'evil', { user: victim, mode: 0o644 }),
      /conf is a symbolic link: not replaced/,
    );
    t.equal(readFileSync(secret, 'utf8'), 'root');
    t.same(readdirSync(directory), ['conf']);
    mkdirSync(join(directory, 'd'));
    t.throws(
      () => writeFileAtomically(join(directory, 'd'), '', { user: victim, mode: 0o644 }),
      /not a regular file/,
    );
  },
);

t.test(
  'a link in the place of the directory leads no further than its owner could go',
  { skip },
  async (t) => {
    const base = directoryOf(victim);
    const rootsOwn = directoryOf(self);
    symlinkSync(rootsOwn, join(base, 'tmp'));
    const path = join(base, 'tmp', 'conf');
    const error = t.throws(() => writeFileAtomically(path, 'evil', { user: victim, mode: 0o644 }));
    t.equal(errorCode(error), 'EACCES');
    writeFileSync(join(rootsOwn, 'conf'), 'precious');
    t.throws(() => removeFile(path, victim), { code: 'EACCES' });
    t.same(readdirSync(rootsOwn), ['conf']);
  },
);

t.test('a failed write leaves the old content and no temporary file', { skip }, async (t) => {
  const directory = directoryOf(self);
  const path = join(directory, 'conf');
  writeFileSync(path, 'old');
  t.throws(() => writeFileAtomically(path, 'new', { user: victim, mode: 0o600 }), { code: 'EACCES' });
  t.same([readFileSync(path, 'utf8'), readdirSync(directory)], ['old', ['conf']]);
  t.throws(() => writeFileAtomically(join(directory, 'no', 'conf'), 'x', { user: self, mode: 0o600 }), {
    code: 'ENOENT',
  });
});

t.test('removeFile removes the name and not what it points to', async (t) => {
  const directory = directoryOf(self);
  const [target, link] = [join(directory, 'target'), join(directory, 'link')];
  writeFileSync(target, 'kept');
  symlinkSync(target, link);
  t.equal(readlinkSync(link), target);
  t.equal(removeFile(link, self), true);
  t.equal(removeFile(link, self), false);
  t.equal(readFileSync(target, 'utf8'), 'kept');
});

t.test('readTail', async (t) => {
  const directory = directoryOf(self);
  const path = join(directory, 'log');
  writeFileSync(path, `${'x'.repeat(5000)}\nlast line\n`);
  t.equal(readTail(path, 10, self), 'last line\n');
  t.equal(readTail(path, 100_000, self)?.length, 5011);
  t.equal(readTail(join(directory, 'none'), 10, self), undefined);
  symlinkSync(path, join(directory, 'link'));
  t.throws(() => readTail(join(directory, 'link'), 10, self), { code: 'ELOOP' });
  t.throws(() => readTail('/dev/null', 10, self), /not a regular file/);
});

t.test(
  "root makes a user's directory only where nobody else could lead it elsewhere",
  { skip },
  async (t) => {
    const safe = mkdtempSync('/run/pha-files-');
    t.teardown(() => execFileSync('rm', ['-r', safe]));
    chmodSync(safe, 0o755);
    ensureDirectory(join(safe, 'tmp'), victim);
    t.equal(lstatSync(join(safe, 'tmp')).uid, victim.uid);
    t.equal(lstatSync(join(safe, 'tmp')).mode & 0o777, 0o700);
    ensureDirectory(join(safe, 'tmp'), victim);

    const shared = join(safe, 'shared');
    mkdirSync(shared);
    chownSync(shared, 1, 1);
    t.throws(() => ensureDirectory(join(shared, 'tmp'), victim), { message: /make it by hand/ });
    t.same(readdirSync(shared), []);
  },
);
