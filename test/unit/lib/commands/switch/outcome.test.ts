import t from 'tap';
import type { Change } from '../../../../../lib/commands/switch/decide.ts';
import { failureSince, standingOf } from '../../../../../lib/commands/switch/outcome.ts';
import type { MonFailure } from '../../../../../lib/pacemaker/crm-mon.ts';
import {
  ASYNC,
  HEALTHY,
  PRIMARY,
  pgsqlResource,
  promoting,
  type SnapshotParts,
  STOPPED,
  SYNC,
  snapshot,
} from '../status/builders.ts';

const RECORD = 'node1|1|00000000050001B0';
const change: Change = { primary: 'node1', successor: 'node2', replInfo: RECORD, becomesSynchronous: false };

const standing = (parts: SnapshotParts) => {
  const { self, view, mon } = snapshot(parts);
  return standingOf({ self, view, mon, primitives: [] }, pgsqlResource(), change);
};

t.test('how a switch stands, from its beginning to its end', async (t) => {
  const named = { ...SYNC, transient: { 'pgsql-switch-from': RECORD } };
  t.match(standing({ nodes: { ...HEALTHY, node2: named } }), { kind: 'under-way', state: /next monitor/ });
  t.match(standing({ nodes: { ...HEALTHY, node2: { ...named, dataStatus: 'STREAMING|ASYNC' } } }), {
    kind: 'under-way',
    state: /makes node2 the synchronous standby/,
  });
  t.match(standing({ nodes: { ...HEALTHY, node2: { ...SYNC, score: '2000' } } }), {
    kind: 'under-way',
    state: /is to promote node2/,
  });
  t.match(standing({ nodes: { ...HEALTHY, node1: { ...STOPPED } } }), {
    kind: 'under-way',
    state: /no node/,
  });
  const promoted = { node1: ASYNC, node2: PRIMARY, node3: ASYNC };
  t.match(standing({ nodes: promoted }), { kind: 'under-way', state: /records/ });
  t.same(standing({ nodes: promoted, replInfo: 'node2|2|0000000005100000' }), { kind: 'done' });
});

t.test('it is at rest where nobody is named and somebody is the primary', async (t) => {
  t.same(standing({}), { kind: 'at-rest', primary: 'node1' });
  t.same(standing({ nodes: { node1: ASYNC, node2: SYNC, node3: PRIMARY } }), {
    kind: 'at-rest',
    primary: 'node3',
  });
});

t.test('an operation under way is told', async (t) => {
  t.match(standing({ mon: { instances: [promoting('node2')] } }), {
    kind: 'under-way',
    state: 'node2 is promoting',
  });
});

t.test('only what has failed since counts', async (t) => {
  const failure: MonFailure = {
    resource: 'pgsql',
    node: 'node2',
    task: 'promote',
    exitCode: 1,
    exitStatus: 'complete',
    exitReason: 'not promoted: node1 is primary',
    when: 'Wed Jan 11 01:36:07 2017',
  };
  const before = snapshot().mon;
  const after = { ...before, failures: [failure] };
  t.equal(
    failureSince(before, after, pgsqlResource(), change),
    'its promote failed: not promoted: node1 is primary',
  );
  t.equal(failureSince(after, after, pgsqlResource(), change), undefined);
});
