import t from 'tap';
import { environmentFor } from '../../../../lib/system/environment.ts';

const postgres = { name: 'postgres', uid: 101, gid: 104, groups: [104], home: '/var/lib/postgresql' };

t.test('the database user inherits neither secrets nor settings of root', async (t) => {
  const own = {
    PATH: '/usr/bin',
    HOME: '/root',
    OCF_RESKEY_monitor_password: 'secret',
    PCMK_node_start_state: 'x',
    PGPASSWORD: 'secret',
    PGHOST: 'elsewhere',
    PG_OOM_ADJUST_FILE: '/proc/self/oom_score_adj',
    TZ: 'UTC',
    NOTHING: undefined,
  };
  t.same(environmentFor(own, postgres), {
    PATH: '/usr/bin',
    TZ: 'UTC',
    PG_OOM_ADJUST_FILE: '/proc/self/oom_score_adj',
    HOME: '/var/lib/postgresql',
    USER: 'postgres',
    LOGNAME: 'postgres',
  });
  const forRoot = environmentFor({ ...own, OCF_RESKEY_CRM_meta_on_node: 'node1' }, undefined);
  t.equal(forRoot.PCMK_node_start_state, 'x', 'cluster tools keep their settings');
  t.notOk(Object.keys(forRoot).some((name) => name.startsWith('OCF_RESKEY_')));
});
