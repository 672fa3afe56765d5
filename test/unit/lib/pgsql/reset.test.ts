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
    properties: [{ set: 'pgsql_replication', name: 'pgsql_REPL_INFO', value: 'node3|0|0000000000000000' }],
    raiseAdminEpochBy: 100,
  });
});

t.test('without a node the record is empty, which reads as none', async (t) => {
  t.match(resetChange(undefined, aClusterView(), NAMES).properties, [{ value: '' }]);
});
