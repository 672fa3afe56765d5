/** Counts the programs that a call starts, from a log of strace(1) (pure). */
import { basename } from 'node:path';

/** To be followed by the file for the log and the command. A call that is traced takes much longer: never in a timed run. */
export const TRACE_COMMAND = [
  '/usr/bin/strace',
  ...['--follow-forks', '--quiet=all', '--signal=none', '--string-limit=200'],
  ...['--trace=execve,execveat', '--status=successful', '-o'],
] as const;

export interface ProcessStarts {
  /** calls of execve(2) that succeeded, the agent's own included */
  readonly count: number;
  /** how often each program was started */
  readonly programs: Readonly<Record<string, number>>;
  /** commands that change something in the cluster */
  readonly writes: readonly string[];
}

/** Lines such as `1234 execve("/usr/bin/sed", ["sed", "-e", "s/a/b/"], 0x55… /* 61 vars *\/) = 0`. */
const parseLine = (line: string): readonly string[] | undefined => {
  const [, file, words] =
    /execve(?:at)?\((?:AT_FDCWD, )?"((?:[^"\\]|\\.)*)", \[(.*)\], .*\) = 0$/.exec(line) ?? [];
  if (file === undefined || words === undefined) return undefined;
  const args = [...words.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => word);
  return [file, ...args.slice(1)];
};

const WRITE_OPTIONS: Readonly<Record<string, RegExp>> = {
  crm_attribute: /^(-v|--update|--attr-value|-D|--delete)/,
  attrd_updater: /^(-U|-v|-B|-Y|-D|--update|--update-both|--update-delay|--delete)/,
  crm_master: /^(-v|--update|-D|--delete)/,
  cibadmin: /^(-[CURMPDEduB]$|--(create|upgrade|replace|modify|patch|delete|erase|bump))/,
  crm_resource: /^(-[BUFCMpd]|--(ban|clear|fail|cleanup|move|set-parameter|delete))/,
};

const isWrite = ([file = '', ...args]: readonly string[]): boolean => {
  const options = WRITE_OPTIONS[basename(file)];
  return options !== undefined && args.some((arg) => options.test(arg));
};

export const countProcessStarts = (log: string): ProcessStarts => {
  const commands = log.split('\n').flatMap((line) => {
    const command = parseLine(line);
    return command === undefined ? [] : [command];
  });
  const programs: Record<string, number> = {};
  for (const [file = ''] of commands) programs[basename(file)] = (programs[basename(file)] ?? 0) + 1;
  return {
    count: commands.length,
    programs,
    writes: commands.filter(isWrite).map(([file = '', ...args]) => [basename(file), ...args].join(' ')),
  };
};
