import t from 'tap';
import { rankOf, recordedChange } from '../../../../lib/pgsql/record.ts';
import { aClusterView, lsn, NAMES } from './builders.ts';

const view = aClusterView();
const info = (node: string) => ({ node, timeline: 1, end: lsn('0/4000000') });

t.test(
  'a claim outranks a promotion that was cut short, that every release, and a release everything else',
  async (t) => {
    t.equal(rankOf({ dataStatus: { node2: 'DISCONNECT' }, replInfo: info('node2') }, view, NAMES), 150);
    t.equal(rankOf({ dataStatus: { node2: 'DISCONNECT' } }, view, NAMES), 1);
    t.equal(rankOf({ dataStatus: { node2: 'LATEST' } }, view, NAMES), 0, 'the successor, now the primary');
    const promotion = { dataStatus: {}, replInfo: info('node1') };
    t.equal(rankOf({ ...promotion, promotion: 'tentative' }, view, NAMES), 0);
    t.equal(
      rankOf({ ...promotion, promotion: 'final' }, view, NAMES),
      100,
      'also when it is in this CIB already',
    );
    t.equal(rankOf({ dataStatus: { node3: 'STREAMING|SYNC' } }, view, NAMES), 0);
    t.equal(rankOf({ dataStatus: { node2: 'STREAMING|SYNC', node3: 'DISCONNECT' } }, view, NAMES), 0);
    t.equal(
      rankOf({ dataStatus: {}, replInfo: { ...info('node1'), end: lsn('0/4000010') } }, view, NAMES),
      0,
    );
    t.equal(
      rankOf({ dataStatus: {}, replInfo: info('node1') }, aClusterView({ replInfo: null }), NAMES),
      150,
    );
    t.equal(
      rankOf({ ...promotion, promotion: 'finished' }, view, NAMES),
      200,
      'the end of a promotion: a claim from a view of before that is refused',
    );
  },
);

t.test('what is written', async (t) => {
  t.same(recordedChange({ dataStatus: { node2: 'LATEST' }, replInfo: info('node2') }, NAMES, 100), {
    permanent: [{ node: 'node2', name: 'pgsql-data-status', value: 'LATEST' }],
    properties: [{ set: 'pgsql_replication', name: 'pgsql_REPL_INFO', value: 'node2|1|0000000004000000' }],
    rank: 100,
  });
  t.same(recordedChange({ dataStatus: {}, usedTimeline: 3 }, NAMES, 0).properties, [
    { set: 'pgsql_replication', name: 'pgsql_USED_TIMELINE', value: '3' },
  ]);
  t.match(recordedChange({ dataStatus: {}, usedTimeline: 0 }, NAMES, 0), { properties: [{ value: '' }] });
  t.same(recordedChange({ dataStatus: {} }, NAMES, 0), { permanent: [], properties: [], rank: 0 });
  for (const change of [
    { dataStatus: { node3: 'STREAMING|SYNC' } },
    { dataStatus: { node2: 'LATEST' } },
    { dataStatus: { node3: 'STREAMING|ASYNC' } },
  ])
    t.equal(recordedChange(change, NAMES, 0).rank, 0, 'whatever it says: only where it was decided');
});
