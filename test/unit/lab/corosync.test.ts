import t from 'tap';
import { renderCorosyncConf } from '../../../lab/cluster/corosync.ts';
import { topology } from '../../../lab/topology.ts';

const three = topology(['node1', 'node2', 'node3']);

t.test('every node is listed with its address, name and id', async (t) => {
  const text = renderCorosyncConf('pgcluster', three, 'default');
  for (const node of three) {
    t.match(
      text,
      `  node {\n    ring0_addr: ${node.address}\n    name: ${node.name}\n    nodeid: ${node.id}\n  }\n`,
    );
  }
  t.match(text, '  transport: knet\n');
  t.match(text, '  crypto_cipher: none\n');
});

t.test('each line holds one key or one brace', async (t) => {
  for (const line of renderCorosyncConf('pgcluster', three, 'fast').split('\n')) {
    t.match(line, /^(?: *[a-z0-9_]+ \{| *\}| *[a-z0-9_]+: \S+|)$/);
  }
});

t.test('fast timing is written out, default timing is left to Corosync', async (t) => {
  const fast = renderCorosyncConf('pgcluster', three, 'fast');
  t.match(fast, '  token: 1000\n  token_coefficient: 0\n  consensus: 1200\n');
  t.notMatch(renderCorosyncConf('pgcluster', three, 'default'), 'token');
});

t.test('a pair with a quorum device has that in place of the two-node quorum', async (t) => {
  const [a, b, device] = topology(['a', 'b', 'qnetd']);
  if (a === undefined || b === undefined || device === undefined) throw new Error('three machines');
  const text = renderCorosyncConf('pgcluster', [a, b], 'default', device);
  t.match(
    text,
    `  device {\n    model: net\n    votes: 1\n    timeout: 5000\n    net {\n      host: ${device.address}\n      algorithm: ffsplit\n`,
  );
  t.notMatch(text, /two_node|name: qnetd/);
});

t.test('only a pair has the two-node quorum', async (t) => {
  t.match(renderCorosyncConf('pgcluster', topology(['a', 'b']), 'default'), '  two_node: 1\n');
  t.notMatch(renderCorosyncConf('pgcluster', three, 'default'), 'two_node');
  t.notMatch(renderCorosyncConf('pgcluster', topology(['a']), 'default'), 'two_node');
});
