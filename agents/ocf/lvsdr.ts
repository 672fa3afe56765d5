import { run } from '../../heartbeat-ocf/index.ts';
import { lvsdrAgent } from '../../lib/lvs/director/agent.ts';
import { followEvents } from '../../lib/lvs/director/follow.ts';
import { FOLLOW } from '../../lib/lvs/director/follower.ts';

void (process.argv[2] === FOLLOW ? followEvents() : run(lvsdrAgent));
