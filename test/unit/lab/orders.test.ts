import { execFileSync } from 'node:child_process';
import t from 'tap';
import { renderOrder } from '../../../lab/uml/orders.ts';

const run = (argv: readonly string[], env: Record<string, string> = {}): string =>
  execFileSync('sh', { input: renderOrder(argv, { env }, undefined), encoding: 'utf8' });

t.test('every word reaches the command as it is', async (t) => {
  const words = ["it's", 'two words', '$HOME', '`id`', '"', '', '-n', '\\', 'a\nb'];
  t.equal(run(['printf', '<%s>', ...words]), words.map((word) => `<${word}>`).join(''));
});

t.test('the environment is the one that was asked for, and no more', async (t) => {
  const lines = run(['env'], { LAB: "o'clock" }).trim().split('\n');
  t.same(lines.map((line) => line.split('=')[0]).sort(), ['HOME', 'LAB', 'LANG', 'PATH']);
  t.ok(lines.includes("LAB=o'clock"));
});

t.test('another user gets no process more than needed', async (t) => {
  t.match(
    renderOrder(['id'], { user: 'postgres', timeoutMs: 1500 }, '/var/lib/postgresql'),
    / 'timeout' '--signal=KILL' '1.5' 'setpriv' '--reuid=postgres' '--regid=postgres' '--init-groups' '--' 'id'\n$/,
  );
});
