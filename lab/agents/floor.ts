/** The agent floor: what Pacemaker, Corosync, PostgreSQL and the VIP need for a takeover whoever looks after it. */
import { readFile } from 'node:fs/promises';
import type { NodeFile } from '../backend.ts';

export const floorProvider = 'pha-lab';

export const floorFiles = async (): Promise<NodeFile[]> => [
  {
    path: `/usr/lib/ocf/resource.d/${floorProvider}/floor`,
    content: await readFile(new URL('./floor.sh', import.meta.url)),
    mode: 0o755,
  },
];
