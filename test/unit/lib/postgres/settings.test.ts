import t from 'tap';
import { type ReplicationSettings, renderSettings } from '../../../../lib/postgres/settings.ts';
import { parseServerVersionNum } from '../../../../lib/postgres/version.ts';

const version = (number: string) => parseServerVersionNum(number) ?? { major: 0, number: 0 };
const primary: ReplicationSettings = { syncNames: { kind: 'all', nodes: ['node2'] } };
const standby: ReplicationSettings = {
  syncNames: { kind: 'none' },
  standby: {
    primaryConninfo: "host=192.168.0.236 application_name=node1 password='it\\'s'",
    primarySlotName: 'slot_node1',
    restoreCommand: 'cp /arch/%f "%p"',
    archiveCleanupCommand: '',
  },
};
const settingsIn = (text: string | undefined) =>
  text?.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

t.test('a primary', async (t) => {
  for (const number of ['90624', '110000', '120000', '180000']) {
    const rendered = renderSettings(version(number), primary);
    t.match(rendered.settingsFile, /^# Generated /);
    t.same(settingsIn(rendered.settingsFile), [`synchronous_standby_names = '"node2"'`]);
    t.same([rendered.recoveryConf, rendered.standbySignal], [undefined, false]);
  }
});

const STANDBY_LINES = [
  `primary_conninfo = 'host=192.168.0.236 application_name=node1 password=''it\\\\''s'''`,
  "primary_slot_name = 'slot_node1'",
  `restore_command = 'cp /arch/%f "%p"'`,
  "recovery_target_timeline = 'latest'",
];

t.test('a standby since 12', async (t) => {
  const rendered = renderSettings(version('150000'), standby);
  t.same(settingsIn(rendered.settingsFile), ["synchronous_standby_names = ''", ...STANDBY_LINES]);
  t.same([rendered.recoveryConf, rendered.standbySignal], [undefined, true]);
});

t.test('a standby before 12', async (t) => {
  const rendered = renderSettings(version('110000'), standby);
  t.same(settingsIn(rendered.settingsFile), ["synchronous_standby_names = ''"]);
  t.same(settingsIn(rendered.recoveryConf), ["standby_mode = 'on'", ...STANDBY_LINES]);
  t.equal(rendered.standbySignal, false);
});
