/**
 * What an agent may return (OCF resource agent API 1.1, "Return Codes"). How Pacemaker takes them
 * (Pacemaker Explained, "How are OCF Return Codes Interpreted?"):
 * soft (1, 7 when unexpected): recovered in place or elsewhere, counted in fail-count;
 * hard (2, 3, 4, 5): the resource leaves this node until the failure is cleaned up;
 * fatal (6): the resource is stopped and kept from running on every node.
 *
 * So a trouble of this machine (a missing binary or user) is INSTALLED, and CONFIGURED is left for values that
 * are wrong wherever they are read. ARGS means that the agent was called in a wrong way.
 */
export const OcfExit = {
  SUCCESS: 0,
  GENERIC: 1,
  ARGS: 2,
  UNIMPLEMENTED: 3,
  PERM: 4,
  INSTALLED: 5,
  CONFIGURED: 6,
  NOT_RUNNING: 7,
  RUNNING_PROMOTED: 8,
  FAILED_PROMOTED: 9,
} as const;

export type OcfExitCode = (typeof OcfExit)[keyof typeof OcfExit];

const NAMES: Readonly<Record<OcfExitCode, string>> = {
  0: 'OCF_SUCCESS',
  1: 'OCF_ERR_GENERIC',
  2: 'OCF_ERR_ARGS',
  3: 'OCF_ERR_UNIMPLEMENTED',
  4: 'OCF_ERR_PERM',
  5: 'OCF_ERR_INSTALLED',
  6: 'OCF_ERR_CONFIGURED',
  7: 'OCF_NOT_RUNNING',
  8: 'OCF_RUNNING_PROMOTED',
  9: 'OCF_FAILED_PROMOTED',
};

/** The name of a code as the OCF documents spell it, for logs. */
export const exitCodeName = (code: OcfExitCode): string => NAMES[code];
