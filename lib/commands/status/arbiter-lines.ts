import { enumerate, formatSeconds, wrap } from '../cli/text.ts';
import { describeState, historyTable } from '../distlock/render.ts';
import type { ArbiterRow, ArbiterWordRow } from './arbiter-row.ts';

/** Who has the lock, who reaches the arbiter, and the last changes. */
export function arbiterLines(arbiter: ArbiterRow, columns: number): readonly string[] {
  const { where, lock, failure, state, alone, nodes, history } = arbiter;
  const reached = nodes.filter((row) => row.reached === true).map(({ node }) => node);
  const sentences = [
    ...(failure === null ? [] : [failure]),
    ...(state === null ? [] : [describeState(state)]),
    ...(reached.length === 0 ? [] : [`reached by ${enumerate(reached)}`]),
    ...nodes.filter((row) => row.reached === false).map((row) => `not reached by ${row.node}${since(row)}`),
    ...nodes
      .filter((row) => row.reached === null)
      .map(({ node }) => `${node} has not said whether it reaches it`),
    ...(alone === null
      ? []
      : [`${alone.node} went on without a standby ${formatSeconds(alone.seconds)} ago`]),
  ];
  return [
    lock === '' ? `The lock (${where}):` : `Lock ${lock} on the arbiter ${where}:`,
    '',
    ...sentences.flatMap((sentence) => wrap(sentence, columns, '    ').map(outdentFirst)),
    ...(history.length === 0 ? [] : ['', ...historyTable(history).map((line) => `  ${line}`)]),
  ];
}

const since = ({ silentSince, silentSeconds }: ArbiterWordRow): string =>
  silentSince === null || silentSeconds === null
    ? ''
    : ` for ${formatSeconds(silentSeconds)} (since ${silentSince.slice(0, 19).replace('T', ' ')} UTC)`;

const outdentFirst = (line: string, index: number): string => (index === 0 ? `  ${line.trimStart()}` : line);
