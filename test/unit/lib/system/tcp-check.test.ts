import { createServer } from 'node:net';
import t from 'tap';
import { deadlineIn, monotonicMs } from '../../../../lib/system/clock.ts';
import { checkPort } from '../../../../lib/system/tcp-check.ts';

t.test('a port that takes connections, and one that does not', async (t) => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const answer = checkPort('127.0.0.1', port, deadlineIn(20));
  process.nextTick(() => {
    const until = monotonicMs() + 60;
    while (monotonicMs() < until);
  });
  t.same(await answer, { ok: true }, 'also where this process was too busy to take the answer in time');

  await new Promise((resolve) => server.close(resolve));
  t.same(await checkPort('127.0.0.1', port, deadlineIn(1_000)), {
    ok: false,
    timedOut: false,
    reason: 'ECONNREFUSED',
  });
});
