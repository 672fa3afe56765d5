import t from 'tap';
import { parseReplInfo } from '../../../../lib/pgsql/repl-info.ts';
import { namedPrimary, namedPrimaryProperty, resetChange } from '../../../../lib/pgsql/reset.ts';
import { aClusterView, NAMES, withoutPrimary } from './builders.ts';

t.test('who is named is recorded as a primary that never ended a timeline', async (t) => {
  const { value, set, name } = namedPrimaryProperty(NAMES, 'node2');
  t.same([set, name, value], ['pgsql_replication', 'pgsql_REPL_INFO', 'node2|0|0000000000000000']);
  t.same(parseReplInfo(value), namedPrimary('node2'));
});

t.test('a reset empties every data status, and outranks every other write', async (t) => {
  const view = withoutPrimary({ nodes: { node3: { dataStatus: 'DISCONNECT' } } });
  t.same(resetChange('node3', view, NAMES), {
    permanent: [
      { node: 'node1', name: 'pgsql-data-status', value: 'DISCONNECT' },
      { node: 'node2', name: 'pgsql-data-status', value: 'DISCONNECT' },
    ],
    properties: [
      { set: 'pgsql_replication', name: 'pgsql_REPL_INFO', value: 'node3|0|0000000000000000' },
      { set: 'pgsql_replication', name: 'pgsql_USED_TIMELINE', value: '2' },
    ],
    rank: 150,
  });
});

t.test('without a node the record is empty, which reads as none', async (t) => {
  t.match(resetChange(undefined, aClusterView(), NAMES).properties, [{ value: '' }]);
});

t.test('a record that cannot be read: one more than any node holds', async (t) => {
  const used = (replInfo: string | null, usedTimeline: number | string, newest?: number) =>
    resetChange('node3', withoutPrimary({ replInfo, usedTimeline }), NAMES, newest).properties.find(
      ({ name }) => name === NAMES.usedTimeline,
    )?.value;
  t.equal(used('node1', 0, 4), '5');
  t.equal(used('node1', 7, 4), undefined, 'what is used stays used');
  t.equal(used('node1', 7), undefined);
  t.equal(used('node1|7|0000000004000000', 'x', 4), '8');
  t.equal(used(null, 'x', 4), '5');
  t.equal(used('node1|7|0000000004000000', 'x'), undefined, 'it is not made a number that is too low');
  t.equal(used('node1|1|0000000004000000', 0, 9), '2', 'one that can be read is gone by');
});

/** REPL_INFO, the timelines that are used already, and what the reset writes of them. */
const USED: readonly (readonly [string, string | null, number, string | undefined])[] = [
  ['the lost primary came from timeline 4', 'node1|4|0000000004000000', 0, '5'],
  ['it was named by a reset itself, and opened timeline 6', 'node1|4|0000000004000000', 5, '6'],
  ['promotions since have gone beyond', 'node1|7|0000000004000000', 3, '8'],
  ['it was a primary before the cluster', 'node1|0|0000000000000000', 0, undefined],
  ['who was named never came up', 'node2|0|0000000000000000', 5, undefined],
  ['nobody is recorded', null, 5, undefined],
];

for (const [what, replInfo, usedTimeline, value] of USED) {
  t.test(`which timelines are used: ${what}`, async (t) => {
    for (const node of ['node3', undefined]) {
      const { properties } = resetChange(node, withoutPrimary({ replInfo, usedTimeline }), NAMES);
      t.equal(properties.find(({ name }) => name === NAMES.usedTimeline)?.value, value);
    }
  });
}
