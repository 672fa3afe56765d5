import t from 'tap';
import { type Result, settingsOf, simulate } from './campaign.ts';
import { scheduleOf } from './faults/schedule.ts';
import { MUTANTS, MUTANTS_OF_TWO } from './mutants.ts';
import { reportJson, reportText } from './report.ts';
import { REAL_RULES } from './rules.ts';
import { runCluster } from './run.ts';
import type { StoryLine } from './world.ts';

const SEED = 1;
/** Clusters in which nothing may be found. */
const RUNS = 400;
/** Clusters in which each broken rule must be found; as a rule some dozens are enough. */
const RUNS_OF_A_MUTANT = 3000;

const campaign = (rules = REAL_RULES, runs = RUNS, mostFound?: number, nodes?: number): Result =>
  simulate({ runs, seed: SEED, nodes, mostFound }, rules, () => 0);

t.test('the rules as they are: nothing is found', async (t) => {
  const result = campaign();
  t.equal(result.found.length, 0, reportText(result));
  t.equal(result.runs, RUNS);
  t.ok(result.acknowledged > RUNS * 10, 'clients could write');
});

t.test('two nodes and an arbiter: nothing is found', async (t) => {
  const result = campaign(REAL_RULES, RUNS, undefined, 2);
  t.equal(result.found.length, 0, reportText(result));
  t.ok(result.acknowledged > RUNS * 10, 'clients could write');
});

for (const [name, rules] of Object.entries(MUTANTS)) {
  t.test(`a broken rule is found: ${name}`, async (t) => {
    const result = campaign(rules, RUNS_OF_A_MUTANT, 1, MUTANTS_OF_TWO.includes(name) ? 2 : undefined);
    const [found] = result.found;
    t.ok(found, `in ${result.runs} clusters`);
    if (found === undefined) return;
    t.comment(`${name}: after ${result.runs} clusters: ${found.violation.invariant}`);
    if (MUTANTS_OF_TWO.includes(name))
      t.notMatch(found.violation.invariant, /heals|starts|bounded/, 'and not only since nobody helps');
    t.ok(found.faults.length <= scheduleOf(found.settings).length, 'the schedule is no longer');
    t.match(found.story.at(-1)?.who, /VIOLATION|node|corosync|network/, 'and there is a story of it');
  });
}

t.test('a seed is one cluster with one story', async (t) => {
  const storyOf = (seed: number): StoryLine[] => {
    const story: StoryLine[] = [];
    const settings = settingsOf(seed, undefined);
    runCluster(settings, scheduleOf(settings), REAL_RULES, story);
    return story;
  };
  const first = storyOf(7);
  t.same(storyOf(7), first);
  t.ok(first.length > 50);
});

t.test('the report for programs', async (t) => {
  const result = JSON.parse(reportJson(campaign(REAL_RULES, 2)));
  t.match(result, { runs: 2, clustersPerMinute: Number, violations: [] });
});
