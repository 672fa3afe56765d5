import { run } from '../../heartbeat-ocf/index.ts';
import { realServerAgent } from '../../lib/lvs/realsvr/agent.ts';

void run(realServerAgent);
