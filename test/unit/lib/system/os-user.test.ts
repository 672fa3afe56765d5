import { execFileSync } from 'node:child_process';
import t from 'tap';
import { findUser, parseGroupsOf, parsePasswd } from '../../../../lib/system/os-user.ts';

const PASSWD = `root:x:0:0:root:/root:/bin/bash
postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
postgres2:x:102:105::/home/p2:/bin/sh
broken:x:abc:1::/:/bin/sh
homeless:x:103:106:::
`;

t.test('parsePasswd', async (t) => {
  t.same(parsePasswd(PASSWD, 'postgres'), {
    name: 'postgres',
    uid: 101,
    gid: 104,
    home: '/var/lib/postgresql',
  });
  t.equal(parsePasswd(PASSWD, 'postgre'), undefined, 'a prefix is not the name');
  t.equal(parsePasswd(PASSWD, 'broken'), undefined);
  t.equal(parsePasswd(PASSWD, 'homeless')?.home, '/');
});

t.test('parseGroupsOf', async (t) => {
  const text = 'ssl-cert:x:103:postgres\nadm:x:4:syslog,postgres2\nbackup:x:34:a,postgres\npostgres:x:104:\n';
  t.same(parseGroupsOf(text, 'postgres'), [103, 34]);
  t.same(parseGroupsOf('', 'postgres'), []);
});

t.test('findUser agrees with id(1)', async (t) => {
  const root = findUser('root');
  t.equal(root?.uid, 0);
  t.equal(root?.home, '/root');
  const ids = execFileSync('id', ['-G', 'root'], { encoding: 'utf8' }).trim().split(' ').map(Number);
  t.same([...(root?.groups ?? [])].sort(), ids.sort());
});

t.test('unknown and impossible names', async (t) => {
  for (const name of ['no-such-user-here', '', '-x', 'a b', 'a:b', 'a/b', 'a\nb']) {
    t.equal(findUser(name), undefined, JSON.stringify(name));
  }
});
