import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import {
  outpostsOf,
  placeTablespaces,
  readLayout,
  savedLayout,
  saveLayout,
} from '../../../../lib/postgres/layout.ts';
import { ensureWorkArea, workAreaOf } from '../../../../lib/postgres/work-area.ts';

const root = mkdtempSync(join(tmpdir(), 'pha-layout-'));
t.teardown(() => rmSync(root, { recursive: true }));
const { uid, gid, username, homedir } = userInfo();
const me = { name: username, uid, gid, home: homedir, groups: [gid] };

t.test('the links of a data directory', async (t) => {
  const pgdata = join(root, 'data');
  t.same(readLayout(pgdata, me), { walDirectory: undefined, tablespaces: [] }, 'there is no directory');
  mkdirSync(join(pgdata, 'pg_tblspc', '16400'), { recursive: true });
  symlinkSync('../wal', join(pgdata, 'pg_wal'));
  symlinkSync('/ssd/ts', join(pgdata, 'pg_tblspc', '16384'));
  const layout = readLayout(pgdata, me);
  t.same(layout, { walDirectory: join(root, 'wal'), tablespaces: [{ oid: 16384, path: '/ssd/ts' }] });

  const area = workAreaOf(pgdata);
  t.equal(savedLayout(area, me), undefined);
  ensureWorkArea(area, me);
  saveLayout(area, layout, me);
  t.same(savedLayout(area, me), layout);
  writeFileSync(join(area.directory, 'layout.json'), '{"tablespaces": 1}');
  t.equal(savedLayout(area, me), undefined);
});

t.test('tablespaces stay where this node had them', async (t) => {
  const layout = {
    walDirectory: '/wal',
    tablespaces: [
      { oid: 1, path: '/here' },
      { oid: 9, path: '/dropped' },
    ],
  };
  const onSource = [
    { oid: 1663, name: 'pg_default', location: '', bytes: 5 },
    { oid: 1, name: 'a', location: '/there', bytes: 6 },
    { oid: 2, name: 'b', location: '/new', bytes: 7 },
    { oid: 3, name: 'in place', location: 'pg_tblspc/3', bytes: 8 },
  ];
  t.same(placeTablespaces(layout, onSource), [
    { oid: 1, from: '/there', path: '/here', bytes: 6 },
    { oid: 2, from: '/new', path: '/new', bytes: 7 },
  ]);
  t.match(placeTablespaces(layout, undefined), [{ oid: 1, from: '/here', path: '/here' }, { oid: 9 }]);
  t.same(outpostsOf(layout), [
    { path: '/wal', replaces: 'all' },
    { path: '/here', replaces: 'named' },
    { path: '/dropped', replaces: 'named' },
  ]);
});
