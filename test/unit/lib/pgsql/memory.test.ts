import fc from 'fast-check';
import t from 'tap';
import { EMPTY_MEMORY, parseMemory, serializeMemory } from '../../../../lib/pgsql/memory.ts';
import { lsn } from './builders.ts';

const full = {
  syncLosses: { node2: [1, 2.5], node3: [] },
  catchUps: { node3: 990_000.5 },
  withoutPrimary: { count: 2, seen: 'node1 idle' },
  logged: { monitor: '[sync.steady] x' },
  primaryEnd: lsn('0/5000000'),
  unpublished: ['pgsql-status of node1 = PRI'],
  monitorsSinceReload: 1 as const,
  watchedMinute: 16,
  lock: {
    look: { owner: 'node1', renewedAt: 'A', atMs: 5 },
    wordAtMs: 4,
    reply: { stamp: 'x', sinceMs: 1, lookedMs: 2 },
    guardDoubt: true as const,
  },
};

t.test('what was remembered is read again', async (t) => {
  t.same(parseMemory(serializeMemory(full)), full);
  t.same(parseMemory(serializeMemory(EMPTY_MEMORY)), EMPTY_MEMORY);
});

t.test('what holds for one operation only is forgotten', async (t) => {
  const within = {
    ...full,
    started: true,
    holdsLock: true as const,
    lockSoughtMs: 3,
    waitingSince: { nodes: 'node2', position: lsn('0/1') },
  };
  t.same(parseMemory(serializeMemory(within)), full);
});

t.test('a damaged file is an empty memory', async (t) => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '1',
    '{"syncLosses":[],"withoutPrimary":1,"logged":null}',
  ])
    t.same(parseMemory(text), EMPTY_MEMORY, text);
  t.same(
    parseMemory(
      '{"syncLosses":{"a":[1,"2",null],"b":7},"logged":{"x":1},"primaryEnd":"0/5","unpublished":[1],"withoutPrimary":{"count":"3"}}',
    ),
    { ...EMPTY_MEMORY, syncLosses: { a: [1], b: [] } },
  );
});

t.test('any text gives some memory', async (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => parseMemory(text).withoutPrimary !== undefined),
  );
  t.pass();
});
