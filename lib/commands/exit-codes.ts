/** How a command ends; operators' scripts rely on these. */
export const CommandExit = {
  DONE: 0,
  ERROR: 1,
  /** The primary runs, but not every standby is well. */
  STANDBYS_NOT_WELL: 2,
  /** No primary, or otherwise not in a state to do this. */
  NOT_IN_STATE: 10,
  /** Done, but the result did not show in time. */
  NOT_IN_TIME: 11,
  ARGUMENTS: 100,
  NO_CLUSTER_INFORMATION: 101,
  /** No quorum, or nodes that disagree. */
  NO_QUORUM: 102,
} as const;

export type CommandExitCode = (typeof CommandExit)[keyof typeof CommandExit];

/** For `--help`, in the order of the numbers. */
export const EXIT_CODE_MEANINGS: Readonly<Record<CommandExitCode, string>> = {
  0: 'done, all is well',
  1: 'error',
  2: 'the primary runs, but not every standby is well',
  10: 'no primary, or not in a state to do this',
  11: 'done, but the result did not show in time',
  100: 'bad arguments',
  101: 'no cluster information',
  102: 'no quorum, or nodes disagree',
};
