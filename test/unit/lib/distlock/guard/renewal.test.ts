import t from 'tap';
import type { LockAnswer } from '../../../../../lib/distlock/answer.ts';
import type { Held } from '../../../../../lib/distlock/arbiter.ts';
import {
  formatGuardedLock,
  type GuardedLock,
  parseGuardedLock,
  renewals,
  withoutFiles,
} from '../../../../../lib/distlock/guard/renewal.ts';
import { sinceBootMs } from '../../../../../lib/system/clock.ts';

const address = { host: 'node3', port: 5439, database: 'postgres', user: 'locker' };
const lock: GuardedLock = {
  owner: 'node1',
  leaseMs: 9_000,
  arbiter: { address, lock: { schema: undefined, table: 'distlock', name: 'cls1' } },
};

const held = (taken: boolean, aloneOwner: string | undefined): LockAnswer<Held> => {
  const before = { owner: 'node2', renewedAt: 'then', ageMs: 0, leaseMs: 9_000 };
  return {
    ok: true,
    value: {
      acquired: taken ? { taken, renewedAt: 'now', before } : { taken, before },
      aloneOwner,
      database: '',
    },
  };
};

const silent: LockAnswer<Held> = { ok: false, failure: { kind: 'silent', sentence: 'no answer in time' } };

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('what is written is read, and half of it is nothing', async (t) => {
  const text = formatGuardedLock(lock);
  t.same(parseGuardedLock(text), JSON.parse(text));
  t.equal(parseGuardedLock(text.slice(0, -3)), undefined);
  t.equal(parseGuardedLock('{"owner":"node1"}'), undefined);
});

t.test('the guard reads no files', async (t) => {
  t.same(withoutFiles({ ...lock.arbiter, address: { ...address, passfile: '/nowhere' } }), lock.arbiter);
  const tls = { mode: 'verify-full', rootCertFile: '/etc/ssl/arbiter.crt' } as const;
  t.equal(withoutFiles({ ...lock.arbiter, address: { ...address, tls } }), undefined);
});

t.test('a renewal counts from before it was sent; nothing else extends the term', async (t) => {
  for (const [answer, isExtended] of [
    [held(true, ''), true],
    [held(true, undefined), true],
    [held(true, 'node1'), true],
    [held(true, 'node2'), false],
    [held(false, ''), false],
    [silent, false],
  ] as const) {
    const renewed = renewals(
      () => lock,
      async () => answer,
    );
    const nowMs = sinceBootMs();
    renewed.keep(nowMs);
    const sentMs = sinceBootMs();
    await settled();
    const term = renewed.term();
    t.equal(term !== undefined, isExtended, JSON.stringify(answer));
    if (term !== undefined) t.ok(term.quitAtMs >= nowMs + 7_200 && term.quitAtMs <= sentMs + 7_211);
  }
});

t.test('one at a time, eight in a lease, and only while the agent was there a moment ago', async (t) => {
  let asked = 0;
  let answer = (): void => {};
  const renewed = renewals(
    () => lock,
    () => {
      asked += 1;
      return new Promise((resolve) => {
        answer = () => resolve(held(true, ''));
      });
    },
  );
  const nowMs = sinceBootMs();
  renewed.keep(nowMs - 18_500);
  t.equal(asked, 0, 'two leases without the agent');
  renewed.keep(nowMs);
  renewed.keep(nowMs);
  t.equal(asked, 1);
  answer();
  await settled();
  renewed.keep(nowMs);
  t.equal(asked, 1, 'it is not time yet');
});

t.test('without a lock, or with an arbiter that throws, nothing happens', async (t) => {
  const none = renewals(() => undefined);
  none.keep(sinceBootMs());
  t.equal(none.term(), undefined);
  const throwing = renewals(
    () => lock,
    () => Promise.reject(new Error('thrown')),
  );
  throwing.keep(sinceBootMs());
  await settled();
  t.equal(throwing.term(), undefined);
});
