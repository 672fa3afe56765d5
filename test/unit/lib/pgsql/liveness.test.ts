import t from 'tap';
import { answerBy } from '../../../../lib/pgsql/liveness.ts';
import type { QueryFailure } from '../../../../lib/postgres/client.ts';
import { aPrimary } from './builders.ts';

const failed = (failure: QueryFailure) => answerBy({ ok: false, failure }, aPrimary());

t.test('a server that has let the agent in', async (t) => {
  const refusal = { kind: 'auth', message: 'password authentication failed', sqlState: '28P01' } as const;
  t.match(failed(refusal), { ok: true, monitorUserRefused: 'password authentication failed' });
  const unread = { kind: 'auth', message: 'there is no password' } as const;
  t.same(failed(unread), { ok: false, failure: unread }, 'that is said here');
  const hangs = { kind: 'timeout', message: 'no answer within 10 s' } as const;
  t.same(failed(hangs), { ok: false, failure: hangs });
  t.same(answerBy({ ok: true }, aPrimary()), { ok: true, value: aPrimary() });
});
