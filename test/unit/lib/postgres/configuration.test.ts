import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { ensureInclude, renderSettings } from '../../../../lib/postgres/settings.ts';
import { formatSyncNames, parseSyncNames, type SyncNames } from '../../../../lib/postgres/sync-names.ts';
import { asPostgres, createServer, needsServer } from './temp-server.ts';

/** A value that a file and a command line of the C locale can carry: no NUL, no halves of characters. */
const value = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });

const awkward = [
  "it's",
  'back\\slash',
  '\\',
  "'",
  "''",
  '\\n',
  'line\nbreak',
  '# no comment',
  'a "b" $HOME `id` %p',
  ' ends ',
];

t.test('what the agent writes is what a real server reads', needsServer(), async (t) => {
  const server = createServer(6041);
  const include = join(server.base, "tmp's dir.conf");
  writeFileSync(
    join(server.pgdata, 'postgresql.conf'),
    ensureInclude("restore_command = 'false'\n", include) ?? '',
  );
  const version = { major: 15, number: 150000 };

  const read = (name: string, syncNames: SyncNames, text: string): string => {
    const standby = { primaryConninfo: text, restoreCommand: text };
    writeFileSync(include, renderSettings(version, { syncNames, standby }).settingsFile);
    return asPostgres('postgres', ['-D', server.pgdata, '-C', name], server.pgdata).replace(/\n$/, '');
  };

  for (const text of awkward) {
    t.equal(read('restore_command', { kind: 'none' }, text), text, JSON.stringify(text));
    t.equal(read('primary_conninfo', { kind: 'none' }, text), text);
  }
  fc.assert(
    fc.property(value, (text) => read('primary_conninfo', { kind: 'none' }, text) === text),
    { numRuns: 30 },
  );

  const nodes = fc.array(
    value.filter((text) => text !== ''),
    { minLength: 1, maxLength: 4 },
  );
  const names = fc.tuple(fc.constantFrom('all' as const, 'any' as const), nodes);
  fc.assert(
    fc.property(names, ([kind, list]) => {
      const syncNames = { kind, nodes: list };
      const shown = read('synchronous_standby_names', syncNames, '');
      return shown === formatSyncNames(syncNames) && parseSyncNames(shown).kind === kind;
    }),
    { numRuns: 30 },
  );
});
