import t from 'tap';
import { completeOptions } from '../../../lab/options.ts';
import { renderHba, renderNodeSettings, renderSharedSettings } from '../../../lab/postgres/settings.ts';

t.test('the settings that replication stands on are there', async (t) => {
  const text = renderSharedSettings();
  for (const line of ["wal_level = 'replica'", "wal_log_hints = 'on'", "restart_after_crash = 'off'"])
    t.match(text, line);
  t.notMatch(text, 'fsync');
});

t.test('nobody comes in from the network without a password', async (t) => {
  t.notMatch(renderHba(), 'trust');
});

t.test('the standbys of the floor find their primary, and are waited for by nobody', async (t) => {
  const floor = renderNodeSettings(completeOptions({ agent: 'floor' }), 'node2');
  t.match(floor, 'application_name=node2 ');
  t.notMatch(floor, 'synchronous_standby_names');
});

t.test('only PAF has its replication settings from the lab', async (t) => {
  t.equal(renderNodeSettings(completeOptions({ agent: 'pha' }), 'node2'), "cluster_name = 'node2'\n");
  const paf = renderNodeSettings(completeOptions({ agent: 'paf' }), 'node2');
  t.match(paf, 'application_name=node2 ');
  t.match(paf, `synchronous_standby_names = 'ANY 1 ("node1", "node2", "node3")'`);
  const async = completeOptions({ agent: 'paf', repMode: 'async' });
  t.notMatch(renderNodeSettings(async, 'node2'), 'synchronous_standby_names');
});
