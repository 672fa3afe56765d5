import { run } from '../../heartbeat-ocf/index.ts';
import { pgsqlAgent } from '../../lib/pgsql/agent.ts';

void run(pgsqlAgent);
