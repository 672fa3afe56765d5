import { readFileSync } from 'node:fs';
import t from 'tap';
import { agentsIn } from '../../../../../lib/commands/doctor/plan-from-config.ts';

t.test('the agents of a planned cluster are those of its template', async (t) => {
  t.same(agentsIn(''), ['pha/pgsql', 'heartbeat/IPaddr2'], 'without one, those of every template');
  const agents = agentsIn(readFileSync('templates/muti_with_lvs/muti_with_lvs.pcs.template', 'utf8'));
  t.same(agents, ['pha/pgsql', 'heartbeat/IPaddr2', 'pha/lvsdr', 'pha/lvsdr-realsvr']);
});
