import t from 'tap';
import { replicationSettings, slotName } from '../../../../lib/pgsql/replication.ts';
import { aConfig } from './builders.ts';

t.test('a slot is named by prefix and node, in what PostgreSQL allows', async (t) => {
  t.equal(slotName('sample', 'Node-1.example.com'), 'sample_node_1_example_com');
});

t.test('a standby follows the primary’s address under its own name', async (t) => {
  const { syncNames, standby } = replicationSettings(aConfig(), 'node2', { kind: 'none' });
  t.same(syncNames, { kind: 'none' });
  t.same(standby, { primaryConninfo: 'host=192.0.2.10 port=5432 user=repl application_name=node2' });
});

t.test('and whatever else is configured', async (t) => {
  const { standby } = replicationSettings(
    aConfig({
      primaryConninfoOptions: 'keepalives_idle=60',
      slotPrefix: 'pha',
      restoreCommand: 'cp /archive/%f %p',
      archiveCleanupCommand: 'clean %r',
      recoveryEndCommand: 'true',
    }),
    'node2',
    { kind: 'all', nodes: ['node3'] },
  );
  t.match(standby?.primaryConninfo, / keepalives_idle=60$/);
  t.match(standby, {
    primarySlotName: 'pha_node2',
    restoreCommand: 'cp /archive/%f %p',
    archiveCleanupCommand: 'clean %r',
    recoveryEndCommand: 'true',
  });
});
