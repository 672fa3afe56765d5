import t from 'tap';
import {
  callsForRole,
  callsToListen,
  objectionToSyncInterface,
  parseSyncRoles,
  type SyncRole,
} from '../../../../../lib/lvs/ipvs/sync-daemon.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';

const SETTINGS = { interface: 'eth1', id: 7 };
const inWords = (calls: readonly (readonly string[])[]): string[] => calls.map((words) => words.join(' '));
const starts = (role: SyncRole): string => `--start-daemon ${role} --mcast-interface eth1 --syncid 7`;

t.test('the roles that ipvsadm prints', async (t) => {
  const line = (role: string) =>
    `${role} sync daemon (mcast=eth0, syncid=0, maxlen=1472, group=224.0.0.81)\n`;
  t.same(parseSyncRoles(''), []);
  t.same(parseSyncRoles(line('backup')), ['backup']);
  t.same(parseSyncRoles(`${line('master')}${line('backup')}`), ['master', 'backup']);
});

const TABLE: readonly (readonly [
  now: readonly SyncRole[],
  master: string[],
  backup: string[],
  listen: string[],
])[] = [
  [[], [starts('master')], [starts('backup')], [starts('backup')]],
  [['backup'], ['--stop-daemon backup', starts('master')], [], []],
  [['master'], [], ['--stop-daemon master', starts('backup')], []],
  [['master', 'backup'], ['--stop-daemon backup'], ['--stop-daemon master'], []],
];

for (const [now, master, backup, listen] of TABLE)
  t.test(`where ${now.join(' and ') || 'no daemon'} runs`, async (t) => {
    t.same(inWords(callsForRole('master', SETTINGS, now)), master);
    t.same(inWords(callsForRole('backup', SETTINGS, now)), backup);
    t.same(inWords(callsToListen(SETTINGS, now, false)), listen, 'never beside the master');
    t.same(callsToListen(SETTINGS, now, true), [], 'nor where the director serves without one');
  });

t.test('an interface that is not there', async (t) => {
  const here = known([{ name: 'lo' }, { name: 'eth0' }]);
  t.equal(objectionToSyncInterface('eth0', here), undefined);
  t.equal(objectionToSyncInterface('nope9', unknown('ip: timed out')), undefined);
  t.equal(
    objectionToSyncInterface('nope9', here),
    'sync_interface is nope9, and this machine has lo, eth0; name one of these',
  );
});
