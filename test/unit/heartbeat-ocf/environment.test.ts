import t from 'tap';
import { readCallEnvironment } from '../../../heartbeat-ocf/environment.ts';

const read = (env: Record<string, string>) => {
  const result = readCallEnvironment({ OCF_RESOURCE_INSTANCE: 'pgsql', ...env });
  if (!result.ok) throw new Error(result.sentence);
  return result.value;
};

t.test('names of the resource', async (t) => {
  t.match(read({ OCF_RESOURCE_INSTANCE: 'pgsql:0' }), { instance: 'pgsql:0', resource: 'pgsql' });
  t.match(read({ OCF_RESOURCE_INSTANCE: 'my-pg.2:12' }), { resource: 'my-pg.2' });
  t.match(readCallEnvironment({}), { ok: true, value: { instance: 'default' } });
  t.match(readCallEnvironment({ OCF_RA_VERSION_MAJOR: '1' }), {
    ok: false,
    sentence: /OCF_RESOURCE_INSTANCE is missing/,
  });
  for (const name of ["a'b", 'a b', 'a\nb', '1a', 'a:b', ':1']) {
    t.match(readCallEnvironment({ OCF_RESOURCE_INSTANCE: name }), { ok: false }, JSON.stringify(name));
  }
});

t.test('times', async (t) => {
  t.match(read({}), { timeoutMs: undefined, intervalMs: 0, onFail: undefined, checkLevel: 0 });
  t.match(read({ OCF_RESKEY_CRM_meta_timeout: '60000', OCF_RESKEY_CRM_meta_interval: '4000' }), {
    timeoutMs: 60000,
    intervalMs: 4000,
  });
  t.match(read({ OCF_RESKEY_CRM_meta_timeout: '0' }), { timeoutMs: undefined });
  t.match(read({ OCF_RESKEY_CRM_meta_timeout: '60s' }), { timeoutMs: undefined });
  t.match(read({ OCF_CHECK_LEVEL: '10' }), { checkLevel: 10 });
  t.match(read({ OCF_RESKEY_CRM_meta_on_fail: 'Block' }), { onFail: 'block' });
  t.match(read({ OCF_CHECK_LEVEL: '0', OCF_RESKEY_OCF_CHECK_LEVEL: '10' }), { checkLevel: 10 });
});

t.test('what kind of clone, in both vocabularies, and nothing when the cluster did not call', async (t) => {
  t.equal(read({}).promotable, undefined);
  t.equal(read({ OCF_RESKEY_CRM_meta_on_node: 'n1' }).promotable, false);
  t.equal(read({ OCF_RESKEY_CRM_meta_promotable: 'true' }).promotable, true);
  t.equal(read({ OCF_RESKEY_CRM_meta_promotable: 'false' }).promotable, false);
  t.equal(read({ OCF_RESKEY_CRM_meta_master_max: '1' }).promotable, true);
  t.equal(read({ OCF_RESKEY_CRM_meta_promoted_max: '0' }).promotable, false);
  t.equal(read({}).notify, undefined);
  t.equal(read({ OCF_RESKEY_CRM_meta_on_node: 'n1' }).notify, false);
  t.equal(read({ OCF_RESKEY_CRM_meta_on_node: 'n1', OCF_RESKEY_CRM_meta_notify: 'true' }).notify, true);
  t.equal(read({ OCF_RESKEY_CRM_meta_on_node: 'DB1' }).node, 'DB1');
});
