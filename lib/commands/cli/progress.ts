import type { SingleBar } from 'cli-progress';
import { monotonicMs } from '../../system/clock.ts';
import type { Terminal } from './terminal.ts';
import { formatBytes, formatSeconds } from './text.ts';

/** What long work tells of itself while it goes on. */
export interface Progress {
  /** What is awaited or done right now, in a few words, such as `node2 is being promoted`. */
  readonly state: (text: string) => void;
  /** Bytes done of a total that is known. */
  readonly amount: (doneBytes: number, totalBytes: number) => void;
  /** A line that stays: what a program under way has said, or what is good to know later. */
  readonly note: (line: string) => void;
}

const CLEAR_LINE = '\r\x1b[K';

/** Without a screen, an amount is said again after so many per cent or milliseconds, whichever comes first. */
const PLAIN_PERCENT = 10;
const PLAIN_INTERVAL_MS = 10_000;

/**
 * Shows how work goes on, on standard error: a spinner with the state, a bar once a total is known, plain lines where
 * there is no screen. `title` says what is done, such as `copying the database`.
 */
export async function withProgress<T>(
  terminal: Terminal,
  title: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const shown = terminal.screen === undefined ? plain(terminal, title) : await drawn(terminal.screen, title);
  try {
    return await work(shown.progress);
  } finally {
    shown.end();
  }
}

interface Shown {
  readonly progress: Progress;
  readonly end: () => void;
}

function plain(terminal: Terminal, title: string): Shown {
  let said = '';
  let last = { percent: -PLAIN_PERCENT, atMs: monotonicMs() };
  const say = (text: string): void => {
    if (text !== said) terminal.err(`${text}\n`);
    said = text;
  };
  say(title);
  return {
    progress: {
      state: (text) => say(`${title}: ${text}`),
      amount: (done, total) => {
        const percent = percentOf(done, total);
        const now = monotonicMs();
        const due =
          percent >= last.percent + PLAIN_PERCENT || percent === 100 || now >= last.atMs + PLAIN_INTERVAL_MS;
        if (!due) return;
        last = { percent, atMs: now };
        say(`${title}: ${percent} %, ${formatBytes(done)} of ${formatBytes(total)}`);
      },
      note: (line) => terminal.err(`${line}\n`),
    },
    end: () => {},
  };
}

/** Loaded here only: most calls of a command show no progress. */
async function drawn(screen: NodeJS.WriteStream, title: string): Promise<Shown> {
  const [{ default: yoctoSpinner }, { default: cliProgress }] = await Promise.all([
    import('yocto-spinner'),
    import('cli-progress'),
  ]);
  const startedMs = monotonicMs();
  // Signals are the command's own business: it may have to undo something first.
  const spinner = yoctoSpinner({ stream: screen, text: title, handleSignals: false }).start();
  let bar: SingleBar | undefined;
  return {
    progress: {
      state: (text) => {
        spinner.text = `${title}: ${text} (${formatSeconds((monotonicMs() - startedMs) / 1000)})`;
      },
      amount: (done, total) => {
        if (bar === undefined) {
          spinner.stop();
          bar = new cliProgress.SingleBar(
            {
              stream: screen,
              format: `${title} [{bar}] {percentage} % of {size}, {duration_formatted}`,
              hideCursor: true,
              gracefulExit: false,
            },
            cliProgress.Presets.legacy,
          );
          bar.start(total, done, { size: formatBytes(total) });
        }
        bar.setTotal(total);
        bar.update(Math.min(done, total), { size: formatBytes(total) });
      },
      // What is drawn is drawn again below it.
      note: (line) => {
        if (bar === undefined) spinner.clear();
        screen.write(`${CLEAR_LINE}${line}\n`);
      },
    },
    end: () => {
      bar?.stop();
      spinner.stop();
    },
  };
}

const percentOf = (done: number, total: number): number =>
  total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 100;
