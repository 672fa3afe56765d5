import t from 'tap';
import { raisedBy, rankOf, recordedChange } from '../../../../lib/pgsql/record.ts';
import type { Step } from '../../../../lib/pgsql/steps.ts';
import { known } from '../../../../lib/system/fact.ts';
import { aClusterView, aSnapshot, lsn, NAMES } from './builders.ts';

const view = aClusterView();
const info = (node: string) => ({ node, timeline: 1, end: lsn('0/4000000') });

t.test(
  'a claim outranks a promotion that was cut short, that every release, and a release everything else',
  async (t) => {
    t.equal(rankOf({ dataStatus: { node2: 'DISCONNECT' }, replInfo: info('node2') }, view, NAMES), 150);
    t.equal(rankOf({ dataStatus: { node2: 'DISCONNECT' } }, view, NAMES), 2);
    t.equal(rankOf({ dataStatus: { node2: 'LATEST' } }, view, NAMES), 0, 'the successor, now the primary');
    const promotion = { dataStatus: {}, replInfo: info('node1') };
    t.equal(rankOf({ ...promotion, promotion: 'tentative' }, view, NAMES), 0, 'it is in this CIB already');
    t.equal(
      rankOf(
        { ...promotion, replInfo: { ...info('node1'), end: lsn('0/4000010') }, promotion: 'tentative' },
        view,
        NAMES,
      ),
      0,
      'at another position',
    );
    t.equal(
      rankOf({ ...promotion, replInfo: info('node2'), promotion: 'tentative' }, view, NAMES),
      1,
      'less than a release',
    );
    t.equal(
      rankOf(
        { ...promotion, replInfo: { ...info('node1'), timeline: 2 }, promotion: 'tentative' },
        view,
        NAMES,
      ),
      1,
      'another promotion of the same node',
    );
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

t.test(
  'a record that was decided together with one before is taken by the CIB that this has raised',
  async (t) => {
    const snapshot = aSnapshot({ cluster: known(view) });
    const epochAfter = (...group: Step[]): number => {
      const { cluster } = raisedBy(group, snapshot);
      return cluster.known ? cluster.value.adminEpoch - view.adminEpoch : Number.NaN;
    };
    const record = { kind: 'record', dataStatus: {}, replInfo: info('node2') } as const;
    t.equal(epochAfter({ ...record, promotion: 'tentative' }), 1);
    t.equal(epochAfter({ kind: 'checkpoint' }, { ...record, promotion: 'final' }), 100);
    t.equal(epochAfter({ kind: 'checkpoint' }), 0);
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
