/** corosync-qnetd on a machine of its own, and the daemon by which each node asks it for its vote. */
import type { NodeFile } from '../backend.ts';
import { bootHook } from '../boot-hook.ts';
import type { NodeSpec } from '../topology.ts';

/** Nothing leaves the machine: no certificates, as knet is not encrypted either. It goes into the background by itself. */
export const deviceFiles: readonly NodeFile[] = [
  {
    path: bootHook,
    content: `#!/bin/sh
set -eu
mkdir -p /run/corosync-qnetd /etc/corosync/qnetd
exec corosync-qnetd -s off
`,
    mode: 0o755,
  },
];

/** Of corosync.conf, in the block quorum. ffsplit: of two halves exactly one gets the vote. */
export const deviceLines = ({ address }: NodeSpec) =>
  [
    'device',
    [
      ['model', 'net'],
      ['votes', 1],
      ['timeout', 5000],
      [
        'net',
        [
          ['host', address],
          ['algorithm', 'ffsplit'],
          ['tls', 'off'],
        ],
      ],
    ],
  ] as const;
