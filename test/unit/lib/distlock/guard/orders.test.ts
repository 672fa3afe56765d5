import t from 'tap';
import {
  formatLifeSign,
  formatOrders,
  type GuardOrders,
  type LifeSign,
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

const sign: LifeSign = {
  guard: { pid: 1, startTicks: 2n },
  sequence: 3,
  atMs: 4,
  reached: 'killed',
  quitAtMs: 5,
};

const watchUntil = (sequence: number, quitAtMs: number): string =>
  formatOrders({
    kind: 'watch',
    sequence,
    postmaster: { pid: 7, startTicks: 123456789n },
    quitAtMs,
    killAtMs: quitAtMs + 1000,
  });

t.test('what is written is read', async (t) => {
  for (const each of orders) t.same(parseOrders(formatOrders(each)), each);
  t.same(parseLifeSign(formatLifeSign(sign)), sign);
});

t.test('as it is after it was overwritten in place', async (t) => {
  t.same(parseOrders(`${formatOrders(orders[0] as GuardOrders)}\n\n`), orders[0]);
  t.same(parseLifeSign(`${formatLifeSign(sign)}\n\n`), sign);
});

t.test('half of the new line and half of the old one are nothing', async (t) => {
  const pairs = [
    [parseOrders, watchUntil(8, 19_999), watchUntil(9, 20_101)],
    [parseOrders, watchUntil(9, 19_999), watchUntil(10, 20_101)],
    [parseLifeSign, formatLifeSign(sign), formatLifeSign({ ...sign, atMs: 5, quitAtMs: 7 })],
  ] as const;
  for (const [parse, before, after] of pairs)
    for (let at = 1; at < after.length; at += 1)
      for (const mixed of [after.slice(0, at) + before.slice(at), before.slice(0, at) + after.slice(at)]) {
        const isWhole = [before, after].some((each) => mixed.trimEnd() === each.trimEnd());
        if (!isWhole && parse(mixed) !== undefined) t.fail(mixed);
      }
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
