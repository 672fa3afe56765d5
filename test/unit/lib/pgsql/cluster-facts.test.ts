import t from 'tap';
import { changedOnly, clusterFacts } from '../../../../lib/pgsql/cluster-facts.ts';
import { aClusterView, type ClusterParts, lsn, NAMES } from './builders.ts';

const facts = (parts?: ClusterParts) => clusterFacts(aClusterView(parts), NAMES);

t.test('a healthy cluster', async (t) => {
  const { replInfo, primaries, markedSync, dataStatus, score, status } = facts();
  t.same(replInfo, { node: 'node1', timeline: 1, end: lsn('0/4000000') });
  t.same(primaries, ['node1']);
  t.same(markedSync, ['node2']);
  t.equal(dataStatus('node3'), 'STREAMING|ASYNC');
  t.equal(score('node2'), '100');
  t.equal(status('node2'), 'HS:sync');
});

t.test('what an offline node still shows is of its last life; its data status is not', async (t) => {
  const { online, status, score, primaries, dataStatus } = facts({
    nodes: { node1: { online: false, status: 'PRI', score: '1000', dataStatus: 'LATEST' } },
  });
  t.notOk(online('node1'));
  t.equal(status('node1'), undefined);
  t.equal(score('node1'), undefined);
  t.same(primaries, []);
  t.equal(dataStatus('node1'), 'LATEST');
});

t.test('names are compared whole', async (t) => {
  const { status, dataStatus, online } = facts({ nodes: { node10: { status: 'HS:async' } } });
  t.equal(status('node10'), 'HS:async');
  t.equal(status('node'), undefined);
  t.equal(dataStatus('NODE1'), undefined);
  t.notOk(online('node4'));
});

t.test('no record, and one that is not understood, are told apart', async (t) => {
  t.match(facts({ replInfo: null }), { replInfo: undefined, replInfoText: undefined });
  t.match(facts({ replInfo: 'node1' }), { replInfo: undefined, replInfoText: 'node1' });
});

t.test('timelines that a primary which was given up may have used', async (t) => {
  t.match(facts(), { usedTimeline: 0, replInfo: { usedTimeline: undefined } });
  t.match(facts({ usedTimeline: 3 }), { usedTimeline: 3, replInfo: { timeline: 1, usedTimeline: 3 } });
  t.match(facts({ usedTimeline: 3, replInfo: null }), { usedTimeline: 3, replInfo: undefined });
});

t.test('a record that nobody may be promoted by', async (t) => {
  t.equal(facts({ usedTimeline: 3 }).unreadable, undefined);
  t.equal(facts({ replInfo: null }).unreadable, undefined);
  t.match(facts({ replInfo: 'node1' }).unreadable, {
    problem: /^REPL_INFO is "node1", /,
    remedy: 'correct or delete it',
  });
  for (const usedTimeline of ['x', '3 ', '-1', '0'])
    t.match(facts({ usedTimeline }).unreadable, {
      problem: `pgsql_USED_TIMELINE is "${usedTimeline}", no timeline`,
      remedy: /^set it to the highest.*cls_reset_master/,
    });
});

t.test('only what differs is written, and only to nodes that are there', async (t) => {
  const wanted = [
    { node: 'node1', name: NAMES.status, value: 'PRI' },
    { node: 'node2', name: NAMES.score, value: '-INFINITY' },
    { node: 'node2', name: NAMES.xlogLoc, value: undefined },
    { node: 'node3', name: NAMES.score, value: '99' },
  ];
  t.same(changedOnly(facts({ nodes: { node3: { online: false } } }), wanted), [wanted[1]]);
});
