import type { SecondsOption } from '../cli/declaration.ts';

export const WAIT_OPTION: SecondsOption = {
  kind: 'seconds',
  long: 'timeout',
  short: 't',
  description:
    'Give up waiting for the standby to stream after so many seconds; copying before that takes as long as it takes.',
  default: 300,
  min: 0.1,
  max: 86_400,
};
