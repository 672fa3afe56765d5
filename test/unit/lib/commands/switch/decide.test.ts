import t from 'tap';
import { decideSwitch } from '../../../../../lib/commands/switch/decide.ts';
import { aSender } from '../../pgsql/builders.ts';
import {
  ASYNC,
  HEALTHY,
  lsn,
  OFFLINE,
  PRIMARY,
  primaryReport,
  promoting,
  type SnapshotParts,
  STOPPED,
  SYNC,
  snapshot,
} from '../status/builders.ts';

const decide = (parts: SnapshotParts = {}, wanted?: string) => decideSwitch(snapshot(parts), wanted);

const REFUSALS: readonly (readonly [string, SnapshotParts, string | undefined, number, RegExp])[] = [
  ['no quorum', { quorum: false }, undefined, 102, /without quorum/],
  ['two primaries', { nodes: { ...HEALTHY, node2: PRIMARY } }, undefined, 102, /nodes disagree/],
  ['an unknown node', {}, 'node9', 100, /no node node9; there are node1, node2 and node3/],
  ['no primary', { nodes: { ...HEALTHY, node1: { ...STOPPED } } }, 'node2', 10, /no primary/],
  [
    'between two primaries',
    {
      nodes: { ...HEALTHY, node1: { ...STOPPED } },
      mon: {
        instances: [promoting('node2')],
      },
    },
    undefined,
    10,
    /the cluster is busy \(Promoting on node2\); try again when it has settled/,
  ],
  ['maintenance', { options: { 'maintenance-mode': 'true' } }, undefined, 10, /cls_unmaintenance/],
  ['not replicated', { parameters: { rep_mode: 'none' } }, undefined, 10, /rep_mode=none/],
  ['another record', { replInfo: 'node3|1|00000000050001B0' }, undefined, 10, /does not name node1/],
  ['offline', { nodes: { ...HEALTHY, node3: OFFLINE } }, 'node3', 10, /node3 is offline/],
  ['stopped', { nodes: { ...HEALTHY, node3: STOPPED } }, 'node3', 10, /does not run/],
  [
    'in standby',
    { nodes: { ...HEALTHY, node3: { ...ASYNC, permanent: { standby: 'on' } } } },
    'node3',
    10,
    /cls_unstandby_node node3/,
  ],
  [
    'catching up',
    { nodes: { ...HEALTHY, node3: { ...ASYNC, dataStatus: 'CATCHUP|ASYNC' } } },
    'node3',
    10,
    /does not stream from node1 \(CATCHUP\|ASYNC\)/,
  ],
  [
    'a primary that refuses its agent',
    {
      nodes: {
        ...HEALTHY,
        node1: { ...PRIMARY, transient: { 'pgsql-refuses-agent': 'no pg_hba.conf entry' } },
      },
    },
    undefined,
    10,
    /PostgreSQL on node1 refuses its agent, which therefore cannot hand over \(no pg_hba\.conf entry\)/,
  ],
  [
    'a standby that does',
    {
      nodes: {
        ...HEALTHY,
        node3: { ...ASYNC, transient: { 'pgsql-refuses-agent': 'no pg_hba.conf entry' } },
      },
    },
    'node3',
    10,
    /PostgreSQL on node3 refuses its agent, which therefore could not promote it/,
  ],
  [
    'without the lock',
    {
      parameters: { enable_distlock: 'true' },
      nodes: {
        node1: PRIMARY,
        node2: { ...SYNC, transient: { 'pgsql-arbiter': 'silent|node1|1|0A|2026-11-22T01:00:00Z' } },
      },
    },
    'node2',
    10,
    /node2 does not reach the arbiter, and without the lock it would not be promoted/,
  ],
  [
    'banned',
    { mon: { bans: [{ id: 'cli-ban', resource: 'msPostgresql', node: 'node2', promotedOnly: true }] } },
    'node2',
    10,
    /constraint cli-ban/,
  ],
  [
    'failed too often',
    { mon: { failCounts: [{ resource: 'pgsql', node: 'node2', failCount: 3, migrationThreshold: 3 }] } },
    'node2',
    10,
    /failed 3 times.*cls_cleanup/,
  ],
  [
    'no standby is fit',
    { nodes: { node1: PRIMARY, node2: OFFLINE, node3: STOPPED } },
    undefined,
    10,
    /no standby can take over: node2 is offline; the database of node3 does not run/,
  ],
  [
    'far behind',
    {
      databases: {
        local: { known: false, reason: 'not asked for' },
        primary: primaryReport({
          flushed: '0/9000000',
          senders: [aSender('node3', { flushLsn: lsn('0/5000000') })],
        }),
      },
    },
    'node3',
    10,
    /node3 is 64\.0 MB behind/,
  ],
];

for (const [name, parts, wanted, code, sentence] of REFUSALS) {
  t.test(`refused: ${name}`, async (t) => {
    const verdict = decide(parts, wanted);
    t.match(verdict, { kind: 'refused', code });
    t.match(verdict.kind === 'refused' ? verdict.sentence : '', sentence);
  });
}

t.test('the synchronous standby takes over if nobody is named', async (t) => {
  const verdict = decide();
  t.match(verdict, {
    kind: 'plan',
    plan: {
      purpose: 'node2 becomes the primary, and node1 its standby.',
      warnings: [],
      steps: [
        { kind: 'checkpoint' },
        {
          kind: 'name-successor',
          successor: 'node2',
          primary: 'node1',
          replInfo: 'node1|1|00000000050001B0',
          becomesSynchronous: false,
        },
        { kind: 'await-primary' },
        { kind: 'await-standby' },
      ],
    },
  });
});

t.test('any other that streams can be named, and becomes the synchronous one first', async (t) => {
  t.match(decide({}, 'node3'), {
    kind: 'plan',
    plan: { steps: [{}, { successor: 'node3', becomesSynchronous: true }] },
  });
});

t.test('async: the one with the best score', async (t) => {
  const verdict = decide({
    parameters: { rep_mode: 'async' },
    nodes: { node1: PRIMARY, node2: { ...ASYNC, score: '99' }, node3: { ...ASYNC, score: '100' } },
  });
  t.match(verdict, { plan: { steps: [{}, { successor: 'node3', becomesSynchronous: false }] } });
});

t.test('a node that is down is no obstacle, but said', async (t) => {
  const verdict = decide({ nodes: { node1: PRIMARY, node2: SYNC, node3: OFFLINE } });
  t.match(verdict, { kind: 'plan' });
  t.match(verdict.kind === 'plan' ? verdict.plan.warnings[0] : '', /node3 is offline: until node1 is back/);
});

t.test('nothing is to be done where the node is the primary already', async (t) => {
  t.match(decide({}, 'node1'), { kind: 'nothing-to-do', sentence: 'node1 is the primary already' });
});
