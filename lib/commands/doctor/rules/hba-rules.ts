import { askHba, type HbaAnswer } from '../../../postgres/hba.ts';
import { enumerate } from '../../cli/text.ts';
import { addressesOf, attempts, hbaLines, isExcused } from '../logins.ts';
import { byValue, type Finding, finding, on, type Rule } from '../rule.ts';
import { databases, isReplicated, type Situation } from '../situation.ts';

const GROUP = 'Replication';

/** pg_hba.conf as it is on disk: what the next reload, or the next start, will make of it. */
export const hbaRules: readonly Rule[] = [
  {
    id: 'hba',
    group: GROUP,
    checks: 'pg_hba.conf lets standbys in from every other node, also after the next reload',
    find: hbaFiles,
  },
  {
    id: 'hba-trust',
    group: GROUP,
    checks: 'nobody may replicate without a password',
    find: (situation) => {
      const asked = askEveryHba(situation, 'replication');
      if (asked === undefined) return undefined;
      const trusting = asked.flatMap(({ node, path, answer }) =>
        answer.kind === 'let-in' && answer.method === 'trust'
          ? [{ node, value: `${path}, line ${answer.line}` }]
          : [],
      );
      return byValue(trusting).map(({ value, nodes }) =>
        finding(
          'warning',
          nodes,
          `${value}, ${on(nodes)} lets everybody there copy the whole database without a password (trust)`,
          `${value}, ${on(nodes)}: scram-sha-256 in place of trust   (takes a reload)`,
        ),
      );
    },
  },
  {
    id: 'hba-errors',
    group: GROUP,
    checks: 'pg_hba.conf has no line that PostgreSQL cannot read',
    find: (situation) => {
      const servers = databases(situation).flatMap(({ node, database: { server } }) =>
        server.kind === 'answers' ? [{ node, errors: server.server.hbaErrors }] : [],
      );
      if (servers.length === 0) return undefined;
      return servers
        .filter(({ errors }) => errors.length > 0)
        .map(({ node, errors }) =>
          finding(
            'error',
            [node],
            `pg_hba.conf on ${node} cannot be read (${errors.join('; ')}): no change of it takes effect, and PostgreSQL does not start with it`,
            `correct the line, then: psql -c 'SELECT pg_reload_conf()'   (on ${node})`,
          ),
        );
    },
  },
];

interface AskedHba {
  readonly node: string;
  readonly path: string;
  readonly from: string;
  readonly answer: HbaAnswer;
}

/** What each node's file says to each other node. */
function askEveryHba(situation: Situation, database: string): readonly AskedHba[] | undefined {
  const user = situation.resource?.parameters.repuser;
  const known = databases(situation).filter(({ database: { hba } }) => hba.known);
  if (known.length === 0 || user === undefined || !isReplicated(situation)) return undefined;
  return known.flatMap(({ node, database: { hba } }) =>
    situation.nodes
      .filter((other) => other !== node)
      .flatMap((from) => {
        const [address] = addressesOf(from, situation);
        if (!hba.known || address === undefined) return [];
        const { path, lines } = hba.value;
        return [{ node, path, from, answer: askHba(lines, { database, user, address }) }];
      }),
  );
}

/** One that really got in is a matter of the file only if the file has changed since. */
function hbaFiles(situation: Situation): readonly Finding[] | undefined {
  const refused = askEveryHba(situation, 'replication')?.filter(
    ({ answer }) => answer.kind === 'no-line' || answer.kind === 'rejected',
  );
  if (refused === undefined) return undefined;
  const tried = attempts(situation, 'replication');
  return byValue(
    refused.flatMap((asked) => {
      const login = tried.find(({ from, login: { node } }) => from === asked.from && node === asked.node);
      const failedAlready = login?.login.result.kind === 'out' && !isExcused(login.login, situation);
      return failedAlready ? [] : [{ node: asked.from, value: asked }];
    }),
    ({ node, answer }) => `${node} ${answer.kind}`,
  ).map(({ value: { node, path, answer }, nodes }) => {
    const isRunning = databases(situation).some(
      (each) => each.node === node && each.database.server.kind !== 'stopped',
    );
    return finding(
      isRunning ? 'warning' : 'error',
      [node],
      `${path} on ${node} ${answer.kind === 'rejected' ? `rejects (line ${answer.line})` : 'has no line for'} replication from ${enumerate(nodes)}${isRunning ? ': it takes effect at the next reload' : ''}`,
      hbaLines(node, nodes, situation, 'replication'),
    );
  });
}
