import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { observeWalRoom, REPORTED_TASK } from '../../../../../lib/commands/status/observe-room.ts';
import { snapshot } from './builders.ts';

t.test('the room for WAL is looked at where the end of this node was reported', async (t) => {
  const pgdata = mkdtempSync(join(tmpdir(), 'pha-room-'));
  t.teardown(() => rmSync(pgdata, { recursive: true }));
  const failure = {
    ...{ resource: 'pgsql', node: 'node1', task: REPORTED_TASK, exitCode: 1, exitStatus: 'error' },
    ...{ exitReason: 'Simulated failure', when: '' },
  };
  const { mon, resource } = snapshot({ mon: { failures: [failure] } });
  const here = (pgdba = userInfo().username) => ({
    ...resource,
    parameters: { ...resource.parameters, pgdata, pgdba },
  });
  t.equal(observeWalRoom(here(), 'node1', mon), undefined, 'there is no pg_wal');
  mkdirSync(join(pgdata, 'pg_wal'));
  t.type(observeWalRoom(here(), 'node1', mon), 'number');
  t.equal(observeWalRoom(here(), 'node2', mon), undefined, 'it ended elsewhere');
  t.equal(observeWalRoom(here('nobody-at-all'), 'node1', mon), undefined);
  const found = { ...mon, failures: [{ ...failure, task: 'monitor' }] };
  t.equal(observeWalRoom(here(), 'node1', found), undefined, 'a monitor says it itself');
});
