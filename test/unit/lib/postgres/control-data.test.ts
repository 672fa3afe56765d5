import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { parseControlData } from '../../../../lib/postgres/control-data.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`fixtures/controldata-${name}-15.txt`, import.meta.url), 'utf8');

const dataOf = (text: string) => {
  const parsed = parseControlData(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
};

t.test('a primary, a standby, and a server that was stopped the hard way', async (t) => {
  t.same(dataOf(fixture('primary')), {
    controlVersion: 1300,
    catalogVersion: 202209061,
    systemIdentifier: '7710419081519016856',
    state: 'in production',
    checkpointLsn: 0x2000060n,
    checkpointTimeline: 1,
    checkpointRedoLsn: 0x2000028n,
    minRecoveryEnd: undefined,
    minRecoveryTimeline: undefined,
    backupStart: undefined,
    backupEnd: undefined,
    endOfBackupRequired: false,
    walSegmentBytes: 16777216,
    dataChecksums: false,
    walLogHints: false,
  });
  t.match(dataOf(fixture('standby')), {
    state: 'in archive recovery',
    minRecoveryEnd: 0x2000100n,
    minRecoveryTimeline: 1,
  });
  t.match(dataOf(fixture('stopped')), { state: 'in production', checkpointTimeline: 2 });
});

t.test('every state, and one from the future', async (t) => {
  const withState = (state: string) => dataOf(fixture('primary').replace('in production', state)).state;
  for (const state of [
    'starting up',
    'shut down',
    'shut down in recovery',
    'shutting down',
    'in crash recovery',
  ] as const) {
    t.equal(withState(state), state);
  }
  t.equal(withState('unrecognized status code'), 'unrecognized');
});

t.test('a backup that is not yet complete', async (t) => {
  const text = fixture('standby')
    .replace(/(Backup start location:\s+)0\/0/, '$10/2000028')
    .replace(/(record required:\s+)no/, '$1yes')
    .replace(/(checksum version:\s+)0/, '$11')
    .replace(/(wal_log_hints setting:\s+)off/, '$1on');
  t.match(dataOf(text), {
    backupStart: 0x2000028n,
    endOfBackupRequired: true,
    dataChecksums: true,
    walLogHints: true,
  });
});

t.test('what is missing or damaged is named', async (t) => {
  t.same(
    parseControlData('WARNING: Calculated CRC checksum does not match value stored in file.\nEither…\n'),
    {
      ok: false,
      reason: 'the checksum of the control file is wrong',
    },
  );
  const damaged = fixture('primary').replace(/checkpoint location: .*/, 'checkpoint location: nonsense');
  t.same(parseControlData(damaged), {
    ok: false,
    reason: 'pg_controldata did not print: Latest checkpoint location (nonsense)',
  });
  t.match(parseControlData(''), { ok: false, reason: /system identifier \(missing\)/ });
});

t.test('total: cut anywhere, or any text at all', async () => {
  const text = fixture('primary');
  fc.assert(
    fc.property(
      fc.nat(text.length),
      (length) => typeof parseControlData(text.slice(0, length)).ok === 'boolean',
    ),
  );
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (any) => !parseControlData(any).ok));
});
