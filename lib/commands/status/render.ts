import type { DeviceVotes } from '../../pacemaker/quorum-device.ts';
import { stateNames } from '../../pgsql/names.ts';
import type { Fact } from '../../system/fact.ts';
import { type Column, renderTable } from '../cli/table.ts';
import { enumerate, formatBytes, formatSeconds, wrap } from '../cli/text.ts';
import { arbiterLines } from './arbiter-lines.ts';
import { balancerLines } from './balancer-lines.ts';
import type { NodeRow } from './node-rows.ts';
import type { Problem } from './problem.ts';
import type { StatusReport } from './report.ts';

const UNKNOWN = '-';

/** The primary is behind nobody. */
const lag = (row: NodeRow, value: number | null, format: (value: number) => string): string =>
  row.role === 'primary' ? '' : value === null ? UNKNOWN : format(value);

const COLUMNS: readonly Column<NodeRow>[] = [
  { title: 'NODE', align: 'left', cell: ({ name }) => name },
  { title: 'ROLE', align: 'left', cell: ({ role, online }) => (online ? role : 'offline') },
  { title: 'STATUS', align: 'left', cell: ({ status }) => status ?? UNKNOWN },
  { title: 'DATA STATUS', align: 'left', cell: ({ dataStatus }) => dataStatus ?? UNKNOWN },
  {
    title: 'TLI',
    align: 'right',
    cell: ({ timeline }) => (timeline === null ? UNKNOWN : String(timeline)),
  },
  { title: 'POSITION', align: 'left', cell: ({ lsn }) => lsn ?? UNKNOWN },
  { title: 'BEHIND', align: 'right', cell: (row) => lag(row, row.lagBytes, formatBytes) },
  { title: 'BY TIME', align: 'right', cell: (row) => lag(row, row.lagSeconds, formatSeconds) },
  { title: 'SCORE', align: 'right', cell: ({ score }) => score ?? UNKNOWN },
  {
    title: 'FAILURES',
    align: 'right',
    cell: ({ failCount }) => (failCount >= 1_000_000 ? 'INFINITY' : String(failCount)),
  },
];

const WIDEST = 100;

/** `crm_mon -Afr1` as it is, and the line that operators know from its end. */
export function clusterLines(report: StatusReport, crmMon: Fact<string>): readonly string[] {
  return [
    ...(crmMon.known ? crmMon.value.trimEnd().split('\n') : [`crm_mon: ${crmMon.reason}`]),
    '',
    `${stateNames(report.resource).replInfo}:${report.replInfoText ?? ''}`,
  ];
}

/** The tables of the database and of those who spread reads, and what is wrong. */
export function databaseLines(report: StatusReport, columns: number): readonly string[] {
  const width = Math.min(columns, WIDEST);
  const { resource, resourceName, repMode, nodes, arbiter, deviceVotes, balancers, problems } = report;
  const clone = resourceName === resource ? '' : ` (${resourceName})`;
  const wrong = problems.filter(({ severity }) => severity !== 'note');
  const notes = problems.filter(({ severity }) => severity === 'note');
  return [
    `PostgreSQL ${resource}${clone}, rep_mode ${repMode}:`,
    '',
    ...renderTable(COLUMNS, nodes).map((line) => `  ${line}`),
    '',
    ...(arbiter === null ? [] : [...arbiterLines(arbiter, width), '']),
    ...(deviceVotes === null ? [] : [deviceLine(deviceVotes), '']),
    ...balancers.flatMap((balancer) => [...balancerLines(balancer, width), '']),
    ...(wrong.length === 0
      ? ['Nothing is wrong.']
      : ['What is wrong:', ...wrong.flatMap((problem) => problemLines(problem, width))]),
    ...(notes.length === 0
      ? []
      : ['', 'Notes:', ...notes.flatMap((problem) => problemLines(problem, width))]),
  ];
}

const deviceLine = (votes: DeviceVotes): string => {
  const voters = Object.keys(votes).filter((node) => votes[node] === 'votes');
  return `The quorum device votes for ${voters.length === 0 ? 'nobody here' : enumerate(voters)}.`;
};

const MARKS = { error: '  * ', warning: '  - ', note: '  - ' } as const;

function problemLines({ severity, sentence, command, commandOn }: Problem, width: number): readonly string[] {
  const mark = MARKS[severity];
  const [first = '', ...rest] = wrap(sentence, width, ' '.repeat(mark.length));
  const where = commandOn === undefined ? '' : `on ${commandOn}: `;
  return [
    mark + first.trimStart(),
    ...rest,
    // A command is one line, to be copied.
    ...(command === undefined ? [] : [`      => ${where}${command}`]),
  ];
}
