/** Two nodes and an arbiter: whatever is cut, frozen or switched off, nothing that was acknowledged is lost. */
import fc from 'fast-check';
import t from 'tap';
import { NODES, type Place, TICK_MS, TwoNodes } from '../two-nodes-model.ts';

type Event = (cluster: TwoNodes) => void;

const PLACES: readonly Place[] = ['node1', 'node2', 'arbiter'];
const pairs = PLACES.flatMap((from) => PLACES.filter((to) => to !== from).map((to) => [from, to] as const));

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(...pairs), fc.boolean()).map(
      ([[from, to], isUp]): Event =>
        (c) =>
          c.setLink(from, to, isUp),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(...pairs), fc.boolean()).map(
      ([[from, to], isUp]): Event =>
        (c) => {
          c.setLink(from, to, isUp);
          c.setLink(to, from, isUp);
        },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...NODES).map(
      (name): Event =>
        (c) =>
          c.powerOff(name),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...NODES).map(
      (name): Event =>
        (c) =>
          c.boot(name),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...NODES), fc.boolean()).map(
      ([name, is]): Event =>
        (c) =>
          c.freeze(name, is),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.boolean().map(
      (isUp): Event =>
        (c) => {
          c.arbiterUp = isUp;
        },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: -3_600_000, max: 3_600_000 }).map(
      (ms): Event =>
        (c) => {
          c.arbiterShift = ms;
        },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (isSlow): Event =>
        (c) => {
          c.arbiterSlow = isSlow;
        },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...NODES), fc.boolean()).map(
      ([name, is]): Event =>
        (c) =>
          c.manage(name, is),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...NODES), fc.integer({ min: 0, max: 6 })).map(
      ([name, steps]): Event =>
        (c) =>
          c.dieAfterSteps(name, steps),
    ),
  },
  { weight: 2, arbitrary: fc.constant<Event>((c) => c.healAll()) },
);

const run = (cluster: TwoNodes, ms: number): void => {
  for (let at = 0; at < ms; at += TICK_MS) cluster.tick();
};

const schedule = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), event), { minLength: 1, maxLength: 14 });
const RUNS = Number(process.env.RUNS ?? 60);

t.test('a quiet cluster stays as it is', async (t) => {
  const cluster = new TwoNodes('sync');
  run(cluster, 60_000);
  t.same(cluster.primaries, ['node1']);
  t.same(cluster.faults, []);
  t.same(cluster.log, []);
});

t.test('the primary is lost, and the standby takes over', async (t) => {
  const cluster = new TwoNodes('sync');
  run(cluster, 20_000);
  cluster.powerOff('node1');
  run(cluster, 16_000);
  t.same(cluster.primaries, ['node2'], cluster.log.join('\n'));
  cluster.boot('node1');
  run(cluster, 60_000);
  t.same(cluster.primaries, ['node2']);
  t.same(cluster.faults, []);
});

t.test('so it does while the clock of the arbiter is set an hour off', async (t) => {
  for (const shiftMs of [-3_600_000, 3_600_000]) {
    const cluster = new TwoNodes('async');
    run(cluster, 20_000);
    cluster.arbiterShift = shiftMs;
    run(cluster, 2_000);
    t.same(cluster.primaries, ['node1'], 'which takes no primary down');
    cluster.powerOff('node1');
    run(cluster, 16_000);
    t.same(cluster.primaries, ['node2'], cluster.log.join('\n'));
    t.same(cluster.faults, []);
  }
});

t.test('the arbiter is down: the primary goes on by the word of its standby', async (t) => {
  const cluster = new TwoNodes('sync');
  run(cluster, 20_000);
  cluster.arbiterUp = false;
  run(cluster, 60_000);
  t.same(cluster.primaries, ['node1'], cluster.log.join('\n'));
  t.same(cluster.log, []);
});

