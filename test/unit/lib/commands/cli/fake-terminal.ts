import type { Terminal } from '../../../../../lib/commands/cli/terminal.ts';

/** Remembers what a command writes, and can be interrupted. */
export interface FakeTerminal extends Terminal {
  readonly written: () => string;
  readonly complaints: () => string;
  readonly interrupt: () => void;
}

export function fakeTerminal(isScreen = false): FakeTerminal {
  let [out, err] = ['', ''];
  let callback = (): void => {};
  return {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    isScreen,
    size: () => ({ columns: 20, rows: 3 }),
    onInterrupt: (each) => {
      callback = each;
      return () => {
        callback = () => {};
      };
    },
    onResize: () => () => {},
    written: () => out,
    complaints: () => err,
    interrupt: () => callback(),
  };
}
