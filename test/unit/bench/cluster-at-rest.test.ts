import t from 'tap';
import { parseCibVersion } from '../../../bench/cluster-at-rest.ts';

t.test('the version of a CIB is of its first element', async (t) => {
  const cib = `<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="24" num_updates="7" admin_epoch="1">
  <configuration epoch="1" num_updates="1" admin_epoch="2"/></cib>`;
  t.equal(parseCibVersion(cib), '1.24.7');
});

t.test('what has no version is no CIB', async (t) => {
  t.equal(parseCibVersion(''), undefined);
  t.equal(parseCibVersion('<cib epoch="24" num_updates="7"/>'), undefined);
  t.equal(parseCibVersion('<cib_query admin_epoch="1" epoch="2" num_updates="3"/>'), undefined);
});
