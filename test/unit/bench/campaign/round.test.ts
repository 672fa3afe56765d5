import fc from 'fast-check';
import t from 'tap';
import {
  CLUSTER_PROCESSES,
  describe,
  type Fault,
  HBA_MISTAKES,
  nameOf,
  PLACES,
  SERVER_PROCESSES,
} from '../../../../bench/campaign/faults.ts';
import {
  idOf,
  type Round,
  roundOf,
  roundsFrom,
  setsClock,
  storyOf,
} from '../../../../bench/campaign/round.ts';

const THOUSANDS = Array.from({ length: 5_000 }, (_, seed) => roundOf(seed));

const faultsOf = ({ faults }: Round): readonly Fault[] => faults.map(({ fault }) => fault);

t.test('a seed is a round, and a campaign goes through neighbours', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999 }), (seed) => {
      t.strictSame(roundOf(seed), roundOf(seed));
      t.strictSame(roundsFrom(seed, 3, undefined), [roundOf(seed), roundOf(seed + 1), roundOf(seed + 2)]);
    }),
    { numRuns: 50 },
  );
});

t.test('--only leaves rounds out, and changes none', async (t) => {
  const rounds = roundsFrom(7, 5, /^freeze@sync$/);
  t.equal(rounds.length, 5);
  for (const round of rounds) {
    t.equal(idOf(round), 'freeze@sync');
    t.strictSame(round, roundOf(round.seed), 'its seed alone plays it again');
  }
  t.strictSame(roundsFrom(7, 5, /nobody is called so/), []);
});

t.test('every fault comes, wherever it can be', async (t) => {
  const names = new Set(THOUSANDS.flatMap((round) => faultsOf(round).map(nameOf)));
  for (const place of PLACES) {
    for (const process of CLUSTER_PROCESSES)
      t.ok(names.has(`kill-${process}@${place}`), `${process}@${place}`);
    for (const mistake of HBA_MISTAKES) t.ok(names.has(`hba-${mistake}@${place}`));
    for (const kind of ['off', 'cut', 'flap', 'freeze', 'full-disk', 'hung-disk', 'slow-disk', 'clock-slow'])
      t.ok(names.has(`${kind}@${place}`), `${kind}@${place}`);
  }
  for (const process of SERVER_PROCESSES)
    t.ok(
      [...names].some((name) => name.startsWith(`kill-${process}@`)),
      process,
    );
  for (const link of ['one-way@primary-sync', 'one-way@sync-primary', 'between@other-primary'])
    t.ok(names.has(link), link);
  t.notOk(names.has('kill-walreceiver@primary'), 'a primary has none');
  const pairs = THOUSANDS.filter(({ faults }) => faults.length === 2).length / THOUSANDS.length;
  t.ok(pairs > 0.25 && pairs < 0.35, `${pairs} have two`);
});

t.test('two at once can both begin and both end', async (t) => {
  const cannotShare = ['off', 'freeze', 'full-disk', 'hung-disk', 'slow-disk'];
  for (const round of THOUSANDS) {
    const [first, second] = faultsOf(round);
    if (first === undefined || second === undefined || first.place !== second.place) continue;
    t.notOk(cannotShare.includes(first.kind) || cannotShare.includes(second.kind), storyOf(round));
    t.not(first.kind, second.kind, storyOf(round));
  }
});

t.test('a story has what a person wants to know', async (t) => {
  const round: Round = {
    seed: 5,
    faults: [
      { fault: { kind: 'kill', process: 'corosync', place: 'sync' }, afterMs: 0 },
      { fault: { kind: 'one-way', place: 'primary', to: 'other', seconds: 3.5 }, afterMs: 1200 },
    ],
  };
  t.equal(idOf(round), 'kill-corosync@sync + one-way@primary-other');
  t.equal(storyOf(round), 'kill-corosync@sync + one-way@primary-other (3.5 s) after 1200 ms');
  t.equal(describe({ kind: 'flap', place: 'other', times: 3, eachMs: 500 }), 'flap@other (3 times 500 ms)');
  t.equal(describe({ kind: 'hba', mistake: 'nobody', place: 'sync', seconds: 2 }), 'hba-nobody@sync (2.0 s)');
  t.equal(
    describe({ kind: 'stop', process: 'startup', place: 'sync', seconds: 2 }),
    'stop-startup@sync (2.0 s)',
  );
  t.notOk(setsClock(round));
  const clock: Fault = { kind: 'clock', clock: 'fast', place: 'other', seconds: 4 };
  t.ok(setsClock({ seed: 1, faults: [{ fault: clock, afterMs: 0 }] }));
  t.equal(nameOf(clock), 'clock-fast@other');
});
