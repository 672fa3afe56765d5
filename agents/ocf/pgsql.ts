import { run } from '../../heartbeat-ocf/index.ts';
import { GUARD } from '../../lib/distlock/guard/guard.ts';
import { watchLease } from '../../lib/distlock/guard/watch.ts';
import { pgsqlAgent } from '../../lib/pgsql/agent.ts';
import { endWatch } from '../../lib/pgsql/watcher.ts';

const [word, watcher = '', orders = '', lifeSign = '', lock = ''] = process.argv.slice(2);
const beforeQuit = (): void => endWatch(watcher);
void (word === GUARD ? watchLease({ orders, lifeSign, lock }, beforeQuit) : run(pgsqlAgent));
