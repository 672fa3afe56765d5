/** Which command the cluster names for what is wrong (pure). */
import type { FailedAction } from '../../lab/index.ts';

/** One of the problems of `cls_status --json`. */
export interface Named {
  readonly severity: string;
  readonly sentence: string;
  readonly command: string | undefined;
  readonly commandOn: string | undefined;
}

export interface Help {
  readonly command: string;
  readonly node: string;
  /** what it is to help against, as the cluster said it */
  readonly why: string;
}

/**
 * What an operator can run as it is written, and what changes something. `cls_status --watch` says to wait, others to look;
 * `cls_reset_master NODE` needs somebody who knows better.
 */
const HEALERS = [
  /^cls_(cleanup|start|repair_by_pg_rewind|rebuild_slave)$/,
  /^cls_un(standby|maintenance)_node [\w.-]+$/,
  /^pcs cluster start [\w.-]+$/,
  /^pcs resource (cleanup|refresh|clear|manage) [\w.-]+( (node=)?[\w.-]+)?$/,
];

export const isHealer = (command: string): boolean => HEALERS.some((pattern) => pattern.test(command));

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** @throws Error for a text that `cls_status --json` does not print */
export const parseProblems = (json: string): readonly Named[] => {
  const status: unknown = JSON.parse(json);
  if (typeof status !== 'object' || status === null || !('problems' in status))
    throw new Error('cls_status printed no problems');
  const { problems } = status;
  if (!Array.isArray(problems)) throw new Error('cls_status printed no list of problems');
  return problems.map((problem: Record<string, unknown>) => ({
    severity: text(problem.severity) ?? '',
    sentence: text(problem.sentence) ?? '',
    command: text(problem.command),
    commandOn: text(problem.commandOn),
  }));
};

/**
 * The first command that heals, in the order in which cls_status tells of what is wrong; else the one that a failed action
 * names for its node.
 * @param asked the node that cls_status ran on
 */
export const namedHelp = (
  problems: readonly Named[],
  failures: readonly FailedAction[],
  asked: string,
): Help | undefined => {
  for (const { severity, sentence, command, commandOn } of problems) {
    if (severity !== 'note' && command !== undefined && isHealer(command))
      return { command, node: commandOn ?? asked, why: sentence };
  }
  for (const { exitReason, node } of failures) {
    const command = /\bcls_\w+/.exec(exitReason)?.[0];
    if (command !== undefined && isHealer(command)) return { command, node, why: exitReason };
  }
  return undefined;
};
