import t from 'tap';
import { masterAnswer } from '../../../../../lib/commands/master/decide.ts';
import { ASYNC, OFFLINE, PRIMARY, STOPPED, SYNC, snapshot } from '../status/builders.ts';

t.test('the node that Pacemaker has promoted', async (t) => {
  t.same(masterAnswer(snapshot()), { code: 0, primary: 'node1' });
});

t.test('a promotion that the attributes do not show yet', async (t) => {
  t.same(masterAnswer(snapshot({ nodes: { node1: OFFLINE, node2: { ...SYNC, role: 'promoted' } } })), {
    code: 0,
    primary: 'node2',
  });
});

t.test('without quorum nobody can say', async (t) => {
  t.match(masterAnswer(snapshot({ quorum: false })), {
    code: 102,
    reason: /node1 is in a part .* without quorum/,
  });
});

t.test('nodes that disagree', async (t) => {
  t.match(masterAnswer(snapshot({ nodes: { node1: PRIMARY, node2: { ...SYNC, status: 'PRI' } } })), {
    code: 102,
    reason: /Pacemaker has promoted node1, and node1 and node2 says so/,
  });
  t.match(masterAnswer(snapshot({ nodes: { node1: PRIMARY, node2: { ...SYNC, role: 'promoted' } } })), {
    code: 102,
  });
});

t.test('no primary', async (t) => {
  t.match(masterAnswer(snapshot({ nodes: { node1: SYNC, node2: ASYNC } })), {
    code: 10,
    reason: /no node is the primary; msPostgresql runs on node1 and node2 as a standby/,
  });
  t.match(masterAnswer(snapshot({ nodes: { node1: STOPPED, node2: STOPPED } })), {
    code: 10,
    reason: 'msPostgresql does not run on any node',
  });
});
