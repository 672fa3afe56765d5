import t from 'tap';
import type { ArbiterFacts } from '../../../../../../lib/commands/doctor/facts/facts.ts';
import { doctorReport } from '../../../../../../lib/commands/doctor/report.ts';
import { arbiterRules } from '../../../../../../lib/commands/doctor/rules/arbiter-rules.ts';
import { OFFLINE, SYNC } from '../../status/builders.ts';
import { type Parts, situation } from '../builders.ts';
import { checkRows, type Row } from '../row.ts';

const PARAMETERS = {
  enable_distlock: 'true',
  distlock_conninfo: 'host=node9 port=5439 user=locker password=s3cret',
  distlock_lockname: 'distlock:pgsql_cls1',
} as const;

const WELL = {
  kind: 'answers',
  owner: 'node1',
  hasRowAlone: true,
  database: '',
  fsync: true,
  inRecovery: false,
  systemIdentifier: '7000000000000000009',
} as const;

type Answer = ArbiterFacts['answer'];

const facts = (answer: Answer): ArbiterFacts => ({
  where: 'node9:5439',
  lock: 'distlock:pgsql_cls1',
  answer,
});

const pair = (
  first: Answer,
  second: Answer = first,
  parameters: Readonly<Record<string, string>> = {},
): Parts => ({
  nodes: { node1: { facts: { arbiter: facts(first) } }, node2: { facts: { arbiter: facts(second) } } },
  parameters: { ...PARAMETERS, ...parameters },
});

const SILENT: Answer = { kind: 'silent', sentence: 'the arbiter node9:5439: no answer in time' };

const ROWS: readonly Row[] = [
  {
    id: 'arbiter-reached',
    when: 'one node does not reach it',
    parts: pair(WELL, SILENT),
    severity: 'error',
    nodes: ['node2'],
    sentence: /^node2 cannot use the lock, .*no answer in time/,
  },
  {
    id: 'arbiter-reached',
    when: 'the role may not log in',
    parts: pair({ kind: 'refused', sentence: 'the arbiter node9:5439: password authentication failed' }),
    severity: 'error',
    nodes: ['node1', 'node2'],
    sentence: /^node1 and node2 cannot use the lock, .*password authentication failed/,
  },
  {
    id: 'arbiter-initialised',
    when: 'no table',
    parts: pair({
      kind: 'not-initialised',
      sentence: 'the arbiter node9:5439: relation "distlock" does not exist',
    }),
    severity: 'error',
    nodes: ['node1', 'node2'],
    sentence: /relation "distlock" does not exist/,
    fix: /^distlock CONNINFO init distlock:pgsql_cls1$/,
  },
  {
    id: 'arbiter-initialised',
    when: 'no table, and the last primary is off',
    parts: {
      ...pair({ kind: 'not-initialised', sentence: 'the arbiter node9:5439: no table' }),
      status: { nodes: { node1: OFFLINE, node2: SYNC } },
    },
    severity: 'error',
    sentence: /no table; but first bring node1 back, the last primary/,
    fix: /^when the last primary is back: distlock CONNINFO init/,
  },
  {
    id: 'arbiter-initialised',
    when: 'the tables of the original',
    parts: pair({ ...WELL, hasRowAlone: false }),
    severity: 'error',
    sentence: /has the lock distlock:pgsql_cls1, but no row distlock:pgsql_cls1#alone/,
    fix: /init distlock:pgsql_cls1/,
  },
  {
    id: 'arbiter-lock-database',
    when: 'initialised before there was such a row',
    parts: pair({ ...WELL, database: null }),
    severity: 'warning',
    sentence: /no row distlock:pgsql_cls1#database/,
    fix: /^distlock CONNINFO init distlock:pgsql_cls1$/,
  },
  {
    id: 'arbiter-lock-database',
    when: 'a cluster whose nodes have the same names uses it',
    parts: pair({ ...WELL, database: '7000000000000000005' }),
    severity: 'error',
    nodes: ['node1', 'node2'],
    sentence:
      /of the database with the system identifier 7000000000000000005, and here it is 7000000000000000001.* unlock distlock:pgsql_cls1#database 7000000000000000005$/,
    fix: /distlock_lockname=LOCK/,
  },
  {
    id: 'arbiter-durable',
    when: 'fsync is off',
    parts: pair({ ...WELL, fsync: false }),
    severity: 'error',
    nodes: ['node1', 'node2'],
    sentence: /fsync is off on the arbiter node9:5439/,
    fix: /ALTER SYSTEM SET fsync = on/,
  },
  {
    id: 'arbiter-durable',
    when: 'it is a standby',
    parts: pair({ ...WELL, inRecovery: true }),
    severity: 'error',
    sentence: /is a standby and takes no writes/,
    fix: /distlock_conninfo=CONNINFO; but only while the primary runs/,
  },
  {
    id: 'arbiter-outside',
    when: 'it is the database of the cluster',
    parts: pair({ ...WELL, systemIdentifier: '7000000000000000001' }),
    severity: 'error',
    nodes: ['node1', 'node2'],
    sentence: /the arbiter node9:5439 is the database of this cluster itself/,
  },
  {
    id: 'arbiter-same',
    when: 'each node reaches its own server',
    parts: pair(WELL, { ...WELL, systemIdentifier: '7000000000000000008' }),
    severity: 'error',
    nodes: ['node1', 'node2'],
    sentence:
      /^as the arbiter node9:5439 the nodes reach different servers, .* node1 the one with .*9, node2 the one with .*8; name one/,
    fix: /distlock_conninfo=CONNINFO/,
  },
  {
    id: 'arbiter-lock-own',
    when: 'another cluster has the lock',
    parts: pair({ ...WELL, owner: 'db7' }),
    severity: 'error',
    sentence: /^db7 has the lock distlock:pgsql_cls1, and is no node of this cluster/,
    fix: /^distlock CONNINFO init LOCK .* distlock_lockname=LOCK; but only while the primary runs, its standby streams/,
  },
  {
    id: 'arbiter-lease',
    when: 'the lease is shorter than two monitors',
    parts: pair(WELL, WELL, { distlock_lease_seconds: '5' }),
    severity: 'error',
    sentence: /distlock_lease_seconds is 5 s: give at least twice the interval/,
  },
  {
    id: 'arbiter-lease',
    when: 'the monitor of the standby comes too seldom for it',
    parts: {
      ...pair(WELL),
      operations:
        '<op id="a" name="monitor" interval="10s"/><op id="b" name="monitor" interval="3s" role="Promoted"/>',
    },
    severity: 'error',
    sentence: /distlock_lease_seconds is 9 s: with a monitor every 10 s the standby says too late/,
  },
  {
    id: 'arbiter-lease',
    when: 'a node that takes over does not wait for as long',
    parts: pair(WELL, WELL, { distlock_timeout_seconds: '9' }),
    severity: 'warning',
    sentence: /distlock_timeout_seconds is 9 s/,
  },
];

