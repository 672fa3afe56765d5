import t from 'tap';
import {
  formatLifeSign,
  formatOrders,
  type GuardOrders,
  parseLifeSign,
  parseOrders,
} from '../../../../../lib/distlock/guard/orders.ts';

const orders: readonly GuardOrders[] = [
  { kind: 'end', sequence: 3 },
  {
    kind: 'watch',
    sequence: 4,
    postmaster: { pid: 7, startTicks: 123456789n },
    quitAtMs: 100,
    killAtMs: 200,
  },
];

t.test('what is written is read', async (t) => {
  for (const each of orders) t.same(parseOrders(formatOrders(each)), each);
  const sign = {
    guard: { pid: 1, startTicks: 2n },
    sequence: 3,
    atMs: 4,
    reached: 'killed',
    quitAtMs: 5,
  } as const;
  t.same(parseLifeSign(formatLifeSign(sign)), sign);
});

t.test('half of it is nothing', async (t) => {
  for (const each of orders) {
    const text = formatOrders(each);
    for (let length = 0; length < text.length; length += 1) {
      if (parseOrders(text.slice(0, length)) !== undefined) t.fail(text.slice(0, length));
    }
  }
  t.equal(parseLifeSign('1 2 3 4 sleeping 5 end-of-line\n'), undefined);
});
