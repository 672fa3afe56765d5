import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { INCOMPLETE } from '../../../../lib/postgres/incomplete.ts';
import {
  isSwitched,
  readMark,
  realDirectory,
  removeMark,
  workAreaOf,
  writeMark,
} from '../../../../lib/postgres/work-area.ts';

const root = mkdtempSync(join(tmpdir(), 'pha-area-'));
t.teardown(() => rmSync(root, { recursive: true }));
const { uid, gid, username, homedir } = userInfo();
const me = { name: username, uid, gid, home: homedir, groups: [gid] };

t.test('the area lies beside the directory itself, not beside a link to it', async (t) => {
  mkdirSync(join(root, 'real'));
  symlinkSync('real', join(root, 'link'));
  symlinkSync('gone', join(root, 'dangling'));
  t.equal(workAreaOf(`${root}/real/`).directory, `${root}/real.repair`);
  t.equal(workAreaOf(`${root}/link`).mark, `${root}/real.repair/incomplete`);
  t.equal(realDirectory(`${root}/dangling`), `${root}/gone`, 'also between two renames');
});

t.test('a mark is written, read and removed', async (t) => {
  const pgdata = join(root, 'marked');
  const area = workAreaOf(pgdata);
  t.equal(readMark(pgdata, me), undefined);
  for (const kind of INCOMPLETE) {
    writeMark(area, kind, 'cls_repair_by_pg_rewind', me);
    t.same(readMark(pgdata, me), { kind, path: `${pgdata}.repair/incomplete` });
  }
  t.match(readFileSync(area.mark, 'utf8'), 'Run cls_rebuild_slave on this node');
  removeMark(area, me);
  t.equal(readMark(pgdata, me), undefined);
});

t.test('whatever is in its place is a mark', async (t) => {
  const pgdata = join(root, 'strange');
  mkdirSync(`${pgdata}.repair`);
  writeFileSync(`${pgdata}.repair/incomplete`, '');
  t.equal(readMark(pgdata, me)?.kind, 'rewinding');
  rmSync(`${pgdata}.repair/incomplete`);
  mkdirSync(`${pgdata}.repair/incomplete`);
  t.equal(readMark(pgdata, me)?.kind, 'rewinding');
});

t.test('whether a copy has arrived', async (t) => {
  const pgdata = join(root, 'switched');
  mkdirSync(pgdata);
  t.notOk(isSwitched(pgdata));
  writeFileSync(join(pgdata, 'backup_label'), '');
  t.ok(isSwitched(pgdata), 'a copy that was never started');
  rmSync(join(pgdata, 'backup_label'));
  mkdirSync(join(`${pgdata}.repair`, 'old'), { recursive: true });
  t.ok(isSwitched(pgdata), 'the old data are aside');
});
