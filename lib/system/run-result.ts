export interface RunResult {
  /** The command's name without its directory and arguments, which may hold secrets. */
  readonly command: string;
  /** Undefined when it was ended by a signal, did not start, or could not be ended in time. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** There is no such program. */
  readonly notFound: boolean;
  /** Why it could not be started. */
  readonly startError?: string;
}

/** The result of a command that was never running, or of which nothing can be told. */
export const unstarted = (command: string, startError: string, notFound: boolean): RunResult => ({
  command,
  exitCode: undefined,
  signal: undefined,
  timedOut: false,
  stdout: '',
  stderr: '',
  notFound,
  startError,
});

export const succeeded = (result: RunResult): boolean => result.exitCode === 0 && !result.timedOut;

/** The last line with something in it: programs of this kind end with what went wrong. */
const lastLine = (text: string): string => {
  const said = text.trimEnd();
  return said.slice(said.lastIndexOf('\n') + 1).trim();
};

/** One line without arguments: `pg_ctl: exit code 1: pg_ctl: no database directory specified`. */
export const describeFailure = (result: RunResult): string => {
  const { command, exitCode, signal } = result;
  if (result.notFound) return `${command}: there is no such program`;
  if (result.timedOut) return `${command}: not finished in time`;
  if (result.startError !== undefined) return `${command}: ${result.startError.split('\n')[0]}`;
  const said = lastLine(result.stderr) || lastLine(result.stdout);
  const ending = signal === undefined ? `exit code ${exitCode}` : `ended by ${signal}`;
  return said === '' ? `${command}: ${ending}` : `${command}: ${ending}: ${said}`;
};
