import t from 'tap';
import {
  faultsOf,
  isSurvived,
  type Played,
  reportOf,
  reportText,
} from '../../../../bench/campaign/report.ts';

const help = { command: 'cls_cleanup', node: 'node1', why: 'it failed.', exitCode: 0 };

const played = (more: Partial<Played> = {}): Played => ({
  ...{ round: 1, seed: 11, id: 'cut@primary', story: 'cut@primary (3.0 s)', at: '2026-11-22 14:00:00' },
  ...{ cast: { primary: 'node1', sync: 'node2', other: 'node3' }, primary: 'node2' },
  ...{ gapMs: 5_000, wellAfterMs: 9_000, acked: 100, lost: [], overlaps: [], help: [], isTidied: false },
  ...{ restarted: [], load: 2, tookMs: 30_000 },
  ...more,
});

t.test('what a round does not survive', async (t) => {
  t.ok(isSurvived(played()));
  t.ok(isSurvived(played({ help: [help] })), 'one command, which was named');
  t.strictSame(faultsOf(played({ help: [help, help] })), ['it took 2 commands: cls_cleanup, cls_cleanup']);
  t.ok(
    isSurvived(played({ id: 'cut@sync + kill-walwriter@primary', help: [help, help] })),
    'one for each fault',
  );
  t.strictSame(
    faultsOf(played({ lost: ['node1 5'], overlaps: ['both acknowledged'], failure: 'not well' })),
    [...['1 acknowledged rows are lost: node1 5', 'both acknowledged', 'not well']],
  );
});

t.test('the figures', async (t) => {
  const report = reportOf(
    11,
    [
      played(),
      played({ gapMs: 9_000, help: [help] }),
      played({ gapMs: 7_000, isTidied: true }),
      played({ id: 'cut@sync + off@primary', gapMs: 20_000, lost: ['node1 5', 'client 7'] }),
      played({ id: 'freeze@sync', gapMs: 0, acked: 0, failure: 'not well' }),
    ],
    1,
  );
  t.match(report, {
    ...{ seed: 11, rounds: 5, survived: 3, acked: 400, lost: 2, tidied: 1, rebuilt: 1 },
    help: { cls_cleanup: 1 },
  });
  t.strictSame(report.faults, [
    { fault: 'cut@primary', rounds: 3, survived: 3, medianMs: 7_000, worstMs: 9_000 },
    { fault: 'freeze@sync', rounds: 1, survived: 0, medianMs: null, worstMs: null },
    { fault: 'two at once', rounds: 1, survived: 0, medianMs: 20_000, worstMs: 20_000 },
  ]);
  const text = reportText(report);
  t.match(text, '5 rounds, 3 survived; 400 rows acknowledged, 2 lost');
  t.match(text, /^cut@primary +3 +3 +7\.0 +9\.0$/m);
  t.match(text, /^freeze@sync +1 +0 +- +-$/m);
  t.match(text, '--seed 11 --rounds 1');
  t.match(text, '  not well');
});
