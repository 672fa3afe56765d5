import t from 'tap';
import { installExecutor, outcomeOf } from '../../../../../lib/commands/install/execute.ts';
import type { Reach, Reply } from '../../../../../lib/commands/install/reach/connection.ts';
import { deadlineIn } from '../../../../../lib/system/clock.ts';

t.test('what is installed after a put', async (t) => {
  const cases: readonly (readonly [Reply, RegExp | undefined])[] = [
    [{ kind: 'done' }, undefined],
    [{ kind: 'failed', reason: 'nothing was installed: disk full' }, /^nothing was installed: disk full$/],
    [{ kind: 'no-answer', reason: 'killed' }, /^it is not known whether it was installed: killed; run this/],
    [
      { kind: 'not-reached', reason: 'no answer in time', needsPerson: false },
      /^it is not known whether it was installed: no answer in time/,
    ],
    [{ kind: 'no-node' }, /^nothing was installed: an unexpected answer \(no-node\)/],
  ];
  for (const [reply, wanted] of cases) {
    const said = outcomeOf(reply);
    if (wanted === undefined) t.equal(said, undefined);
    else t.match(said, wanted);
  }
});

t.test('a room is cleared although no time is left', async (t) => {
  const asked: string[] = [];
  const reach: Reach = {
    ask: async (_, { kind }, deadline) => {
      asked.push(`${kind}${deadline.expired() ? ' too late' : ''}`);
      return kind === 'make-room' ? { kind: 'room', room: '/r' } : { kind: 'done' };
    },
    send: async () => ({ ok: false, reason: 'no space' }),
    close: async () => {},
  };
  const failures: string[] = [];
  const executor = installExecutor(reach, (node, problem) => failures.push(`${node}: ${problem}`));
  const file = { source: '/s', target: '/t', mode: 0o644, content: Buffer.from('x') };
  const step = {
    kind: 'install',
    node: 'node2',
    here: false,
    files: [file],
    config: undefined,
    password: undefined,
  } as const;
  const progress = { state: () => {}, amount: () => {}, note: () => {} };
  const context = { progress, deadline: deadlineIn(0) };
  const goesOn = await executor.execute(step, { ...context, interrupted: new AbortController().signal });
  t.same(goesOn, { ok: true }, 'and the other nodes are finished');
  t.same(failures, ['node2: nothing was installed: no space']);
  t.same(asked, ['make-room too late', 'clear-room']);
  const interrupted = await executor.execute(step, { ...context, interrupted: AbortSignal.abort() });
  t.equal(interrupted.ok, false, 'an interruption is noticed on the last node, too');
});
