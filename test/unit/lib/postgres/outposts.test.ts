import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { completeOutpost, type Outpost, outpostPlaces, takeOver } from '../../../../lib/postgres/outposts.ts';

const { uid, gid, username, homedir } = userInfo();
const me = { name: username, uid, gid, home: homedir, groups: [gid] };

const write = (path: string, text: string): void => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
};

/** A directory with old content, and a new one that is complete. */
const outpost = (
  t: Test,
  replaces: Outpost['replaces'],
  old: readonly string[],
  fresh: readonly string[],
) => {
  const path = mkdtempSync(join(tmpdir(), 'pha-outpost-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  for (const name of old) write(join(path, name), 'old');
  for (const name of fresh) write(join(path, '.pha-copying', name), 'new');
  const made = { path, replaces };
  completeOutpost(made, me);
  return made;
};

const visible = (path: string): readonly string[] => readdirSync(path).filter((name) => name !== '.pha-old');

t.test('the log: nothing of the old one may remain', async (t) => {
  const made = outpost(t, 'all', ['0001', '0002', '00000002.history', 'archive_status/x'], ['0002', '0003']);
  takeOver(made, me);
  t.same(visible(made.path), ['0002', '0003']);
  t.equal(readFileSync(join(made.path, '0002'), 'utf8'), 'new');
  t.equal(readFileSync(join(outpostPlaces(made).old, '00000002.history'), 'utf8'), 'old');
  takeOver(made, me);
  t.same(visible(made.path), ['0002', '0003'], 'there is nothing left to do');
});

t.test('a tablespace: what belongs to a server of another version stays', async (t) => {
  const made = outpost(t, 'named', ['PG_14_1/a', 'PG_15_1/a'], ['PG_15_1/b']);
  takeOver(made, me);
  t.same(visible(made.path), ['PG_14_1', 'PG_15_1']);
  t.same(readdirSync(join(made.path, 'PG_15_1')), ['b']);
});

t.test('killed between any two steps, it comes to the same end', async (t) => {
  const states: readonly ((path: string, places: ReturnType<typeof outpostPlaces>) => void)[] = [
    (path, { old }) => {
      mkdirSync(old);
      renameSync(join(path, '0001'), join(old, '0001'));
    },
    (path, { old, fresh, moving }) => {
      mkdirSync(old);
      for (const name of ['0001', '0002']) renameSync(join(path, name), join(old, name));
      renameSync(fresh, moving);
    },
    (path, { old, fresh, moving }) => {
      mkdirSync(old);
      for (const name of ['0001', '0002']) renameSync(join(path, name), join(old, name));
      renameSync(fresh, moving);
      renameSync(join(moving, '0002'), join(path, '0002'));
    },
  ];
  for (const reach of states) {
    const made = outpost(t, 'all', ['0001', '0002'], ['0002', '0003']);
    reach(made.path, outpostPlaces(made));
    takeOver(made, me);
    t.same(visible(made.path), ['0002', '0003']);
    t.equal(readFileSync(join(made.path, '0002'), 'utf8'), 'new');
    t.notOk(existsSync(outpostPlaces(made).moving));
  }
});
