import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { GROUPS, type Group, type Severity } from './rule.ts';
import { RULES } from './rules/all.ts';
import { examined, type Situation } from './situation.ts';

/** What one rule says: one entry for each thing that it found, or one that it found nothing. */
export interface Entry {
  readonly id: string;
  readonly group: Group;
  readonly severity: Severity | 'ok';
  readonly nodes: readonly string[];
  readonly sentence: string;
  readonly fix: string | null;
}

export interface DoctorReport {
  /** Whether the cluster runs with this definition, or is to be made from config.ini. */
  readonly source: Situation['source'];
  readonly self: string;
  readonly examined: readonly string[];
  readonly notExamined: readonly string[];
  readonly entries: readonly Entry[];
  readonly code: CommandExitCode;
}

const ORDER = { error: 0, warning: 1, notice: 2, ok: 3 } as const;

/** Pure: from one situation to everything that is said about it, by groups, the gravest first. */
export function doctorReport(situation: Situation): DoctorReport {
  const entries = RULES.flatMap(({ id, group, checks, find }): readonly Entry[] => {
    const findings = find(situation);
    if (findings === undefined) return [];
    if (findings.length === 0) return [{ id, group, severity: 'ok', nodes: [], sentence: checks, fix: null }];
    return findings.map(({ fix = null, ...rest }) => ({ id, group, ...rest, fix }));
  });
  const nodes = examined(situation).map(({ node }) => node);
  return {
    source: situation.source,
    self: situation.self,
    examined: nodes,
    notExamined: [...situation.examinations.keys()].filter((node) => !nodes.includes(node)),
    entries: GROUPS.flatMap((group) =>
      entries.filter((entry) => entry.group === group).sort((a, b) => ORDER[a.severity] - ORDER[b.severity]),
    ),
    code: entries.some(({ severity }) => severity === 'error') ? CommandExit.ERROR : CommandExit.DONE,
  };
}
