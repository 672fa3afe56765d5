import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { asUser } from '../../../../lib/system/as-user.ts';
import { findUser } from '../../../../lib/system/os-user.ts';

const nobody = findUser('nobody');
const skip = process.geteuid?.() !== 0 || !nobody ? 'needs root and a user nobody' : false;

const identity = () => ({
  uids: /^Uid:.*$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[0],
  gids: /^Gid:.*$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[0],
  groups: /^Groups:.*$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[0]?.trim(),
});

t.test('acts as the user, and is exactly who it was afterwards', { skip }, async (t) => {
  if (!nobody) return;
  const user = { ...nobody, groups: [nobody.gid, 4711] };
  const before = identity();
  const inside = asUser(user, () => ({ uid: process.geteuid?.(), gid: process.getegid?.(), ...identity() }));
  t.equal(inside.uid, nobody.uid);
  t.equal(inside.gid, nobody.gid);
  t.match(inside.groups, /\b4711\b/);
  t.same(identity(), before);
});

t.test('files belong to the user', { skip }, async (t) => {
  if (!nobody) return;
  const path = join(tmpdir(), `pha-as-user-${process.pid}`);
  asUser(nobody, () => writeFileSync(path, 'x', { flag: 'wx' }));
  const { uid, gid } = statSync(path);
  rmSync(path);
  t.same([uid, gid], [nobody.uid, nobody.gid]);
});

t.test('identity is restored when the function throws', { skip }, async (t) => {
  if (!nobody) return;
  const before = identity();
  const directory = mkdtempSync(join(tmpdir(), 'pha-'));
  t.throws(() => asUser(nobody, () => writeFileSync(join(directory, 'x'), '')), { code: 'EACCES' });
  rmSync(directory, { recursive: true });
  t.same(identity(), before);
});

t.test('already that user: the function is just called', async (t) => {
  const self = { name: 'me', uid: process.geteuid?.() ?? 0, gid: 1, groups: [], home: '/' };
  t.equal(
    asUser(self, () => process.getegid?.()),
    process.getegid?.(),
  );
});

t.test('within another identity a further one is refused', { skip }, async (t) => {
  if (!nobody) return;
  const other = { ...nobody, name: 'other', uid: nobody.uid - 1 };
  t.throws(() => asUser(nobody, () => asUser(other, () => 1)), /only root/);
});

t.test('a function that returns a promise does not compile', async (t) => {
  const self = { name: 'me', uid: process.geteuid?.() ?? 0, gid: 1, groups: [], home: '/' };
  // @ts-expect-error the identity would be given back before the work is done
  await asUser(self, async () => 1);
  t.pass();
});
