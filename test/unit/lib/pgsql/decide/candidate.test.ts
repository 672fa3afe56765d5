import t from 'tap';
import { clusterFacts } from '../../../../../lib/pgsql/cluster-facts.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import {
  type Candidacy,
  type CandidacyInput,
  judgeCandidate,
  makesWayFor,
} from '../../../../../lib/pgsql/decide/candidate.ts';
import type { ElectionNote } from '../../../../../lib/pgsql/election-note.ts';
import { aConfig, type ClusterParts, deepFreeze, lsn, NAMES, withoutPrimary } from '../builders.ts';

const note = (text: string, timeline = 2, primaryEnd?: string): ElectionNote => ({
  round: 'any',
  position: { timeline, lsn: lsn(text) },
  ...(primaryEnd === undefined ? {} : { primaryEnd: lsn(primaryEnd) }),
});

interface Parts {
  readonly self?: string;
  readonly own?: ElectionNote;
  readonly others?: Readonly<Record<string, ElectionNote>>;
  readonly cluster?: ClusterParts;
  readonly config?: Partial<PgsqlConfig>;
}

const inputOf = ({
  self = 'node2',
  own = note('0/5000000'),
  others = {},
  cluster = {},
  config = {},
}: Parts): CandidacyInput =>
  deepFreeze({
    self,
    own,
    others: new Map(Object.entries(others)),
    facts: clusterFacts(withoutPrimary(cluster), NAMES),
    config: aConfig(config),
  });

const judge = (parts: Parts): Candidacy => judgeCandidate(inputOf(parts));

const async: Partial<PgsqlConfig> = { repMode: 'async' };

t.test('sync: a marked node may take over', async (t) => {
  t.match(judge({}), { kind: 'fit', because: /node2 holds the newest data: timeline 2, 0\/5000000/ });
});

t.test('nobody may by a record that cannot be read', async (t) => {
  for (const cluster of [{ replInfo: 'node1' }, { usedTimeline: 'x' }]) {
    const verdict = judge({ cluster });
    t.equal(verdict.kind, 'refused');
    t.ok(verdict.because.length <= 128);
  }
});

t.test('sync: one that is not marked may not', async (t) => {
  const verdict = judge({ self: 'node3' });
  t.equal(verdict.kind, 'refused');
  t.match(
    verdict.because.slice(0, 128),
    /cls_reset_master node3 .*it may lack writes that node1 has acknowledged, since it is STREAMING\|ASYNC/,
  );
});

t.test('sync: unless the lost primary itself can be seen and is not ahead of it', async (t) => {
  const beside = (text: string, timeline = 2, dataStatus = 'LATEST') =>
    judge({
      self: 'node3',
      others: { node1: note(text, timeline) },
      cluster: { nodes: { node1: { dataStatus }, node2: { online: false } } },
    }).kind;
  t.equal(beside('0/5000000', 2, 'STREAMING|SYNC'), 'refused', 'its promotion was never finished');
  t.equal(beside('0/5000000'), 'fit');
  t.equal(beside('0/4FFFFFF'), 'fit');
  t.equal(beside('0/5000001'), 'refused');
  t.equal(beside('0/4FFFFFF', 1), 'refused', 'a later timeline may be another’s history');
});

t.test(
  'sync: the word of a marked node is not enough: it may go on acknowledging for the lost primary',
  async (t) => {
    t.equal(judge({ self: 'node3', others: { node2: note('0/4FFFFFF') } }).kind, 'refused');
  },
);

t.test('sync: unless that node has sealed itself, and is not ahead', async (t) => {
  const sealed = (text: string, timeline = 2): ElectionNote => ({ ...note(text, timeline), isSealed: true });
  const beside = (marked: ElectionNote) => judge({ self: 'node3', others: { node2: marked } }).kind;
  t.equal(beside(sealed('0/5000000')), 'fit');
  t.equal(beside(sealed('0/5000001')), 'refused');
  t.equal(beside(sealed('0/4FFFFFF', 1)), 'refused');
  t.equal(
    judge({ self: 'node2', others: { node3: sealed('0/5000000') }, cluster: { nodes: { node2: {} } } }).kind,
    'refused',
    'the word of one that is not marked says nothing',
  );
});

t.test('sync: a marked node does not yield to what was never acknowledged', async (t) => {
  t.equal(judge({ others: { node1: note('0/6000000') } }).kind, 'fit', 'nor to the lost primary');
  t.equal(judge({ others: { node3: note('0/6000000', 7) } }).kind, 'fit', 'nor to another history');
  t.equal(judge({ others: { node3: note('0/6000000') } }).kind, 'fit', 'nor to one that has received more');
});

