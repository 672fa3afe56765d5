/** What a line of pg_rewind or pg_basebackup says. */
export type ToolLine =
  | { readonly kind: 'amount'; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly kind: 'text'; readonly text: string };

/** `54553/54553 kB (100%) copied`, `24/54553 kB (0%), 0/1 tablespace`; all else is text, without the program's name. */
export const parseToolLine = (line: string): ToolLine => {
  const [, done, total] = /^\s*(\d+)\/(\d+) kB \(\d+%\)/.exec(line) ?? [];
  if (done !== undefined && total !== undefined)
    return { kind: 'amount', doneBytes: Number(done) * 1024, totalBytes: Number(total) * 1024 };
  return { kind: 'text', text: line.trim().replace(/^pg_(rewind|basebackup): /, '') };
};

/** Of a program that failed: its last `error:` or `fatal:`, else its last line that is no progress. */
export const toolFailure = (output: string): string => {
  const lines = output
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && parseToolLine(line).kind === 'text');
  const grave = lines.filter((line) => /\b(error|fatal|FATAL|ERROR|PANIC): /.test(line)).at(-1);
  return (grave ?? lines.at(-1) ?? '').replace(/^pg_(rewind|basebackup): (error|fatal): /, '');
};
