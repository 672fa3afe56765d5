import t from 'tap';
import { acquiredOf, lockFailureOf, lockStateOf, remainingMs } from '../../../../lib/distlock/answer.ts';
import type { QueryFailure } from '../../../../lib/postgres/failure.ts';

const LOCK = { schema: undefined, table: 'distlock', name: 'pg' };
const row = (more: object = {}) => ({
  taken_at: null,
  owner: 'node1',
  renewed_at: '2026-11-21T17:00:00.000001Z',
  age_ms: 2000,
  lease_ms: 9000,
  ...more,
});

t.test('what is left of a lease', async (t) => {
  const left = (more: object) => {
    const state = lockStateOf(row(more));
    return state && remainingMs(state);
  };
  t.equal(left({}), 7000);
  t.equal(left({ age_ms: 9000 }), 0);
  t.equal(left({ age_ms: 60_000 }), 0);
  t.equal(left({ owner: '', age_ms: 1, lease_ms: -1000 }), 0);
  t.equal(left({ age_ms: -3_600_000 }), 3_609_000, "the arbiter's clock was set back");
  t.equal(left({ owner: null, renewed_at: null }), undefined, 'no such lock');
});

t.test('taken or not', async (t) => {
  t.match(acquiredOf(row({ taken_at: 'x' }), 'node1'), {
    taken: true,
    renewedAt: 'x',
    before: { owner: 'node1' },
  });
  t.match(acquiredOf(row(), 'node2'), { taken: false, before: { owner: 'node1' } });
  t.same(
    acquiredOf(row({ owner: '', lease_ms: -1000 }), 'node2'),
    { taken: false, before: undefined },
    'a race',
  );
  t.same(acquiredOf(row({ age_ms: 9001 }), 'node2'), { taken: false, before: undefined }, 'another race');
  t.equal(acquiredOf(row({ owner: null, renewed_at: null }), 'node2'), undefined);
  t.equal(acquiredOf(undefined, 'node2'), undefined);
});

t.test('why there is no answer', async (t) => {
  const cases: readonly (readonly [QueryFailure, string, RegExp])[] = [
    [{ kind: 'refused', message: 'ECONNREFUSED' }, 'silent', /^the arbiter n3:5439: ECONNREFUSED$/],
    [{ kind: 'timeout', message: 'no connection in time' }, 'silent', /no connection in time$/],
    [{ kind: 'timeout', message: 'no answer in time' }, 'silent', /keeps the row locked/],
    [{ kind: 'starting', message: 'starting up', sqlState: '57P03' }, 'silent', /starting up/],
    [{ kind: 'too-many-clients', message: 'sorry', sqlState: '53300' }, 'silent', /sorry/],
    [
      { kind: 'sql', message: 'no table', sqlState: '42P01' },
      'not-initialised',
      /distlock CONNINFO init distlock:pg/,
    ],
    [{ kind: 'sql', message: 'no schema', sqlState: '3F000' }, 'not-initialised', /init/],
    [{ kind: 'sql', message: 'no column', sqlState: '42703' }, 'refused', /not a lock table/],
    [
      { kind: 'sql', message: 'denied', sqlState: '42501' },
      'refused',
      /grant SELECT and UPDATE on "distlock"/,
    ],
    [{ kind: 'sql', message: 'read only', sqlState: '25006' }, 'refused', /is a standby/],
    [{ kind: 'sql', message: 'lock timeout', sqlState: '55P03' }, 'refused', /another session/],
    [{ kind: 'sql', message: 'no db', sqlState: '3D000' }, 'refused', /make the database/],
    [{ kind: 'auth', message: 'wrong password', sqlState: '28P01' }, 'refused', /pg_hba/],
    [{ kind: 'sql', message: 'race', sqlState: '40001' }, 'outrun', /again/],
    [{ kind: 'sql', message: 'other', sqlState: 'XX000' }, 'refused', /: other$/],
  ];
  for (const [failure, kind, sentence] of cases)
    t.match(lockFailureOf('the arbiter n3:5439', LOCK, failure), { kind, sentence }, failure.message);
});

t.test('without a session nothing was changed', async (t) => {
  const unchanged = (kind: QueryFailure['kind']) =>
    lockFailureOf('the arbiter n3:5439', LOCK, { kind, message: kind }).isUnchanged === true;
  t.same((['refused', 'starting', 'too-many-clients'] as const).map(unchanged), [true, true, true]);
  t.same((['timeout', 'stopping', 'other'] as const).map(unchanged), [false, false, false]);
});
