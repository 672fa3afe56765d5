import t from 'tap';
import { reportLines } from '../../../../../lib/commands/doctor/render.ts';
import { doctorReport } from '../../../../../lib/commands/doctor/report.ts';
import { RULES } from '../../../../../lib/commands/doctor/rules/all.ts';
import { situation } from './builders.ts';

t.test('nothing is found in a cluster that is well', async (t) => {
  const report = doctorReport(situation());
  t.strictSame(
    report.entries
      .filter(({ severity }) => severity !== 'ok')
      .map(({ id, sentence }) => `${id}: ${sentence}`),
    [],
  );
  t.equal(report.code, 0);
});

t.test('each rule has an id of its own', async (t) => {
  t.equal(new Set(RULES.map(({ id }) => id)).size, RULES.length);
});

const sick = doctorReport(
  situation({
    nodes: {
      node1: {},
      node2: { settings: { fsync: 'off', hot_standby_feedback: 'off' } },
      node3: { notExamined: 'ssh: exit code 255: \u001b[31mno\u001b[0m' },
    },
  }),
);

t.test('findings stand in their groups, the gravest first, each with its fix below', async (t) => {
  t.equal(sick.code, 1);
  t.strictSame(sick.notExamined, ['node3']);
  const lines = reportLines(sick, false);
  t.equal(lines[0], 'The cluster as seen from node1: node1 and node2 examined, node3 not examined.');
  const at = lines.findIndex((line) => line.startsWith('PostgreSQL settings ('));
  t.match(lines[at], /^PostgreSQL settings \(\d+ checks ok\)$/);
  t.match(lines[at + 1], /^ {2}ERROR {3}fsync = off on node2: /);
  t.equal(lines[at + 2], '          => postgresql.conf on node2: fsync = on   (takes a reload)');
  t.match(lines[at + 3], /^ {2}notice {2}hot_standby_feedback = off on node2: /);
  t.ok(lines.some((line) => /^Secrets: ok \(\d+ checks\)$/.test(line)));
  t.match(lines.at(-1), /^2 errors, 0 warnings, 1 notice; \d+ checks ok\.$/);
});

t.test('what another node said does not steer the terminal', async (t) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  t.notMatch(reportLines(sick, false).join(''), /\u001b/);
});

t.test('with --verbose every check is named; a screen has its width', async (t) => {
  t.match(reportLines(sick, true).join('\n'), /^ {2}ok {6}wal_level is replica or logical$/m);
  const narrow = reportLines(sick, false, 60);
  t.ok(
    narrow.filter((line) => !line.includes('=>')).every((line) => line.length <= 60),
    'sentences are wrapped',
  );
});
