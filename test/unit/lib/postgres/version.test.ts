import t from 'tap';
import {
  hasPgPromote,
  parsePgVersionFile,
  parseServerVersion,
  parseServerVersionNum,
  usesRecoveryConf,
  walDirectory,
  walNames,
} from '../../../../lib/postgres/version.ts';

t.test('server_version_num', async (t) => {
  t.same(parseServerVersionNum('150018'), { major: 15, number: 150018 });
  t.same(parseServerVersionNum('90624'), { major: 9.6, number: 90624 });
  t.same(parseServerVersionNum('100000'), { major: 10, number: 100000 });
  for (const text of ['', '15', 'x', '1500180', '15.1'])
    t.equal(parseServerVersionNum(text), undefined, text);
});

t.test('PG_VERSION', async (t) => {
  t.same(parsePgVersionFile('15\n'), { major: 15, number: 150000 });
  t.same(parsePgVersionFile('9.6\n'), { major: 9.6, number: 90600 });
  for (const text of ['', '9', '9.6.1', '15beta1', 'x']) t.equal(parsePgVersionFile(text), undefined, text);
});

t.test('server_version', async (t) => {
  t.same(parseServerVersion('15.18 (Debian 15.18-0+deb12u1)'), { major: 15, number: 150018 });
  t.same(parseServerVersion('9.6.24'), { major: 9.6, number: 90624 });
  t.same(parseServerVersion('18beta1'), { major: 18, number: 180000 });
  t.equal(parseServerVersion('devel'), undefined);
});

t.test('what a version has', async (t) => {
  const table = ['90624', '100023', '110022', '120022', '180000'].map((text) => {
    const version = parseServerVersionNum(text) ?? { major: 0, number: 0 };
    return [
      version.major,
      usesRecoveryConf(version),
      hasPgPromote(version),
      walNames(version),
      walDirectory(version),
    ];
  });
  t.same(table, [
    [9.6, true, false, 'xlog', 'pg_xlog'],
    [10, true, false, 'wal', 'pg_wal'],
    [11, true, false, 'wal', 'pg_wal'],
    [12, false, true, 'wal', 'pg_wal'],
    [18, false, true, 'wal', 'pg_wal'],
  ]);
});
