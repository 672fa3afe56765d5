import t from 'tap';
import { guardStep, objectionToGuard } from '../../../../../lib/distlock/decide/guard.ts';
import type { GuardOrders } from '../../../../../lib/distlock/guard/orders.ts';

const orders: GuardOrders = {
  kind: 'watch',
  sequence: 7,
  postmaster: { pid: 4711, startTicks: 99n },
  quitAtMs: 7000,
  killAtMs: 8000,
};

t.test('what is done when', async (t) => {
  const cases: readonly (readonly [number, boolean, string])[] = [
    [0, true, 'wait'],
    [6999, true, 'wait'],
    [6999, false, 'wait'],
    [7000, true, 'quit'],
    [7000, false, 'wait'],
    [7999, true, 'quit'],
    [8000, true, 'kill'],
    [8000, false, 'end'],
    [3_600_000, true, 'kill'],
  ];
  for (const [now, left, kind] of cases) t.equal(guardStep(orders, now, left).kind, kind, `${now} ${left}`);
  t.equal(guardStep({ kind: 'end', sequence: 8 }, 9000, true).kind, 'end');
});

t.test('can it be relied upon?', async (t) => {
  const guard = { pid: 12, startTicks: 5n };
  const well = {
    running: { ...guard, state: 'S' },
    lifeSign: { guard, sequence: 7, atMs: 10_000, reached: 'watching' as const, quitAtMs: 0 },
    ordered: { sequence: 7, atMs: 9900 },
    nowMs: 10_200,
  };
  t.equal(objectionToGuard(well), undefined);
  t.equal(
    objectionToGuard({ ...well, ordered: { sequence: 8, atMs: 10_100 } }),
    undefined,
    'it has just been told',
  );
  t.match(objectionToGuard({ ...well, running: undefined }), /does not run/);
  t.match(
    objectionToGuard({ ...well, running: { ...guard, state: 'T' } }),
    /pid 12\) is stopped by a signal/,
  );
  t.match(objectionToGuard({ ...well, lifeSign: undefined }), /no life sign/);
  t.match(objectionToGuard({ ...well, running: { pid: 12, startTicks: 6n, state: 'S' } }), /no life sign/);
  t.match(objectionToGuard({ ...well, nowMs: 12_500 }), /silent for 2.5 s/);
  t.match(
    objectionToGuard({ ...well, ordered: { sequence: 8, atMs: 8000 }, nowMs: 10_100 }),
    /does not read its orders/,
  );
});
