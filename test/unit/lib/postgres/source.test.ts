import t from 'tap';
import { query } from '../../../../lib/postgres/client.ts';
import { askSource, parseSourceFacts, parseWalFiles } from '../../../../lib/postgres/source.ts';
import { deadlineIn } from '../../../../lib/system/clock.ts';
import { createServer, needsServer } from './temp-server.ts';

t.test('an answer', async (t) => {
  const text = JSON.stringify({
    inRecovery: false,
    checkpointTimeline: 2,
    forbidden: [],
    mayCheckpoint: true,
    tablespaces: [
      { oid: 1663, name: 'pg_default', location: '', bytes: 1000 },
      { oid: 16400, name: 'fast', location: '/ssd', bytes: null },
    ],
    slotLost: false,
  });
  t.match(parseSourceFacts(text), {
    checkpointTimeline: 2,
    tablespaces: [{ bytes: 1000 }, { location: '/ssd', bytes: undefined }],
  });
  t.equal(parseSourceFacts('null'), undefined);
  t.equal(parseSourceFacts('{"inRecovery": false}'), undefined);
});

t.test('files of the log', async (t) => {
  t.same(
    [...parseWalFiles('[["000000010000000000000001", 16777216], ["00000002.history", 41]]')],
    [
      ['000000010000000000000001', 16777216],
      ['00000002.history', 41],
    ],
  );
  t.same([...parseWalFiles('[]')], []);
});

t.test(
  'a real server, asked by a superuser and by a login that may only replicate',
  needsServer(),
  async (t) => {
    const server = createServer(6041);
    await server.startReady();
    t.teardown(server.stop);
    const asked = await askSource(server.address, 'pha_node1', deadlineIn(5000));
    t.match(asked, {
      ok: true,
      value: { inRecovery: false, checkpointTimeline: 1, forbidden: [], mayCheckpoint: true },
    });
    t.equal(asked.ok && asked.value.walFiles?.get('000000010000000000000001'), 16 * 1024 ** 2);
    t.ok(asked.ok && asked.value.tablespaces.every(({ bytes }) => Number(bytes) > 0));

    // Grants on functions, and what is asked, belong to one database.
    const elsewhere = { ...server.address, database: 'template1' };
    const setUp = [
      'CREATE ROLE plain',
      'GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text) TO plain',
      "ALTER ROLE postgres IN DATABASE template1 SET role = 'plain'",
    ];
    t.ok((await query(elsewhere, setUp, deadlineIn(5000))).ok);
    const plain = await askSource(elsewhere, '', deadlineIn(5000));
    t.match(plain, { ok: true, value: { mayCheckpoint: false } });
    t.equal(plain.ok && plain.value.walFiles, undefined);
    t.equal(plain.ok && plain.value.forbidden.length, 3, 'what has been granted is not asked for');
  },
);
