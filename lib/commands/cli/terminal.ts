/** Where a command writes. Text goes to `out`, messages about it to `err`. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `out` is a screen. */
  readonly isScreen: boolean;
  /** Standard error, if it is a screen: where progress is drawn. */
  readonly screen?: NodeJS.WriteStream;
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Calls back on Ctrl-C, a hang-up or a request to end, until the returned function is called. */
  readonly onInterrupt: (callback: () => void) => () => void;
  readonly onResize: (callback: () => void) => () => void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The terminal of this process. A reader that goes away (`cls_status | head`) is no error. */
export function processTerminal(): Terminal {
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isScreen: process.stdout.isTTY === true,
    ...(process.stderr.isTTY === true ? { screen: process.stderr } : {}),
    size: () => ({ columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 }),
    onInterrupt: (callback) => {
      for (const signal of SIGNALS) process.on(signal, callback);
      return () => {
        for (const signal of SIGNALS) process.off(signal, callback);
      };
    },
    onResize: (callback) => {
      process.stdout.on('resize', callback);
      return () => void process.stdout.off('resize', callback);
    },
  };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
