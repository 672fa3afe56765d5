import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseHistory } from '../../../../lib/postgres/history.ts';
import { reserveTimelines, withdrawReservations } from '../../../../lib/postgres/reserved-timelines.ts';

const { uid, gid, username, homedir } = userInfo();
const me = { name: username, uid, gid, home: homedir, groups: [gid] };
const TRUE_HISTORY = '1\t0/4000000\tno recovery target specified\n';

const walDirectory = (t: Test, histories: Readonly<Record<string, string>>): string => {
  const directory = mkdtempSync(join(tmpdir(), 'pha-wal-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  for (const [name, text] of Object.entries(histories)) writeFileSync(join(directory, name), text);
  return directory;
};

t.test(
  'a number is taken away by a history that has no ancestors, and that PostgreSQL can read',
  async (t) => {
    const directory = walDirectory(t, {});
    reserveTimelines(directory, 9, 10, me);
    t.same(readdirSync(directory).sort(), ['00000009.history', '0000000A.history']);
    const path = join(directory, '0000000A.history');
    t.same(parseHistory(readFileSync(path, 'utf8')), []);
    t.equal(lstatSync(path).mode & 0o777, 0o600);
    reserveTimelines(directory, 9, 10, me);
    t.equal(readdirSync(directory).length, 2, 'a second time changes nothing');
  },
);

t.test('what is there already stays, and a link leads nowhere', async (t) => {
  const directory = walDirectory(t, { '00000002.history': TRUE_HISTORY });
  symlinkSync('elsewhere', join(directory, '00000003.history'));
  reserveTimelines(directory, 2, 4, me);
  t.equal(readFileSync(join(directory, '00000002.history'), 'utf8'), TRUE_HISTORY);
  t.same(readdirSync(directory).sort(), ['00000002.history', '00000003.history', '00000004.history']);
});

t.test('before a start it must not be the newest history', async (t) => {
  const directory = walDirectory(t, { '00000002.history': TRUE_HISTORY, '000000010000000000000004': '' });
  reserveTimelines(directory, 3, 4, me);
  withdrawReservations(directory, me);
  t.same(readdirSync(directory).sort(), ['000000010000000000000004', '00000002.history']);
});

t.test('under a true history it stays, so that PostgreSQL finds that one, and can send it', async (t) => {
  const directory = walDirectory(t, { '00000004.history': TRUE_HISTORY });
  reserveTimelines(directory, 2, 5, me);
  withdrawReservations(directory, me);
  t.same(readdirSync(directory).sort(), ['00000002.history', '00000003.history', '00000004.history']);
});