checkRows(t, arbiterRules, ROWS);

const arbiterEntries = (parts: Parts) =>
  doctorReport(situation(parts)).entries.filter(({ id }) => id.startsWith('arbiter-'));

t.test('nothing is wrong', async (t) => {
  const entries = arbiterEntries(pair(WELL));
  t.equal(entries.length, arbiterRules.length);
  t.ok(entries.every(({ severity }) => severity === 'ok'));
  t.ok(
    arbiterEntries(pair({ ...WELL, owner: '' })).every(({ severity }) => severity === 'ok'),
    'a lock that nobody has',
  );
  t.ok(
    arbiterEntries(pair(WELL, { ...WELL, owner: '' })).every(({ severity }) => severity === 'ok'),
    'it was given back between two answers of the same server',
  );
  t.ok(
    arbiterEntries(pair(WELL, { ...WELL, systemIdentifier: '' })).every(({ severity }) => severity === 'ok'),
    'a role that may not know the identifier',
  );
});

t.test('without a lock nothing is said of it', async (t) => {
  t.same(arbiterEntries({}), []);
});

t.test('with a lock two nodes need neither a majority nor fencing', async (t) => {
  const parts: Parts = {
    ...pair(WELL),
    options: { 'no-quorum-policy': 'ignore', 'stonith-enabled': 'false' },
  };
  const severityIn = (each: Parts) =>
    doctorReport(situation(each)).entries.find(({ id }) => id === 'no-quorum-policy')?.severity;
  t.equal(severityIn(parts), 'ok');
  t.equal(severityIn({ ...parts, parameters: {} }), 'warning');
});
