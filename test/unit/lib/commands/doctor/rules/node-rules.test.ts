import t from 'tap';
import { doctorReport } from '../../../../../../lib/commands/doctor/report.ts';
import { nodeRules } from '../../../../../../lib/commands/doctor/rules/node-rules.ts';
import { known, unknown } from '../../../../../../lib/system/fact.ts';
import { type Parts, situation } from '../builders.ts';
import { checkRows, on3, type Row } from '../row.ts';

const versions = (product: string, version: string): Parts => {
  const base = situation().examinations.get('node3');
  const old = base?.known ? base.value.facts.versions : undefined;
  return on3({ facts: { versions: { ...(old as NonNullable<typeof old>), [product]: known(version) } } });
};

const FROM_OUTSIDE: Parts = { situation: { self: 'admin1', source: 'config.ini', cluster: undefined } };

t.test('of a machine outside, nothing is said that is of a node', async (t) => {
  const { entries } = doctorReport(situation(FROM_OUTSIDE));
  t.notOk(entries.some(({ id }) => id === 'pacemaker-missing'));
});

const ROWS: readonly Row[] = [
  {
    id: 'asked-from-outside',
    when: 'somebody asks about a cluster that is to be, on a machine outside',
    parts: FROM_OUTSIDE,
    severity: 'notice',
    nodes: [],
    sentence:
      /^admin1, where this was asked, is no node of \/etc\/pha\/config\.ini \(node1, node2 and node3\), and was not examined$/,
    fix: /name it in \/etc\/pha\/config\.ini$/,
  },
  {
    id: 'not-examined',
    when: 'ssh does not work',
    parts: on3({ notExamined: 'ssh: exit code 255: Permission denied' }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^node3 not examined from here \(ssh: exit code 255: Permission denied\)$/,
    fix: /run cls_doctor there too/,
  },
  {
    id: 'not-examined',
    when: 'a node is off',
    parts: {
      ...on3({ notExamined: 'ssh: no route' }),
      status: {
        nodes: {
          node1: { role: 'promoted' },
          node2: { role: 'unpromoted' },
          node3: { role: 'stopped', online: false },
        },
      },
    },
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^node3 not examined/,
  },
  {
    id: 'not-examined',
    when: 'the cluster is not there yet',
    parts: {
      ...on3({ notExamined: 'ssh: no route' }),
      situation: { source: 'config.ini', cluster: undefined },
    },
    severity: 'error',
    nodes: ['node3'],
    sentence: /^node3 not examined/,
  },
  {
    id: 'node-name',
    when: 'the host name differs in case',
    parts: on3({ facts: { hostName: 'Node3.example.com' } }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /upper and lower case/,
    fix: /hostnamectl set-hostname node3/,
  },
  {
    id: 'node-name',
    when: 'the host has another name',
    parts: on3({ facts: { hostName: 'db3' } }),
    severity: 'notice',
    sentence: /^node3 has the host name db3$/,
  },
  {
    id: 'node-name',
    when: 'a name leads to another node',
    parts: on3({ facts: { clusterName: known('node2') } }),
    severity: 'error',
    sentence: /the name node3 leads to another node: there, Pacemaker calls itself node2/,
  },
  {
    id: 'node-resolves',
    when: 'a name is not known',
    parts: on3({ facts: { names: { node1: [] } } }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^node3 does not know the name node1$/,
    fix: /\/etc\/hosts on node3: ADDRESS node1/,
  },
  {
    id: 'node-resolves',
    when: 'a name means the loopback address',
    parts: on3({ facts: { names: { node3: ['127.0.1.1'] } } }),
    severity: 'warning',
    sentence: /^on node3 the name node3 means a loopback address/,
  },
  {
    id: 'clock',
    when: 'a clock is ahead',
    parts: on3({ clockAheadMs: 61_000 }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^the clock of node3 is 61 s ahead of the one of node1/,
  },
  {
    id: 'agents',
    when: 'an agent is missing',
    parts: on3({ facts: { missingAgents: ['ocf:pha:pgsql'] } }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^ocf:pha:pgsql is not installed on node3/,
    fix: /^\.\/install\.sh$/,
  },
  {
    id: 'versions',
    when: 'major versions of PostgreSQL differ',
    parts: versions('postgresql', '14.9'),
    severity: 'error',
    sentence: /^PostgreSQL differs: 15\.14 on node1 and node2, 14\.9 on node3; different major versions/,
  },
  {
    id: 'versions',
    when: 'minor versions of PostgreSQL differ',
    parts: versions('postgresql', '15.13'),
    severity: 'warning',
    sentence: /^PostgreSQL differs: 15\.14 on node1 and node2, 15\.13 on node3$/,
  },
  {
    id: 'versions',
    when: 'Pacemaker differs',
    parts: versions('pacemaker', '2.1.6'),
    severity: 'warning',
    sentence: /^Pacemaker differs/,
  },
  {
    id: 'versions',
    when: 'the build differs',
    parts: versions('build', 'def'),
    severity: 'warning',
    sentence: /ocf:pha:pgsql \(digest\) differs/,
    fix: /^\.\/install\.sh$/,
  },
  {
    id: 'versions',
    when: 'Node.js differs',
    parts: versions('nodejs', '18.19.0'),
    severity: 'notice',
    sentence: /^Node\.js differs/,
  },
  {
    id: 'account',
    when: 'a node has no postgres',
    parts: on3({ facts: { database: unknown('there is no user postgres') } }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^there is no user postgres on node3$/,
  },
];

checkRows(t, nodeRules, ROWS);
