import fc from 'fast-check';
import t from 'tap';
import {
  decideHolding,
  decideTakeOver,
  type Peer,
  type Renewal,
  surelySilentMs,
  type TakeOverInput,
} from '../../../../../lib/distlock/decide/holding.ts';

const silent: Renewal = { ok: false, failure: { kind: 'silent', sentence: 'no answer' } };
const state = { owner: 'node1', renewedAt: 'A', ageMs: 1, leaseMs: 9000 };
const peer: Peer = { node: 'node2', isMember: true, isStreaming: true, arbiter: 'silent' };

t.test('the primary on each monitor', async (t) => {
  const cases: readonly (readonly [Renewal, Peer | undefined, string, string, RegExp])[] = [
    [{ ok: true, value: { taken: true } }, undefined, 'extended', 'lock.renewed', /renewed/],
    [
      { ok: true, value: { taken: false, before: { ...state, owner: 'node2' } } },
      peer,
      'lost',
      'lock.lost',
      /^node2 has/,
    ],
    [{ ok: true, value: { taken: false, before: undefined } }, peer, 'lost', 'lock.lost', /^another one has/],
    [silent, peer, 'extended', 'lock.arbiter-down', /node2 does not reach it either .* nobody may take over/],
    [
      silent,
      { ...peer, isMember: false },
      'not-extended',
      'lock.not-renewed',
      /in 4.2 s unless .* node2 is not in the cluster/,
    ],
    [silent, { ...peer, isStreaming: false }, 'not-extended', 'lock.not-renewed', /node2 does not stream/],
    [silent, { ...peer, arbiter: 'reached' }, 'not-extended', 'lock.not-renewed', /node2 reaches it/],
    [silent, { ...peer, arbiter: undefined }, 'not-extended', 'lock.not-renewed', /node2 has not said/],
    [silent, undefined, 'not-extended', 'lock.not-renewed', /no other node/],
  ];
  for (const [renewal, other, kind, rule, sentence] of cases)
    t.match(decideHolding(renewal, other, 4200), { kind, rule, sentence }, `${sentence}`);
  for (const kind of ['not-initialised', 'refused'] as const) {
    const empty: Renewal = { ok: false, failure: { kind, sentence: 'no table' } };
    t.match(
      decideHolding(empty, peer, 4200),
      { kind: 'extended' },
      'an arbiter that was made anew takes no primary down',
    );
  }
  t.match(decideHolding(silent, undefined, 0), {
    sentence: /^PostgreSQL is ended, as the lock is not renewed: /,
  });
});

t.test('a list of nodes is asked in addition, and only ever keeps the deadline where it is', async (t) => {
  const refused: Renewal = { ok: false, failure: { kind: 'refused', sentence: 'no such role' } };
  const offline = { kind: 'not-asked', why: 'ssh: exit code 255' } as const;
  const said = (kind: 'reached' | 'silent' | 'refused' | 'not-initialised') => ({ kind });
  const cases = [
    [silent, [said('silent'), said('silent')], 'extended', /nobody may take over/],
    [silent, [said('silent'), said('reached')], 'not-extended', /, and n1 of distlock_\w+ reaches it$/],
    [silent, [said('refused')], 'not-extended', /n0 of distlock_\w+ reaches it$/],
    [silent, [said('not-initialised')], 'not-extended', /reaches it$/],
    [silent, [offline], 'not-extended', /n0 of distlock_\w+ could not be asked \(ssh: exit code 255\)$/],
    [refused, [said('refused'), said('silent')], 'extended', /no such role/],
    [{ ok: true, value: { taken: true } }, [said('reached'), offline], 'extended', /renewed/],
  ] as const;
  for (const [renewal, answers, kind, sentence] of cases) {
    const listed = answers.map((answer, i) => ({ node: `n${i}`, answer }));
    t.match(decideHolding(renewal, peer, 4200, listed), { kind, sentence }, `${sentence}`);
  }
  const all = [{ node: 'n0', answer: said('silent') }];
  for (const other of [undefined, { ...peer, isStreaming: false }, { ...peer, arbiter: 'reached' as const }])
    t.equal(decideHolding(silent, other, 4200, all).kind, 'not-extended', "in place of no standby's word");
});

