import fc from 'fast-check';
import t from 'tap';
import { type LeaseParameters, leaseBudget, objectionsToLease } from '../../../../lib/distlock/lease.ts';

const DEFAULTS: LeaseParameters = {
  leaseMs: 9000,
  timeoutMs: 12_000,
  monitorMs: 3000,
  standbyMonitorMs: 4000,
  answerMs: 2000,
};

t.test('the sum of worst cases for the defaults', async (t) => {
  t.same(leaseBudget(DEFAULTS), { quitAfterMs: 7210, killAfterMs: 8210 });
  t.same(objectionsToLease(DEFAULTS), []);
});

t.test('what does not fit is said', async (t) => {
  const cases: readonly (readonly [Partial<LeaseParameters>, boolean, RegExp])[] = [
    [
      { leaseMs: 5900, standbyMonitorMs: 1000 },
      true,
      /^distlock_lease_seconds is 5.9 s: give at least twice .*, 6 s$/,
    ],
    [{ monitorMs: 30_000 }, true, /^distlock_lease_seconds is 9 s: give at least twice .*, 60 s$/],
    [
      { leaseMs: 7000, standbyMonitorMs: 1000 },
      false,
      /comes too late for it; give 8 s or a shorter interval/,
    ],
    [{ answerMs: 5000, timeoutMs: 20_000 }, false, /comes too late for it; give 11 s/],
    [
      { standbyMonitorMs: 10_000 },
      true,
      /^distlock_lease_seconds is 9 s: with a monitor every 10 s the standby says too late .*; give 16 s/,
    ],
    [{ timeoutMs: 9000 }, false, /^distlock_timeout_seconds is 9 s: .* give at least 12 s$/],
    [{ timeoutMs: 9000, timeoutName: 'WAIT' }, false, /^WAIT is 9 s/],
    [{ monitorMs: 30_000, leaseName: 'LEASE' }, true, /^LEASE is 9 s/],
  ];
  for (const [parameters, endsPrimary, sentence] of cases) {
    const objections = objectionsToLease({ ...DEFAULTS, ...parameters });
    t.match(objections, [{ sentence, endsPrimary }]);
    t.equal(objections.length, 1);
  }
  t.same(
    objectionsToLease({ ...DEFAULTS, standbyMonitorMs: 10_000, leaseMs: 16_000, timeoutMs: 19_000 }),
    [],
    'as advised',
  );
  const { standbyMonitorMs: _, ...unknown } = DEFAULTS;
  t.same(
    objectionsToLease(unknown),
    [],
    'who does not know how often the standby is looked at does not judge it',
  );
  t.same(
    objectionsToLease({ ...DEFAULTS, leaseMs: 11_000, answerMs: 5000, timeoutMs: 17_000 }),
    [],
    'as advised',
  );
});

/**
 * One renewal and a contender, by one true time that no program sees. The arbiter writes its own wall clock, wrong by any
 * amount; the owner's monotonic clock runs slow or fast; both nodes' wall clocks are not even asked for.
 */
t.test('when the arbiter gives the lock to another one, the server has been killed', async () => {
  const drift = fc.double({ min: -0.005, max: 0.005, noNaN: true });
  const scenario = fc.record({
    leaseMs: fc.integer({ min: 6000, max: 60_000 }),
    sentAt: fc.integer({ min: 0, max: 1e9 }),
    onTheWayMs: fc.integer({ min: 0, max: 5000 }),
    ownerDrift: drift,
    arbiterDrift: drift,
    arbiterOffset: fc.integer({ min: -1e9, max: 1e9 }),
    wakeLateMs: fc.integer({ min: 0, max: 450 }),
    killTakesMs: fc.integer({ min: 0, max: 150 }),
  });
  fc.assert(
    fc.property(scenario, (s) => {
      const arbiter = (trueMs: number): number => s.arbiterOffset + trueMs * (1 + s.arbiterDrift);
      const ts = arbiter(s.sentAt + s.onTheWayMs);
      const expiredAtTrue = (ts + s.leaseMs - s.arbiterOffset) / (1 + s.arbiterDrift);
      const killedAtTrue =
        s.sentAt + leaseBudget(s).killAfterMs / (1 + s.ownerDrift) + s.wakeLateMs + s.killTakesMs;
      // 1 % is for both clocks together: 0.5 % each, in opposite directions.
      return killedAtTrue <= expiredAtTrue + 0.0001 * s.leaseMs;
    }),
    { numRuns: 2000 },
  );
});
