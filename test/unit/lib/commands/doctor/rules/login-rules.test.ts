import t from 'tap';
import { doctorReport } from '../../../../../../lib/commands/doctor/report.ts';
import { loginRules } from '../../../../../../lib/commands/doctor/rules/login-rules.ts';
import { addressOf, refusal, situation } from '../builders.ts';
import { checkRows, on3, type Row } from '../row.ts';

const ROWS: readonly Row[] = [
  {
    id: 'login-replication',
    when: 'pg_hba.conf of node3 refuses node1 and node2',
    parts: {
      nodes: Object.fromEntries(
        ['node1', 'node2', 'node3'].map((node) => [
          node,
          node === 'node3'
            ? {}
            : {
                database: {
                  logins: [
                    refusal(
                      'node3',
                      'replication',
                      `no pg_hba.conf entry for replication connection from host "${addressOf(node)}"`,
                    ),
                  ],
                },
              },
        ]),
      ),
    },
    severity: 'error',
    nodes: ['node3'],
    sentence:
      /^replication does not get in for replication from node1 and node2 at node3 \(192\.168\.0\.233\)/,
    fix: /^pg_hba\.conf on node3, above lines that refuse: host replication replication 192\.168\.0\.0\/24 scram-sha-256/,
  },
  {
    id: 'login-replication',
    when: 'the password is wrong',
    parts: on3({
      database: {
        logins: [null, 'node1', 'node2'].map((node) =>
          refusal(node, 'replication', 'password authentication failed'),
        ),
      },
    }),
    severity: 'error',
    nodes: ['node3'],
    sentence:
      /from node3 at node1 \(192\.168\.0\.231\) and node2 \(192\.168\.0\.232\) \(password authentication failed\)/,
    fix: /passfile of postgres on node3/,
  },
  {
    id: 'login-replication',
    when: 'a firewall is between',
    parts: on3({
      database: {
        logins: [refusal('node2', 'replication', 'connect ECONNREFUSED 192.168.0.232:5432', 'refused')],
      },
    }),
    severity: 'error',
    nodes: ['node2'],
    sentence: /from node3 at node2/,
    fix: /^let port 5432 of node2 through/,
  },
  {
    id: 'login-replication',
    when: 'a node that was not examined, and runs its server, cannot be reached',
    parts: {
      nodes: {
        node1: {},
        node2: { notExamined: 'ssh' },
        node3: {
          database: { logins: [refusal('node2', 'replication', 'no connection in time', 'refused')] },
        },
      },
    },
    severity: 'error',
    nodes: ['node2'],
    sentence: /from node3 at node2/,
  },
  {
    id: 'login-rewind',
    when: 'pg_hba.conf lets replication in and nothing else',
    parts: on3({
      database: { logins: [refusal('node1', 'sql', 'no pg_hba.conf entry for host "192.168.0.233"')] },
    }),
    severity: 'warning',
    nodes: ['node1'],
    sentence: /to the database postgres from node3 at node1/,
    fix: /host postgres replication 192\.168\.0\.0\/24/,
  },
  {
    id: 'rewind-rights',
    when: 'the user may not read files',
    parts: on3({
      database: {
        logins: [
          {
            node: 'node1',
            host: 'x',
            as: 'sql',
            result: { kind: 'in', lacks: ['pg_read_binary_file(text)'] },
          },
        ],
      },
    }),
    severity: 'warning',
    sentence: /pg_read_binary_file\(text\)$/,
    fix: /GRANT EXECUTE ON FUNCTION pg_catalog\.pg_read_binary_file\(text\) TO "replication"/,
  },
];

checkRows(t, loginRules, ROWS);

t.test('a server that is silent is said once, and not by those who cannot reach it', async (t) => {
  const silent = { kind: 'silent', failure: 'timeout', reason: 'no connection in time' } as const;
  const sick = situation({
    nodes: {
      node1: {},
      node2: { database: { server: silent } },
      node3: { database: { logins: [refusal('node2', 'replication', 'no connection in time', 'refused')] } },
    },
  });
  t.strictSame(
    doctorReport(sick)
      .entries.filter(({ severity }) => severity === 'error')
      .map(({ id }) => id),
    ['server-silent'],
  );
});
