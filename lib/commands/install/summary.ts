import { dirname } from 'node:path';
import { enumerate } from '../cli/text.ts';
import type { InstallSnapshot } from './snapshot.ts';

/** What is there now, and what the operator does next. */
export function summary({ nodes, definition }: InstallSnapshot, failed: readonly string[]): string {
  const done = nodes.map(({ node }) => node).filter((node) => !failed.includes(node));
  const lines = [
    `Installed on ${enumerate(done) || 'no node'}.`,
    ...(failed.length === 0
      ? []
      : [`Not on ${enumerate(failed)}: put that right, and run ./install.sh again.`]),
    ...(definition.made === undefined
      ? nextStepsElsewhere(done[0])
      : definition.made.ok
        ? nextSteps(definition.path)
        : []),
  ];
  return `${lines.join('\n')}\n`;
}

const nextSteps = (definitionPath: string): readonly string[] => [
  `The cluster definition is ${definitionPath}. Next, on this node, in ${dirname(definitionPath)}:`,
  '  1. read it through, and adjust it where your cluster wants something else',
  '  2. cls_setup --dry-run     what would change; then: cls_setup',
  '  3. cls_start               then: cls_status',
];

const nextStepsElsewhere = (node: string | undefined): readonly string[] =>
  node === undefined
    ? []
    : [
        `This machine is none of the nodes, so the cluster definition is made on one. Next, on ${node}:`,
        '  1. cls_setup --write config.pcs     then read it through, and adjust it where your cluster wants something else',
        '  2. cls_setup --dry-run              what would change; then: cls_setup',
        '  3. cls_start                        then: cls_status',
      ];
