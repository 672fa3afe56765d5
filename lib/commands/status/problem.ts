import type { NodeRow } from './node-rows.ts';
import type { Situation } from './situation.ts';

export interface Problem {
  /** Stable, for scripts and tests. */
  readonly id: string;
  /** error: writes, all reads through a read VIP, or the next failover are at stake · warning: needs attention · note: good to know. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly node?: string;
  /** What is wrong, with the values. */
  readonly sentence: string;
  /** What helps. */
  readonly command?: string;
  /** The node on which the command must be run; anywhere in the cluster without it. */
  readonly commandOn?: string;
}

/** What a rule finds, without its id. */
export type Finding = Omit<Problem, 'id'>;

export interface ProblemRule {
  readonly id: string;
  readonly find: (situation: Situation, rows: readonly NodeRow[]) => readonly Finding[];
}

/** A rule that looks at one node at a time. */
export const perNode =
  (find: (row: NodeRow, situation: Situation) => Finding | undefined): ProblemRule['find'] =>
  (situation, rows) =>
    rows.flatMap((row) => {
      const finding = find(row, situation);
      return finding === undefined ? [] : [{ node: row.name, ...finding }];
    });

export const onlyIf = (condition: boolean, finding: () => Finding): readonly Finding[] =>
  condition ? [finding()] : [];

/** In one line, for a command that meets it. */
export const problemText = ({ sentence, command, commandOn }: Problem): string =>
  command === undefined
    ? sentence
    : `${sentence} => ${commandOn === undefined ? '' : `on ${commandOn}: `}${command}`;
