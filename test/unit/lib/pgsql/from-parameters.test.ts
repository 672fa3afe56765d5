import t from 'tap';
import { parseParameters } from '../../../../heartbeat-ocf/index.ts';
import { configOf } from '../../../../lib/pgsql/from-parameters.ts';
import { pgsqlParameters } from '../../../../lib/pgsql/params.ts';

t.test(
  'what a monitor would not recover from by a restart is not reported, since that would be',
  async (t) => {
    const { values } = parseParameters(pgsqlParameters, { OCF_RESKEY_fast_detection: 'true' });
    const isFast = (onFail?: string): boolean => configOf(values, 60_000, onFail).fastDetection;
    t.equal(isFast(), true, 'nothing is configured');
    t.equal(isFast('restart'), true);
    for (const onFail of ['block', 'demote', 'fence', 'ignore', 'standby', 'stop'])
      t.equal(isFast(onFail), false);
  },
);