t.test('cut from each other the primary goes on alone, and then it is lost: nobody takes over', async (t) => {
  const cluster = new TwoNodes('sync');
  run(cluster, 20_000);
  cluster.setLink('node1', 'node2', false);
  cluster.setLink('node2', 'node1', false);
  const before = cluster.acknowledged.size;
  run(cluster, 30_000);
  t.ok(cluster.acknowledged.size > before, 'writes go on');
  cluster.powerOff('node1');
  run(cluster, 60_000);
  t.same(cluster.primaries, [], cluster.log.join('\n'));
  cluster.healAll();
  run(cluster, 60_000);
  t.same(cluster.primaries, ['node1'], cluster.log.join('\n'));
  t.same(cluster.faults, []);
});

t.test('a primary that went on alone loses its power before its CIB is on disk', async (t) => {
  for (let aliveMs = 250; aliveMs <= 1_000; aliveMs += TICK_MS) {
    const cluster = new TwoNodes('sync');
    run(cluster, 20_000);
    cluster.setLink('node1', 'node2', false);
    cluster.setLink('node2', 'node1', false);
    while (cluster.aloneOwner !== 'node1') cluster.tick();
    const before = cluster.acknowledged.size;
    run(cluster, aliveMs);
    t.ok(cluster.acknowledged.size > before, 'it has acknowledged what nobody else has');
    cluster.powerOff('node1');
    run(cluster, 2_000);
    cluster.boot('node1');
    while (cluster.primaries.length === 0) cluster.tick();
    run(cluster, 1_000);
    cluster.powerOff('node1');
    run(cluster, 60_000);
    t.same(cluster.primaries, [], 'by its own copy of the CIB node2 may take over; the arbiter knows better');
    cluster.healAll();
    run(cluster, 60_000);
    t.same(cluster.primaries, ['node1']);
    t.same(cluster.faults, []);
  }
});

t.test('the primary is cut off just when the arbiter comes back', async (t) => {
  for (let phaseMs = 0; phaseMs < 4_000; phaseMs += TICK_MS)
    for (const downMs of [12_000, 14_500, 17_000]) {
      const cluster = new TwoNodes('async');
      run(cluster, 20_000 + phaseMs);
      cluster.arbiterUp = false;
      run(cluster, downMs);
      for (const other of ['node2', 'arbiter'] as const) {
        cluster.setLink('node1', other, false);
        cluster.setLink(other, 'node1', false);
      }
      cluster.arbiterUp = true;
      run(cluster, 50_000);
      const story = [`phase ${phaseMs}, down ${downMs}`, ...cluster.log, ...cluster.faults].join('\n');
      if (cluster.faults.length > 0 || cluster.primaries.join() !== 'node2') t.fail(story);
    }
});

t.test('whatever happened, once all is healed there is a primary again', async (t) => {
  fc.assert(
    fc.property(schedule, fc.constantFrom('sync' as const, 'async' as const), (events, repMode) => {
      const cluster = new TwoNodes(repMode);
      run(cluster, 20_000);
      for (const [ticks, act] of events) {
        act(cluster);
        run(cluster, ticks * TICK_MS);
      }
      cluster.healAll();
      run(cluster, 120_000);
      if (cluster.primaries.length !== 1)
        throw new Error([...cluster.log, ...cluster.faults, cluster.describe()].join('\n'));
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

for (const repMode of ['sync', 'async'] as const)
  t.test(`whatever happens, rep_mode=${repMode}`, async (t) => {
    const rate = fc.double({ min: 0.995, max: 1.005, noNaN: true });
    const offset = fc.integer({ min: 60_000, max: 1e9 });
    fc.assert(
      fc.property(schedule, fc.tuple(rate, rate), fc.tuple(offset, offset), (events, rates, offsets) => {
        const cluster = new TwoNodes(repMode, rates, offsets);
        run(cluster, 20_000);
        for (const [ticks, act] of events) {
          act(cluster);
          run(cluster, ticks * TICK_MS);
        }
        // Whoever is left must not take over with less than what was acknowledged.
        const [primary] = cluster.primaries;
        if (primary !== undefined) {
          cluster.powerOff(primary);
          cluster.healNetwork();
          run(cluster, 60_000);
        }
        if (cluster.faults.length > 0) throw new Error([...cluster.log, ...cluster.faults].join('\n'));
      }),
      { numRuns: RUNS },
    );
    t.pass();
  });
