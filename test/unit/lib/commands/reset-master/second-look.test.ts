import t from 'tap';
import { objectionNow } from '../../../../../lib/commands/reset-master/second-look.ts';
import { ASYNC, OFFLINE, PRIMARY, promoting, type SnapshotParts, snapshot } from '../status/builders.ts';

const RECORD = 'node1|1|00000000050001B0';
const LOST: SnapshotParts = { nodes: { node1: { ...OFFLINE, dataStatus: 'LATEST' }, node2: ASYNC } };

const look = (parts: SnapshotParts, expected: string | undefined = RECORD) => {
  const now = snapshot(parts);
  return objectionNow(now, now.resource, expected);
};

t.test('as it was', async (t) => t.equal(look(LOST), undefined));

t.test('another record', async (t) => {
  t.match(look(LOST, 'node2|0|0000000000000000'), { code: 10, sentence: /node2\|0\|0+ and is node1\|1/ });
});

t.test('the recorded primary has come back under the same record', async (t) => {
  const sentence = /^node1 has come up as the primary meanwhile/;
  t.match(look({ nodes: { node1: PRIMARY, node2: ASYNC } }), { code: 10, sentence });
  const { status: _, ...silent } = PRIMARY;
  t.match(look({ nodes: { node1: silent, node2: ASYNC } }), { code: 10, sentence });
  t.match(
    look({ nodes: { node1: { ...PRIMARY, role: 'unpromoted' }, node2: ASYNC } }),
    { code: 10, sentence },
    'by what it says of itself',
  );
});

t.test('or is being promoted', async (t) => {
  const mon = { instances: [promoting('node1')] };
  t.match(look({ ...LOST, mon }), { code: 10, sentence: /^node1 is being promoted/ });
});
