import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { findUser } from '../../../../lib/system/os-user.ts';
import { removeTrees } from '../../../../lib/system/trees.ts';

const owner = findUser('nobody');
const skip = process.geteuid?.() === 0 && owner !== undefined ? false : 'needs root and a user nobody';

/** A tree of the owner's, with a link in it that leads to a file which the owner may not remove. */
const plant = (directory: string, precious: string): void => {
  if (owner === undefined) throw new Error('there is no user nobody');
  mkdirSync(join(directory, 'below'), { recursive: true });
  writeFileSync(join(directory, 'below', 'file'), '');
  symlinkSync(precious, join(directory, 'link'));
  for (const path of [directory, join(directory, 'below')]) chownSync(path, owner.uid, owner.gid);
};

t.test('trees of another user', { skip }, async (t) => {
  if (owner === undefined) return;
  // Like every directory above it, and unlike /tmp, root's alone.
  const roots = mkdtempSync('/run/pha-trees-');
  chmodSync(roots, 0o755);
  const shared = mkdtempSync(join(tmpdir(), 'pha-trees-'));
  chmodSync(shared, 0o755);
  t.teardown(() => {
    for (const path of [roots, shared]) rmSync(path, { recursive: true });
  });
  const precious = join(roots, 'precious');
  mkdirSync(precious);
  writeFileSync(join(precious, 'file'), '');

  const tree = join(roots, 'data.repair');
  plant(tree, precious);
  t.equal(await removeTrees([tree, join(roots, 'never-there')], owner), undefined);
  t.notOk(existsSync(tree), 'in a directory of root, which the owner may not write, it is gone, too');

  symlinkSync(precious, tree);
  t.match(await removeTrees([tree], owner), /Permission denied/, 'a link of root is left alone');
  t.match(await removeTrees([precious], owner), /Permission denied/, 'and so is a directory of root');
  t.same(readdirSync(precious), ['file']);

  // The directories above belong to somebody who could put something else there.
  const elsewhere = join(shared, 'data.repair');
  plant(elsewhere, precious);
  t.match(
    await removeTrees([elsewhere], owner),
    /denied/,
    'root does nothing in a directory that others can write',
  );
  t.same(readdirSync(precious), ['file']);
});
