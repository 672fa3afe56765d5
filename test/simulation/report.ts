/** What a campaign has found, for people and for programs. */
import type { Found, Result } from './campaign.ts';
import type { Fault } from './faults/schedule.ts';
import { storyText } from './story.ts';

const perMinute = ({ runs, elapsedMs }: Result): number =>
  Math.round((runs * 60_000) / Math.max(1, elapsedMs));

export const reportJson = (result: Result): string =>
  JSON.stringify({
    runs: result.runs,
    clustersPerMinute: perMinute(result),
    violations: result.found.map(({ seed, settings, violation, faults, story }) => ({
      seed,
      settings,
      invariant: violation.invariant,
      what: violation.what,
      atMs: Math.round(violation.atMs),
      faults,
      story: storyText(story).split('\n'),
    })),
  });

export const reportText = (result: Result): string =>
  [
    ...result.found.map(foundText),
    `${result.runs} clusters, ${Math.round(result.simulatedMs / 3_600_000)} hours of theirs, ${result.acknowledged} acknowledged commits, ${perMinute(result)} clusters per minute of one core`,
    `${result.helped} needed a command that the exit reasons or the clean-up name; ${result.found.length || 'no'} violation${result.found.length === 1 ? '' : 's'}`,
  ].join('\n');

export const foundText = ({ seed, settings, violation, faults, story }: Found): string =>
  [
    `VIOLATION: ${violation.invariant}`,
    `  ${violation.what}`,
    `  seed ${seed}: ${settings.nodes} nodes${settings.hasLock ? ' and an arbiter' : ''}, sync_degrade=${settings.syncDegrade}, migration-threshold=${settings.migrationThreshold}; again: npm run -s simulate -- --runs 1 --seed ${seed} --nodes ${settings.nodes}`,
    `  ${faults.length === 0 ? 'without any fault' : 'these faults are enough:'}`,
    ...faults.map((fault) => `    ${faultText(fault)}`),
    '',
    storyText(story),
    '',
  ].join('\n');

const faultText = ({ kind, node, other, waitMs, waitMoments, forMs, amount }: Fault): string =>
  `${kind}: node${node + 1} (other: node${other + 1}), after ${Math.round(waitMs)} ms or ${waitMoments} moments, for ${Math.round(forMs)} ms, amount ${amount.toFixed(2)}`;
