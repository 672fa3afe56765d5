import type { CorosyncTiming } from '../options.ts';
import type { NodeSpec } from '../topology.ts';
import { deviceLines } from './quorum-device.ts';

export const corosyncConfPath = '/etc/corosync/corosync.conf';
export const corosyncLog = '/var/log/cluster/corosync.log';

type Block = readonly [name: string, lines: readonly (readonly [string, string | number] | Block)[]];

const isBlock = (line: Block | readonly [string, string | number]): line is Block => Array.isArray(line[1]);

// One line per key: corosync's parser takes a second "key: value" on the same line as part of the first value.
const render = ([name, lines]: Block, indent = ''): string => {
  const body = lines.map((line) =>
    isBlock(line) ? render(line, `${indent}  `) : `${indent}  ${line[0]}: ${line[1]}\n`,
  );
  return `${indent}${name} {\n${body.join('')}${indent}}\n`;
};

/** Three nodes wait `token + 650 ms` unless the coefficient is 0 (corosync.conf(5), token_coefficient). */
const timing: Readonly<Record<CorosyncTiming, readonly (readonly [string, number])[]>> = {
  default: [],
  fast: [
    ['token', 1000],
    ['token_coefficient', 0],
    ['consensus', 1200],
  ],
};

/** The text of corosync.conf: knet, unencrypted, every node on one link. */
export const renderCorosyncConf = (
  clusterName: string,
  nodes: readonly NodeSpec[],
  timings: CorosyncTiming,
  device?: NodeSpec,
): string => {
  const blocks: readonly Block[] = [
    [
      'totem',
      [
        ['version', 2],
        ['cluster_name', clusterName],
        ['transport', 'knet'],
        ['crypto_cipher', 'none'],
        ['crypto_hash', 'none'],
        ...timing[timings],
      ],
    ],
    [
      'nodelist',
      nodes.map(
        (node): Block => [
          'node',
          [
            ['ring0_addr', node.address],
            ['name', node.name],
            ['nodeid', node.id],
          ],
        ],
      ),
    ],
    [
      'quorum',
      [
        ['provider', 'corosync_votequorum'],
        ...(device === undefined ? [] : [deviceLines(device)]),
        // Beside a device both would have quorum.
        ...(nodes.length === 2 && device === undefined ? [['two_node', 1] as const] : []),
      ],
    ],
    // A node is a group of namespaces: the root of the control groups belongs to the machine around it.
    ['system', [['move_to_root_cgroup', 'no']]],
    [
      'logging',
      [
        ['to_logfile', 'yes'],
        ['logfile', corosyncLog],
        ['to_stderr', 'no'],
        ['to_syslog', 'no'],
        ['timestamp', 'hires'],
      ],
    ],
  ];
  return blocks.map((block) => render(block)).join('');
};
