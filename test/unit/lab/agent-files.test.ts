import t from 'tap';
import { correctShellFunctions } from '../../../lab/agents/heartbeat.ts';

t.test('of the shell functions one line changes', async (t) => {
  const before = 'a\n\t\t$' + '{HA_SBIN_DIR}/crm_attribute -p $@\nb\n';
  const after = 'a\n\t\t$' + '{HA_SBIN_DIR}/crm_attribute --promotion="$OCF_RESOURCE_INSTANCE" $@\nb\n';
  t.equal(correctShellFunctions(before), after);
  t.equal(correctShellFunctions('something else'), 'something else');
});
