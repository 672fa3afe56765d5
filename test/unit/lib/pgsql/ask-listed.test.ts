import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { answerOf, askListed, listedNodesOf } from '../../../../lib/pgsql/lock/ask-listed.ts';
import { parsePsqlCommand } from '../../../../lib/postgres/psql-command.ts';
import { shellWords } from '../../../../lib/postgres/shell-words.ts';
import { deadlineIn, monotonicMs } from '../../../../lib/system/clock.ts';
import { unstarted } from '../../../../lib/system/run-result.ts';

const lock = { schema: undefined, table: 'distlock', name: "of 'all" };

const listed = (place: string, nodes: readonly string[]) => {
  const target = parsePsqlCommand(place);
  if (!target.ok) throw new Error(target.reason);
  return listedNodesOf({ target: target.value, lock }, nodes);
};

t.test('what is run there only looks, and tells no password', async (t) => {
  t.equal(listed('host=node3', []), undefined);
  const place =
    'PGPASSWORD=geheim PGPASSFILE="/etc/my pass" psql "host=node3 password=geheim connect_timeout=5"';
  const command = listed(place, ['node2'])?.command ?? [];
  t.same(command.slice(2), [
    'PGPASSFILE=/etc/my pass',
    'distlock',
    'host=node3 connect_timeout=1',
    'status',
    "distlock:of 'all",
    '--json',
  ]);
  t.notMatch(command.join(' '), /geheim/);
});

t.test('all at once, without a question, and not this node itself', async (t) => {
  const folder = t.testdir({
    ssh: `#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift; node=$1; shift
echo "$*" > "${'$'}{0%/*}/$node.asked"
case $node in
  reaches) echo '{"lock": "pg", "condition": "held"}';;
  silent) echo '{"lock": "pg", "failure": "silent"}'; exit 1;;
  frozen) exec sleep 60;;
  *) echo "ssh: connect to host $node port 22: No route to host" >&2; exit 255;;
esac
`,
  });
  chmodSync(join(folder, 'ssh'), 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${folder}:${path}`;
  t.teardown(() => {
    process.env.PATH = path;
  });
  const nodes = listed('host=node3', ['NODE1', 'reaches', 'silent', 'frozen', 'off']);
  if (nodes === undefined) throw new Error('no list');
  const began = monotonicMs();
  t.match(await askListed('node1', nodes, deadlineIn(60_000)), [
    { node: 'reaches', answer: { kind: 'reached' } },
    { node: 'silent', answer: { kind: 'silent' } },
    { node: 'frozen', answer: { kind: 'not-asked', why: 'ssh: not finished in time' } },
    { node: 'off', answer: { kind: 'not-asked', why: /No route to host/ } },
  ]);
  t.ok(monotonicMs() - began < 30_000, 'one that is frozen is not waited for');
  t.same(shellWords(readFileSync(join(folder, 'silent.asked'), 'utf8')), nodes.command);
});

t.test('only an answer of distlock is one', async (t) => {
  const ended = { ...unstarted('ssh', '', false), exitCode: 1 };
  for (const [stdout, kind] of [
    ['{"failure": "refused"}', 'refused'],
    ['{"failure": "not-initialised"}', 'not-initialised'],
    ['{"failure": "outrun"}', 'not-asked'],
    ['{"condition": "held"}', 'not-asked'],
    ['1', 'not-asked'],
    ['', 'not-asked'],
  ] as const)
    t.equal(answerOf({ ...ended, stdout }).kind, kind, stdout);
  t.equal(answerOf({ ...ended, exitCode: 0, stdout: '{"condition": "free"}' }).kind, 'reached');
  t.equal(answerOf({ ...ended, exitCode: 0, stdout: 'Welcome' }).kind, 'not-asked');
});
