import { run } from '../../heartbeat-ocf/index.ts';
import { GUARD } from '../../lib/distlock/guard/guard.ts';
import { watchLease } from '../../lib/distlock/guard/watch.ts';
import { pgsqlAgent } from '../../lib/pgsql/agent.ts';

const [word, orders = '', lifeSign = '', lock = ''] = process.argv.slice(2);
void (word === GUARD ? watchLease({ orders, lifeSign, lock }) : run(pgsqlAgent));
