import t from 'tap';
import type { DatabaseFacts } from '../../../../../lib/commands/doctor/facts/facts.ts';
import { settingOf } from '../../../../../lib/commands/doctor/settings.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import { situation } from './builders.ts';

const node = situation().examinations.get('node2');
if (!node?.known || !node.value.facts.database.known) throw new Error('the builder is wrong');
const { facts } = node.value;
const running = node.value.facts.database.value;

const stopped = (lines: Readonly<Record<string, string>>): DatabaseFacts => ({
  ...running,
  server: { kind: 'stopped' },
  files: known({
    lines: Object.entries(lines).map(([name, value], i) => ({ name, value, file: '/c', line: i + 1 })),
    problems: [],
    agentFile: '/x',
  }),
});

const ofVersion = (postgresql: string) => ({
  ...facts,
  versions: { ...facts.versions, postgresql: known(postgresql) },
});

t.test('a server that runs says itself what it has', async (t) => {
  t.equal(settingOf(facts, running, 'wal_sender_timeout'), '5000ms');
  t.equal(settingOf(facts, running, 'no_such_setting'), undefined);
});

t.test('of a server that is stopped the files count, and then the defaults', async (t) => {
  const database = stopped({ hot_standby: 'TRUE', wal_sender_timeout: '5s' });
  t.equal(settingOf(facts, database, 'hot_standby'), 'on');
  t.equal(settingOf(facts, database, 'wal_sender_timeout'), '5s');
  t.equal(settingOf(facts, database, 'restart_after_crash'), 'on');
  t.equal(settingOf(ofVersion('9.6.24'), database, 'wal_level'), 'minimal');
});

t.test('wal_keep_size took the place of wal_keep_segments in 13', async (t) => {
  const database = stopped({});
  t.equal(settingOf(ofVersion('12.3'), database, 'wal_keep_size'), undefined);
  t.equal(settingOf(ofVersion('12.3'), database, 'wal_keep_segments'), '0');
  t.equal(settingOf(ofVersion('13.1'), database, 'wal_keep_size'), '0');
  t.equal(settingOf(ofVersion('13.1'), database, 'wal_keep_segments'), undefined);
});

t.test('without files nothing is known', async (t) => {
  t.equal(settingOf(facts, { ...stopped({}), files: unknown('gone') }, 'fsync'), undefined);
});
