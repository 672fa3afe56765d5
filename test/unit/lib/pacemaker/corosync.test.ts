import t from 'tap';
import {
  corosyncNodes,
  parseCmap,
  parseCorosyncConf,
  tokenMs,
  waitsForAll,
} from '../../../../lib/pacemaker/corosync.ts';

const CONF = `# a comment
totem {
  version: 2
  token: 1000
  interface {
    linknumber: 0
  }
}
nodelist {
  node {
    ring0_addr: 10.0.0.1
    name: db-1
    nodeid: 1
  }
  node {
    ring0_addr: db2
    nodeid: 2
  }
  node {
    name: db3
    ring0_addr: 10.0.0.3
  }
}
quorum {
  provider: corosync_votequorum
  two_node: 1
}
`;

t.test('corosync.conf and the running Corosync have the same names', async (t) => {
  const values = parseCorosyncConf(CONF);
  t.match(values, {
    'totem.token': '1000',
    'totem.interface.linknumber': '0',
    'nodelist.node.1.ring0_addr': 'db2',
    'quorum.two_node': '1',
  });
  t.strictSame(parseCmap('totem.token (u32) = 1000\nnodelist.node.1.ring0_addr (str) = db2\n\nnonsense'), {
    'totem.token': '1000',
    'nodelist.node.1.ring0_addr': 'db2',
  });
});

t.test('nodes', async (t) => {
  t.strictSame(corosyncNodes(parseCorosyncConf(CONF)), [
    { name: 'db-1', address: '10.0.0.1' },
    { name: 'db2', address: 'db2' },
    { name: 'db3', address: '10.0.0.3' },
  ]);
  t.strictSame(corosyncNodes({}), []);
});

t.test('the token has an addition for more than two nodes', async (t) => {
  t.equal(tokenMs(parseCorosyncConf(CONF)), 1650);
  t.equal(tokenMs({ ...parseCorosyncConf(CONF), 'totem.token_coefficient': '0' }), 1000);
  t.equal(tokenMs({ 'totem.token': '1000', 'runtime.config.totem.token': '1650' }), 1650);
  t.equal(tokenMs({}), 3000);
});

t.test('two_node brings wait_for_all, unless it is switched off', async (t) => {
  t.equal(waitsForAll({ 'quorum.two_node': '1' }), true);
  t.equal(waitsForAll({ 'quorum.two_node': '1', 'quorum.wait_for_all': '0' }), false);
  t.equal(waitsForAll({ 'quorum.wait_for_all': '1' }), true);
  t.equal(waitsForAll({}), false);
});
