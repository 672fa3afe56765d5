import type { Test } from 'tap';
import { doctorReport } from '../../../../../lib/commands/doctor/report.ts';
import type { Rule } from '../../../../../lib/commands/doctor/rule.ts';
import { type NodeParts, type Parts, situation } from './builders.ts';

/** One thing that is wrong, and what is said of it. */
export interface Row {
  readonly id: string;
  readonly when: string;
  readonly parts: Parts;
  readonly severity: 'error' | 'warning' | 'notice';
  readonly nodes?: readonly string[];
  readonly sentence: RegExp;
  readonly fix?: RegExp;
}

export const on3 = (parts: NodeParts): Parts => ({ nodes: { node1: {}, node2: {}, node3: parts } });
export const everywhere = (parts: NodeParts): Parts => ({
  nodes: { node1: parts, node2: parts, node3: parts },
});
export const two = (parts: NodeParts): Parts => ({ nodes: { node1: parts, node2: parts } });

/** Every row is found as it says, and every rule has a row. */
export function checkRows(t: Test, rules: readonly Rule[], rows: readonly Row[]): void {
  for (const { id, when, parts, severity, nodes, sentence, fix } of rows) {
    t.test(`${id}: ${when}`, async (t) => {
      const report = doctorReport(situation(parts));
      const [entry, ...more] = report.entries.filter((each) => each.id === id && each.severity !== 'ok');
      t.match(entry?.sentence, sentence);
      t.equal(entry?.severity, severity);
      if (nodes !== undefined) t.strictSame(entry?.nodes, nodes);
      if (fix !== undefined) t.match(entry?.fix, fix);
      t.notOk(
        more.some((each) => each.sentence === entry?.sentence),
        'said once',
      );
      t.equal(report.code, report.entries.some((each) => each.severity === 'error') ? 1 : 0);
      t.notMatch(JSON.stringify(report), /s3cret/, 'no secret');
    });
  }
  t.test('every rule has a row', async (t) => {
    const covered = new Set(rows.map(({ id }) => id));
    t.strictSame(
      rules.map(({ id }) => id).filter((id) => !covered.has(id)),
      [],
    );
  });
}
