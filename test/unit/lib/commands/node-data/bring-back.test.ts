import t from 'tap';
import {
  afterTheStart,
  lookAtStandby,
  startTitle,
} from '../../../../../lib/commands/node-data/bring-back.ts';
import { situationOf } from '../../../../../lib/commands/status/situation.ts';
import type { MonFailCount } from '../../../../../lib/pacemaker/crm-mon.ts';
import { ASYNC, PRIMARY, STOPPED, SYNC, snapshot } from '../status/builders.ts';

const failure = {
  resource: 'pgsql',
  node: 'node1',
  task: 'start',
  exitCode: 1,
  exitStatus: 'complete',
  exitReason: 'the disk is full',
  when: 'Sat Nov 21 11:00:00 2026',
};

const look = (
  node1: typeof STOPPED,
  failures: readonly (typeof failure)[] = [],
  old: readonly string[] = [],
  failCounts: readonly MonFailCount[] = [],
) =>
  lookAtStandby(
    situationOf(
      snapshot({
        self: 'node1',
        nodes: { node1, node2: PRIMARY, node3: SYNC },
        mon: { failures, failCounts },
      }),
    ),
    new Set(old),
  );

t.test('is the standby back?', async (t) => {
  t.match(look(STOPPED), { kind: 'waiting', what: 'Pacemaker has not started PostgreSQL on node1' });
  t.match(look({ ...ASYNC, dataStatus: 'DISCONNECT' }), {
    kind: 'waiting',
    what: /data status is DISCONNECT/,
  });
  t.match(look(ASYNC), { kind: 'streams' });
  t.match(look(STOPPED, [failure]), { kind: 'failed', what: 'the disk is full' });
  t.match(
    look(STOPPED, [failure], [failure.when]),
    { kind: 'waiting' },
    'a failure that is about to be forgotten',
  );
  t.match(look(ASYNC, [failure]), { kind: 'streams' }, 'one of before');
  const count = {
    resource: 'pgsql',
    node: 'node1',
    failCount: 1_000_000,
    migrationThreshold: 3,
    lastFailure: '',
  };
  t.match(
    look(STOPPED, [], [], [count]),
    { kind: 'given-up', what: /does not try to start/ },
    'Pacemaker has lost the start',
  );
  t.match(look(STOPPED, [failure], [], [count]), { kind: 'failed' });
  t.match(look(ASYNC, [], [], [count]), { kind: 'streams' }, 'about to be forgotten');
});

t.test('where Pacemaker is held back, nobody is told that it starts PostgreSQL', async (t) => {
  t.match(startTitle(undefined), /start PostgreSQL/);
  t.match(afterTheStart(undefined), /Pacemaker goes on starting PostgreSQL/);
  const held = 'node1 is in standby mode (cls_unstandby_node node1)';
  t.notMatch(startTitle(held), /start/);
  t.equal(afterTheStart(held), `PostgreSQL is not started, since ${held}`);
});
