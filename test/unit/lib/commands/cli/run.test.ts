import t, { type Test } from 'tap';
import type { CommandDeclaration, OptionTable } from '../../../../../lib/commands/cli/declaration.ts';
import { helpText } from '../../../../../lib/commands/cli/help.ts';
import { invoke } from '../../../../../lib/commands/cli/run.ts';
import { watch } from '../../../../../lib/commands/cli/watch.ts';
import { clsMaster } from '../../../../../lib/commands/master/command.ts';
import { clsStatus } from '../../../../../lib/commands/status/command.ts';
import { fakeTerminal } from './fake-terminal.ts';

async function checkHelp<T extends OptionTable>(t: Test, command: CommandDeclaration<T>): Promise<void> {
  const terminal = fakeTerminal();
  t.equal(await invoke(command, ['--help'], terminal, 1000), 0);
  t.equal(terminal.written(), helpText(command));
  t.match(terminal.written(), /Example/);
  t.match(terminal.written(), / 101 {2}no cluster information/);
  for (const line of terminal.written().split('\n')) t.ok(line.length <= 80, line);
}

t.test('--help needs no root, and fits into 80 columns', async (t) => {
  await checkHelp(t, clsStatus);
  await checkHelp(t, clsMaster);
});

t.test('bad arguments are named before the user is asked for', async (t) => {
  const terminal = fakeTerminal();
  t.equal(await invoke(clsStatus, ['--nonsense'], terminal, 1000), 100);
  t.match(terminal.complaints(), /^cls_status: unknown option --nonsense \(/);
  t.equal(terminal.written(), '');
});

t.test('only root', async (t) => {
  const terminal = fakeTerminal();
  t.equal(await invoke(clsMaster, [], terminal, 1000), 1);
  t.match(terminal.complaints(), /^cls_master: must be run as root/);
});

t.test('what was not foreseen is an error, and no stack', async (t) => {
  const terminal = fakeTerminal();
  const broken = { ...clsMaster, run: () => Promise.reject(new Error('boom')) };
  t.equal(await invoke(broken, [], terminal, 0), 1);
  t.equal(terminal.complaints(), 'cls_master: internal error: boom\n');
});

const frame = (text: string) =>
  ({ text: `${text}\n`, fitted: () => [text, 'x'.repeat(30), 'b', 'c'], code: 2 }) as const;

t.test('watching without a screen: one look after the other, until interrupted', async (t) => {
  const terminal = fakeTerminal();
  let looks = 0;
  const code = await watch(terminal, 1, async () => {
    looks += 1;
    if (looks === 3) terminal.interrupt();
    return frame(`look ${looks}`);
  });
  t.equal(code, 2);
  t.equal(terminal.written(), 'look 1\nlook 2\nlook 3\n');
});

t.test('watching on a screen: what is there before comes back, and nothing exceeds the screen', async (t) => {
  const terminal = fakeTerminal(true);
  const ended = watch(terminal, 60_000, async () => frame('look'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  terminal.interrupt();
  t.equal(await ended, 2);
  t.ok(terminal.written().startsWith('\x1b[?1049h\x1b[?25l\x1b[H'));
  t.ok(terminal.written().endsWith('\x1b[?25h\x1b[?1049l'));
  t.notMatch(terminal.written(), 'c\x1b');
  t.notMatch(terminal.written(), 'x'.repeat(21));
});

t.test('the screen comes back after an error, too', async (t) => {
  const terminal = fakeTerminal(true);
  await t.rejects(watch(terminal, 1, () => Promise.reject(new Error('boom'))));
  t.ok(terminal.written().endsWith('\x1b[?1049l'));
});

t.test('interrupted while it looks: it does not wait for the answer', async (t) => {
  const terminal = fakeTerminal();
  const ended = watch(terminal, 1, () => new Promise<never>(() => {}));
  terminal.interrupt();
  t.equal(await ended, 0);
});
