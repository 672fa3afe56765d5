import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { parseDirectoryList } from '../../../../lib/postgres/parse-settings.ts';
import { parseSnapshot } from '../../../../lib/postgres/parse-snapshot.ts';

const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`fixtures/snapshot-${name}-15.json`, import.meta.url), 'utf8'));

const stateOf = (json: unknown) => {
  const parsed = parseSnapshot(json);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
};

t.test('a primary with a synchronous standby and an unused slot', async (t) => {
  const state = stateOf(fixture('primary'));
  t.match(state, {
    inRecovery: false,
    timeline: 1,
    walFlush: 0x3000000n,
    version: { major: 15 },
    checkpointTimeline: 1,
    checkpointerWaitEvent: 'CheckpointerMain',
  });
  t.match(state.senders, [
    { applicationName: 'standby', state: 'streaming', syncState: 'sync', flushLsn: 0x3000000n },
  ]);
  t.same(state.slots, [{ name: 'slot_node2', type: 'physical', temporary: false, active: false }]);
  t.match(state.settings, {
    synchronousStandbyNames: { kind: 'all', nodes: ['standby'] },
    walSenderTimeoutMs: 60000,
    maxSlotWalKeepSizeMb: -1,
    restartAfterCrash: true,
    walLogHints: false,
  });
  t.match(state.settings.all.get('synchronous_standby_names')?.sourceFile, /postgresql\.auto\.conf$/);
});

t.test('a standby', async (t) => {
  const state = stateOf(JSON.stringify(fixture('standby')));
  t.match(state, {
    inRecovery: true,
    timeline: 1,
    receiveLsn: 0x3000000n,
    replayLsn: 0x3000000n,
    replayPaused: false,
    receiver: { status: 'streaming', receivedTimeline: 1, receivedLsn: 0x3000000n },
  });
  t.match(state.settings.primaryConninfo, /^user=postgres /);
});

t.test('a password in primary_conninfo is dropped', async (t) => {
  const json = fixture('standby');
  const settings = json.settings as Record<string, unknown>;
  const withConninfo = (text: string) =>
    stateOf({ ...json, settings: { ...settings, primary_conninfo: [text, '/c', false] } }).settings;
  t.equal(withConninfo('host=a password=s3cret').primaryConninfo, 'host=a');
  t.equal(withConninfo("host=a password='s3cret").primaryConninfo, '(unreadable)');
  t.equal(withConninfo('host=a password=s3cret').all.get('primary_conninfo')?.value, 'host=a');
});

t.test('a role without rights sees little, and nothing breaks', async (t) => {
  const json = fixture('primary');
  const state = stateOf({
    ...json,
    senders: [{ pid: 5, state: null, sent_lsn: null, application_name: null }],
    checkpointerWaitEvent: null,
    settings: { synchronous_standby_names: ['', null, null] },
  });
  t.same(state.senders, [{ pid: 5 }]);
  t.same(state.settings.synchronousStandbyNames, { kind: 'none' });
  t.equal(state.settings.primaryConninfo, undefined);
  const standby = stateOf({ ...fixture('standby'), receiver: { pid: 7, status: null, flushed_lsn: null } });
  t.match(standby, { receiver: { pid: 7 } });
});

t.test('columns of older versions', async (t) => {
  const state = stateOf({
    ...fixture('primary'),
    serverVersionNum: '90624',
    senders: [
      { pid: 1, state: 'streaming', sync_state: 'async', flush_location: '0/5', sent_location: '0/6' },
    ],
    slots: [{ slot_name: 's', slot_type: 'physical', active: true, restart_lsn: '0/3000000' }],
  });
  t.match(state, { version: { major: 9.6 }, senders: [{ flushLsn: 5n, sentLsn: 6n }] });
  t.match(state.slots, [{ active: true, restartLsn: 0x3000000n, retainedBytes: 0x28n }]);
  const standby = stateOf({
    ...fixture('standby'),
    receiver: { pid: 7, received_lsn: '0/7', received_tli: 4 },
  });
  t.match(standby, { timeline: 4, receiver: { receivedLsn: 7n } });
});

t.test('a slot ahead of a standby that replays retains nothing', async (t) => {
  const slots = [{ slot_name: 's', slot_type: 'physical', restart_lsn: 'F/0', wal_status: 'reserved' }];
  t.match(stateOf({ ...fixture('standby'), slots }).slots, [{ retainedBytes: 0n, walStatus: 'reserved' }]);
});

t.test('what is malformed is named', async (t) => {
  const cases: [unknown, RegExp][] = [
    ['{', /not JSON/],
    [null, /not an object/],
    [undefined, /not an object/],
    [{}, /inRecovery/],
    [{ ...fixture('primary'), walFlush: 'x' }, /walFlush/],
    [{ ...fixture('primary'), walFileName: null }, /walFileName/],
    [{ ...fixture('primary'), senders: {} }, /senders is not a list/],
    [{ ...fixture('primary'), senders: [{}] }, /pid of a sender/],
    [{ ...fixture('primary'), settings: null }, /settings/],
    [{ ...fixture('standby'), systemIdentifier: 7 }, /systemIdentifier/],
  ];
  for (const [json, reason] of cases) t.match(parseSnapshot(json), { ok: false, reason });
});

t.test('total: any JSON, and any field replaced by anything', async () => {
  fc.assert(fc.property(fc.json(), (text) => typeof parseSnapshot(text).ok === 'boolean'));
  for (const name of ['primary', 'standby']) {
    const json = fixture(name);
    const field = fc.constantFrom(...Object.keys(json));
    fc.assert(
      fc.property(
        field,
        fc.jsonValue(),
        (key, value) => typeof parseSnapshot({ ...json, [key]: value }).ok === 'boolean',
      ),
    );
  }
});

t.test('unix_socket_directories', async (t) => {
  t.same(parseDirectoryList('/var/run/postgresql'), ['/var/run/postgresql']);
  t.same(parseDirectoryList('/a, "/b,c" ,/d e'), ['/a', '/b,c', '/d e']);
  t.same(parseDirectoryList(''), []);
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseDirectoryList(text))));
});
