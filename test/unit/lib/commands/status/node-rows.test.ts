import t from 'tap';
import { nodeRows } from '../../../../../lib/commands/status/node-rows.ts';
import { situationOf } from '../../../../../lib/commands/status/situation.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  ASYNC,
  lsn,
  PRIMARY,
  primaryReport,
  type SnapshotParts,
  SYNC,
  snapshot,
  standbyState,
} from './builders.ts';

const rows = (parts: SnapshotParts) => nodeRows(situationOf(snapshot(parts)));
const unasked = unknown('not asked for');

t.test('on the primary everything is known that is connected', async (t) => {
  const [node1, node2, node3] = rows({
    databases: {
      local: unasked,
      primary: primaryReport({
        flushed: '0/5001000',
        senders: [
          {
            pid: 7,
            applicationName: 'node2',
            state: 'streaming',
            flushLsn: lsn('0/5001000'),
            replayLsn: lsn('0/5001000'),
          },
          { pid: 9, applicationName: 'elsewhere', state: 'streaming', flushLsn: lsn('0/5000000') },
        ],
      }),
    },
  });
  t.match(node1, {
    role: 'primary',
    timeline: 2,
    lsn: '0/5001000',
    lagBytes: 0,
    score: '1000',
    status: 'PRI',
  });
  t.equal(node1?.baseline, '00000000050001B0');
  t.match(node2, { role: 'standby', timeline: 2, lsn: '0/5001000', lagBytes: 0, lagSeconds: 0 });
  t.match(node3, { role: 'standby', timeline: null, lsn: null, lagBytes: null, lagSeconds: null });
});

t.test('a standby that is behind, in bytes and in time; one that catches up', async (t) => {
  const [, node2, node3] = rows({
    databases: {
      local: unasked,
      primary: primaryReport({
        flushed: '1/0',
        senders: [
          {
            pid: 7,
            applicationName: 'node2',
            state: 'streaming',
            flushLsn: lsn('0/FFFFFF00'),
            replayLsn: lsn('0/0'),
          },
          { pid: 8, applicationName: 'node3', state: 'catchup', flushLsn: lsn('0/0') },
        ],
        activity: { replayLagSeconds: new Map([[7, 12.5]]) },
      }),
    },
  });
  t.match(node2, { lagBytes: 256, lagSeconds: 12.5, timeline: 2 });
  t.match(node3, { lagBytes: 2 ** 32, lagSeconds: null, timeline: null });
});

t.test('a standby that flushed more than the primary had when it was asked is not behind', async (t) => {
  const sender = { pid: 7, applicationName: 'node2', state: 'streaming', flushLsn: lsn('0/5002000') };
  const [, node2] = rows({ databases: { local: unasked, primary: primaryReport({ senders: [sender] }) } });
  t.equal(node2?.lagBytes, 0);
});

t.test('a standby that is not connected speaks for itself', async (t) => {
  const receiver = { pid: 1, receivedTimeline: 2 };
  const local = known(standbyState({ receiver, receiveLsn: lsn('0/5000F00'), replayLsn: lsn('0/5000E00') }));
  const [, node2] = rows({ self: 'node2', databases: { local, primary: primaryReport() } });
  t.match(node2, { lsn: '0/5000F00', lagBytes: 256, timeline: 2, lagSeconds: null });
});

t.test('positions of two timelines are not compared', async (t) => {
  const receiver = { pid: 1, receivedTimeline: 1 };
  const local = known(standbyState({ receiver, receiveLsn: lsn('0/5000F00') }));
  const [, node2] = rows({ self: 'node2', databases: { local, primary: primaryReport({ timeline: 2 }) } });
  t.match(node2, { lsn: '0/5000F00', timeline: 1, lagBytes: null });
});

t.test('without a receiver it is not known on which timeline a standby is', async (t) => {
  const local = known(standbyState({ timeline: 1, replayLsn: lsn('0/5000F00') }));
  const [, node2] = rows({ self: 'node2', databases: { local, primary: primaryReport({ timeline: 1 }) } });
  t.match(node2, { lsn: '0/5000F00', timeline: null, lagBytes: null });
});

t.test('nodes: in the order of their names, and only those of node_list', async (t) => {
  const nodes = { db10: ASYNC, db9: PRIMARY, db1: SYNC, DB: ASYNC };
  t.same(
    rows({ nodes }).map(({ name }) => name),
    ['DB', 'db1', 'db9', 'db10'],
  );
  t.same(
    rows({ nodes, parameters: { node_list: 'db9 db1' } }).map(({ name }) => name),
    ['db1', 'db9'],
  );
});

t.test('a name that begins like another is another', async (t) => {
  const sender = { pid: 7, applicationName: 'db10', state: 'streaming', flushLsn: lsn('0/5001000') };
  const [db1] = rows({
    nodes: { db1: SYNC, db2: PRIMARY },
    databases: { local: unasked, primary: primaryReport({ senders: [sender] }) },
  });
  t.equal(db1?.lsn, null);
});

t.test('of a node that is offline only what is permanent is known', async (t) => {
  const [, node2] = rows({ nodes: { node1: PRIMARY, node2: { ...SYNC, online: false, role: 'stopped' } } });
  t.match(node2, { online: false, role: 'stopped', status: null, score: null, dataStatus: 'STREAMING|SYNC' });
});

t.test('failures are those of this resource', async (t) => {
  const count = { node: 'node2', migrationThreshold: 3 };
  const [, node2] = rows({
    mon: {
      failCounts: [
        { ...count, resource: 'vip', failCount: 9 },
        { ...count, resource: 'pgsql', failCount: 2 },
      ],
    },
  });
  t.equal(node2?.failCount, 2);
});