t.test('only two looks by a monotonic clock count', async (t) => {
  const at = (atMs: number, renewedAt = 'A', owner = 'node1') => ({
    atMs,
    state: { ...state, owner, renewedAt },
  });
  t.equal(surelySilentMs(at(1000), at(8000)), 7000);
  t.equal(surelySilentMs(at(1000), at(8000, 'B')), 0);
  t.equal(surelySilentMs(at(1000), at(8000, 'A', 'node2')), 0);
  t.equal(surelySilentMs(undefined, at(8000)), 0);
});

const input: TakeOverInput = {
  self: 'node2',
  leaseMs: 9000,
  look: { ok: true, value: { atMs: 20_000, state: { ...state, ageMs: 3_600_000 } } },
  earlier: { atMs: 11_000, state },
  sinceWordMs: 12_000,
  wordMs: 3000,
  aloneOwner: '',
  isSync: true,
};

t.test('before a promotion', async (t) => {
  const look = (owner: string) =>
    ({ ok: true, value: { atMs: 20_000, state: { ...state, owner } } }) as const;
  const cases: readonly (readonly [Partial<TakeOverInput>, object])[] = [
    [{}, { kind: 'take', rule: 'lock.free', ifRenewedAt: 'A' }],
    [{ earlier: undefined }, { kind: 'wait', atMostMs: 9000, sentence: /may not be over yet: 9.0 s/ }],
    [{ earlier: { atMs: 14_000, state } }, { kind: 'wait', atMostMs: 3000, isSure: false }],
    [
      { sinceWordMs: 500 },
      {
        kind: 'wait',
        atMostMs: 11_500,
        isSure: true,
        sentence: /go on without the arbiter, since node2 streamed/,
      },
    ],
    [
      { look: look(''), earlier: undefined, sinceWordMs: Number.POSITIVE_INFINITY },
      { kind: 'take', sentence: /nobody has/ },
    ],
    [
      { look: look('node2'), earlier: undefined },
      { kind: 'take', rule: 'lock.free', sentence: /^node2 has the lock/ },
    ],
    [
      { aloneOwner: 'node1' },
      { kind: 'refuse', rule: 'lock.alone', sentence: /node1 .* node2 lacks; bring it back/ },
    ],
    [
      { aloneOwner: 'node1', look: look('') },
      { kind: 'refuse', rule: 'lock.alone' },
    ],
    [{ aloneOwner: 'node1', isSync: false }, { kind: 'take' }],
    [{ aloneOwner: 'node2' }, { kind: 'take' }],
    [
      { look: look(''), sinceWordMs: 1000 },
      { kind: 'wait', atMostMs: 11_000 },
    ],
    [
      { look: { ok: false, failure: { kind: 'silent', sentence: 'no answer' } } },
      { kind: 'refuse', rule: 'lock.no-answer' },
    ],
  ];
  for (const [more, wanted] of cases)
    t.match(decideTakeOver({ ...input, ...more }), wanted, JSON.stringify(more));
});

/** A primary that renewed, or that its standby's stream kept going, at any moment; looks of the standby at any others. */
t.test('who takes the lock does so a whole lease after the last extension', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(times, times, fc.integer({ min: 0, max: 40_000 }), (renewals, looks, streamedUntil) => {
      const stampAt = (ms: number): string => `${Math.max(-1, ...renewals.filter((each) => each <= ms))}`;
      const sorted = [...looks].sort((a, b) => a - b);
      for (const [i, atMs] of sorted.entries()) {
        const earlierMs = sorted.slice(0, i).find((each) => stampAt(each) === stampAt(atMs));
        const lookAt = (ms: number) => ({ atMs: ms, state: { ...state, renewedAt: stampAt(ms) } });
        const decision = decideTakeOver({
          ...input,
          look: { ok: true, value: lookAt(atMs) },
          earlier: earlierMs === undefined ? undefined : lookAt(earlierMs),
          sinceWordMs: atMs - Math.min(atMs, streamedUntil),
        });
        // The primary may have counted on the last reply a monitor later.
        const extended = Math.max(Number(stampAt(atMs)), Math.min(atMs, streamedUntil + input.wordMs));
        if (decision.kind === 'take' && atMs - extended < input.leaseMs) return false;
      }
      return true;
    }),
    { numRuns: 3000 },
  );
});
