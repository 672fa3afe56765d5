import t from 'tap';
import { withProgress } from '../../../../../lib/commands/cli/progress.ts';
import { fakeTerminal } from './fake-terminal.ts';

t.test('without a screen progress is plain lines, each said once', async (t) => {
  const terminal = fakeTerminal();
  const answer = await withProgress(terminal, 'copying', async ({ state, amount }) => {
    state('waiting for a checkpoint');
    state('waiting for a checkpoint');
    for (const done of [0, 1, 2, 50, 51, 100]) amount(done * 1024, 100 * 1024);
    return 'copied';
  });
  t.equal(answer, 'copied');
  t.equal(
    terminal.complaints(),
    [
      'copying',
      'copying: waiting for a checkpoint',
      'copying: 0 %, 0 B of 100 kB',
      'copying: 50 %, 50.0 kB of 100 kB',
      'copying: 100 %, 100 kB of 100 kB',
      '',
    ].join('\n'),
  );
});
