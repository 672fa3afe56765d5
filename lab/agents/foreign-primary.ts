/**
 * For rep_mode slave: a primary that the cluster knows nothing of. The first node runs it from its boot on,
 * at the write VIP, where the cluster's standbys look for it.
 */
import { join } from 'node:path';
import type { NodeFile } from '../backend.ts';
import { bootHook } from '../boot-hook.ts';
import { dataDirectory, serverLog } from '../postgres/installation.ts';
import { prefixLength, writeVip } from '../topology.ts';

/** @param bin directory of the server's programs */
export const foreignPrimary = (bin: string): NodeFile => ({
  path: bootHook,
  content: `#!/bin/sh
ip address add ${writeVip}/${prefixLength} dev eth0
exec runuser -u postgres -- ${join(bin, 'pg_ctl')} start -w -D ${dataDirectory} -l ${serverLog}
`,
  mode: 0o755,
});
