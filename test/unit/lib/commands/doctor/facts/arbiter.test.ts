import t from 'tap';
import { answerOf } from '../../../../../../lib/commands/doctor/facts/arbiter.ts';
import { lockState } from '../../arbiter/builders.ts';

const server = { fsync: true, inRecovery: false, systemIdentifier: '7' };

t.test('who has the lock is whoever has a lease', async (t) => {
  const held = { state: lockState('node1'), alone: lockState(''), database: '', server };
  t.match(answerOf(held), { kind: 'answers', owner: 'node1', hasRowAlone: true });
  t.match(
    answerOf({ ...held, state: lockState('pgsql_node1', { ageMs: 9_000_000 }) }),
    { owner: '' },
    'as the original left it',
  );
  t.match(answerOf({ ...held, alone: undefined, database: undefined }), {
    hasRowAlone: false,
    database: null,
  });
});