t.test('sync: but it makes way for one that has received more, if it can seal itself first', async (t) => {
  const way = (others: Parts['others'] = {}, config: Parts['config'] = {}) =>
    makesWayFor(inputOf({ others, config }))?.node;
  t.equal(way({ node3: note('0/6000000') }), 'node3');
  t.equal(way({ node3: note('0/5000000') }), undefined, 'it has no more');
  t.equal(way({ node1: note('0/6000000') }), undefined, 'the lost primary');
  t.equal(way({ node3: note('0/6000000', 7) }), undefined, 'another history');
  t.equal(way({ node3: note('0/6000000') }, async), undefined, 'any may yield to any');
  const cluster = {
    nodes: { node2: { dataStatus: 'STREAMING|SYNC', score: '50' }, node3: { score: '100' } },
  };
  t.equal(
    makesWayFor(inputOf({ others: { node3: note('0/6000000') }, cluster })),
    undefined,
    'once: Pacemaker has chosen this one in spite of that',
  );
});

t.test('the recorded primary itself goes on', async (t) => {
  t.equal(judge({ self: 'node1', cluster: { nodes: { node1: { dataStatus: 'LATEST' } } } }).kind, 'fit');
});

t.test('async: the newest is promoted', async (t) => {
  const verdict = judge({ config: async, others: { node3: note('0/5000100') } });
  t.match(verdict, {
    kind: 'better',
    node: 'node3',
    because: 'node3 holds more: timeline 2, 0/5000100, this node timeline 2, 0/5000000',
  });
  t.equal(judge({ config: async, others: { node3: note('0/5000000') } }).kind, 'fit', 'equal is enough');
  t.match(judge({ config: async, others: { node3: note('0/1', 3) } }), { kind: 'better', node: 'node3' });
});

t.test('a better node is yielded to once', async (t) => {
  const yielded = { nodes: { node2: { score: '99' }, node3: { score: '100' } } };
  t.equal(judge({ config: async, others: { node3: note('0/5000100') }, cluster: yielded }).kind, 'fit');
});

t.test('async: max_lag_on_failover', async (t) => {
  const config = { ...async, maxLagOnFailover: 256n };
  const own = (primaryEnd: string) => note('0/5000000', 2, primaryEnd);
  t.equal(judge({ config, own: own('0/5000100') }).kind, 'fit');
  t.match(judge({ config, own: own('0/5000101') }), {
    kind: 'refused',
    because:
      'not promoted: node2 is at 0/5000000, 257 bytes behind the lost primary, and max_lag_on_failover is 256 bytes',
  });
  t.equal(judge({ config: async, own: own('0/9000000') }).kind, 'fit', '0 is no limit');
  t.equal(
    judge({ config, others: { node3: note('0/5000000', 2, '0/5000101') } }).kind,
    'refused',
    'what others have heard counts, too',
  );
  t.match(
    judge({ config, others: { node3: note('0/6000000') } }),
    { kind: 'better', node: 'node3' },
    'before it fails',
  );
});

t.test('a node that never followed the recorded primary would open its timeline a second time', async (t) => {
  for (const repMode of ['sync', 'async'] as const) {
    const verdict = judge({ config: { repMode }, own: note('0/4000000', 1) });
    t.equal(verdict.kind, 'refused');
    t.match(
      verdict.because,
      /it never followed node1, which left timeline 1, and is at timeline 1, 0\/4000000/,
    );
    t.match(
      verdict.because.slice(0, 128),
      /cls_reset_master node2/,
      'what to do is among what Pacemaker shows',
    );
  }
  t.equal(
    judge({ config: async, own: note('0/4000000', 1), others: { node1: note('0/4000000', 1) } }).kind,
    'fit',
    'where that primary is seen not to have opened it',
  );
  t.equal(
    judge({ config: async, own: note('0/4000000', 1), cluster: { replInfo: 'node1|0|0000000000000000' } })
      .kind,
    'fit',
  );
});

t.test('a node that followed a primary which was given up never followed the next one', async (t) => {
  const cluster = { replInfo: 'node1|1|0000000004000000', usedTimeline: 2 };
  const verdictOf = (timeline: number) =>
    judge({ config: async, own: note('0/5000000', timeline), cluster }).kind;
  t.equal(verdictOf(2), 'refused', 'that was timeline 2, and node1 has opened 3');
  t.equal(verdictOf(3), 'fit');
  const named = { ...cluster, replInfo: 'node1|0|0000000000000000' };
  t.equal(judge({ config: async, own: note('0/5000000', 2), cluster: named }).kind, 'fit');
});

t.test('without a record the newest is promoted', async (t) => {
  t.equal(judge({ self: 'node3', cluster: { replInfo: null } }).kind, 'fit');
});

t.test('a record that is not understood is not taken for none', async (t) => {
  const verdict = judge({ self: 'node3', cluster: { replInfo: 'node1' } });
  t.equal(verdict.kind, 'refused');
  t.match(verdict.because, /REPL_INFO is "node1", which does not say who was primary/);
});
