import { deadlineIn, onExpiry } from '../../system/clock.ts';
import type { CommandExitCode } from '../exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** One look: what to show, and how the command would end if it were the only one. */
export interface Frame {
  /** As it is printed where there is no screen. */
  readonly text: string;
  /** The same, shortened to what fits; called again when the screen changes its size. */
  readonly fitted: (size: { readonly columns: number; readonly rows: number }) => readonly string[];
  readonly code: CommandExitCode;
}

const ENTER_SCREEN = '\x1b[?1049h\x1b[?25l';
const LEAVE_SCREEN = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/**
 * Looks again and again until Ctrl-C, which ends it at once and leaves the screen as it was before. On a screen each
 * look replaces the one before, line by line, so that nothing flickers; elsewhere each is printed after the other.
 * Returns the code of the last look.
 */
export async function watch(
  terminal: Terminal,
  intervalMs: number,
  look: () => Promise<Frame>,
): Promise<CommandExitCode> {
  let last: Frame | undefined;
  let interrupted = false;
  let interrupt = (): void => {};
  const interruption = new Promise<undefined>((resolve) => {
    interrupt = () => {
      interrupted = true;
      resolve(undefined);
    };
  });
  const show = (): void => {
    if (last !== undefined) terminal.out(terminal.isScreen ? drawn(last, terminal) : last.text);
  };
  const stopListening = [
    terminal.onInterrupt(interrupt),
    terminal.onResize(() => terminal.isScreen && show()),
  ];
  if (terminal.isScreen) terminal.out(ENTER_SCREEN);
  try {
    while (!interrupted) {
      const frame = await Promise.race([look(), interruption]);
      if (frame === undefined) break;
      last = frame;
      show();
      await pause(intervalMs, interruption);
    }
    return last?.code ?? 0;
  } finally {
    for (const stop of stopListening) stop();
    if (terminal.isScreen) terminal.out(LEAVE_SCREEN);
  }
}

/** Leaves no timer behind, which would keep the process. */
async function pause(ms: number, interruption: Promise<undefined>): Promise<void> {
  let cancel = (): void => {};
  const over = new Promise<void>((resolve) => {
    cancel = onExpiry(deadlineIn(ms), resolve);
  });
  await Promise.race([over, interruption]);
  cancel();
}

function drawn(frame: Frame, terminal: Terminal): string {
  const size = terminal.size();
  const lines = frame.fitted(size).slice(0, size.rows);
  return HOME + lines.map((line) => line.slice(0, size.columns) + CLEAR_LINE).join('\r\n') + CLEAR_BELOW;
}
