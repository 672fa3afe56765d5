import t from 'tap';
import { type TestResult, tapReader } from '../../../scripts/tap-lines.ts';

const read = (text: string): { started: string[]; ended: TestResult[] } => {
  const started: string[] = [];
  const ended: TestResult[] = [];
  const reader = tapReader({
    started: (path) => started.push(path.join('/')),
    ended: (result) => ended.push(result),
  });
  for (const line of text.split('\n')) reader.line(line);
  return { started, ended };
};

const brief = (results: readonly TestResult[]): string[] =>
  results.map(({ path, verdict, reason }) => [verdict, path.join('/'), reason].join(' ').trim());

t.test('a test counts once, however many assertions it has', async (t) => {
  const { started, ended } = read(`TAP version 14
# Subtest: outer
    # Subtest: one \\# two
        ok 1 - should be equal
        ok 2 - should be equal
        1..2
    ok 1 - one \\# two # time=3ms
    
    # Subtest: other
        ok 1 - x
        1..1
    ok 2 - other # time=1ms
    
    1..2
ok 1 - outer # time=5ms

1..1
# { total: 3, pass: 3 }`);
  t.same(brief(ended), ['passed outer/one # two', 'passed outer/other']);
  t.same(started, ['outer', 'outer/one # two', 'outer/other']);
});

t.test('a failure brings its lines along', async (t) => {
  const { ended } = read(`# Subtest: bad
    not ok 1 - numbers
      ---
      compare: ===
      source: |
        ok 7 - this is source text

      ...
    
    ok 2 - after it
    1..2
not ok 1 - bad # time=21ms
  ---
  at:
    lineNumber: 3
  ...

# Subtest: good
    ok 1 - fine
    1..1
ok 2 - good # time=1ms`);
  t.same(brief(ended), ['failed bad', 'passed good']);
  t.match(ended[0]?.details.join('\n'), /^not ok 1 - numbers\n {2}---\n {2}compare: ===/);
});

t.test('skips keep their reason', async (t) => {
  const { ended } = read(`# Subtest: group
    ok 1 - no kernel here # SKIP has no IPVS
    # Subtest: inside
        ok 1 - no IPVS here # SKIP
        1..1
    ok 2 - inside # time=1ms
    # Subtest: plan
        1..0 # nothing
    ok 3 - plan # SKIP nothing
    1..3
ok 1 - group # time=4ms
ok 2 - alone # SKIP no pcs
ok 3 - later # TODO
1..3`);
  t.same(brief(ended), [
    'skipped group/inside no IPVS here',
    'skipped group/plan nothing',
    'skipped group/no kernel here has no IPVS',
    'skipped alone no pcs',
    'skipped later',
  ]);
});

t.test('an assertion beside tests can fail the group', async (t) => {
  const { ended } = read(`# Subtest: group
    # Subtest: inside
        ok 1 - x
        1..1
    ok 1 - inside # time=1ms
    not ok 2 - timeout!
      ---
      expired: group
      ...
    
    1..2
not ok 1 - group # time=4ms
  ---
  at: 3
  ...

not ok 2 - group # time=4ms
1..2`);
  t.same(brief(ended), ['passed group/inside', 'failed group']);
});

t.test('assertions outside of tests', async (t) => {
  const { ended } = read(`TAP version 14
ok 1 - x
not ok 2 - late
  ---
  stack: |
    here
  ...

1..2`);
  t.same(brief(ended), ['passed x', 'failed late']);
  t.ok(ended[1]?.details.includes('  stack: |'));
});

t.test('what a test prints is not taken for a result', async (t) => {
  const { ended } = read(`# Subtest: noisy
hello
    ok 1 - real
        ok 1 - printed too deep
    1..1
ok 1 - noisy # time=1ms`);
  t.same(brief(ended), ['passed noisy']);
});
