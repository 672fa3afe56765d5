import t from 'tap';
import { parseRequest } from '../../../../lib/distlock/request.ts';

const parse = (text: string) => parseRequest(text.split(' '));
const lock = { schema: undefined, table: 'distlock', name: 'pg' };

t.test('what is asked for', async (t) => {
  const cases: readonly (readonly [string, object])[] = [
    ['lock distlock:pg node1 9 12', { action: 'lock', lock, owner: 'node1', leaseMs: 9000, waitMs: 12_000 }],
    [
      'lock pg node1',
      { action: 'lock', lock, owner: 'node1', leaseMs: 9000, waitMs: Number.POSITIVE_INFINITY },
    ],
    ['trylock pg node1 1.5', { action: 'trylock', owner: 'node1', leaseMs: 1500 }],
    ['lock pg node1 9 0', { action: 'lock', waitMs: 0 }],
    ['unlock distlock:pg node1', { action: 'unlock', lock, owner: 'node1' }],
    ['status pg', { action: 'status', lock }],
    ['init pg', { action: 'init', lock }],
  ];
  for (const [text, value] of cases) t.match(parse(text), { ok: true, value }, text);
});

t.test('what is refused', async (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['steal pg node1', /ACTION is "steal": .* trylock, lock, unlock, status, init/],
    ['lock', /LOCK: .*empty/],
    ['lock pg', /OWNER is missing: lock distlock:pg/],
    ['unlock pg @owner', /only the agent replaces/],
    ["lock pg it's", /OWNER has a quote/],
    ['lock pg node1 0', /LEASE is "0": give seconds from 1/],
    ['lock pg node1 -9', /LEASE is "-9"/],
    ['lock pg node1 9s', /LEASE is "9s"/],
    ['lock pg node1 100000', /LEASE is "100000"/],
    ['lock pg node1 9 soon', /WAIT is "soon"/],
    ['status pg node1', /unexpected argument "node1"/],
  ];
  for (const [text, reason] of cases) t.match(parse(text), { ok: false, reason }, text);
});

t.test('a password that a wrong quote has put elsewhere is not repeated', async (t) => {
  for (const secret of ['password=geheim', 'host=node3 password=geheim', 'postgresql://me:geheim@node3/db']) {
    for (const words of [
      [secret, 'lock', 'pg'],
      ['lock', secret],
      ['status', 'pg', secret],
      ['lock', 'pg', 'node1', secret],
      ['lock', 'pg', 'node1', '9', secret],
    ]) {
      const parsed = parseRequest(words);
      t.match(parsed, { ok: false, reason: /a connection string, which is not shown here/ });
      t.notMatch(JSON.stringify(parsed), /geheim/);
    }
  }
});
