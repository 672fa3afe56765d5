import type { SecondsOption } from './cli/declaration.ts';

/** Options that mean the same in every command. */
export const RESOURCE_OPTION = {
  kind: 'text',
  long: 'resource',
  short: 'r',
  valueName: 'NAME',
  description: 'The pgsql resource or its clone, where the cluster has several.',
} as const;

export const timeoutOption = (seconds: number): SecondsOption => ({
  kind: 'seconds',
  long: 'timeout',
  short: 't',
  description: 'Give up after so many seconds.',
  default: seconds,
  min: 0.1,
  max: 86_400,
});

export const DRY_RUN_OPTION = {
  kind: 'flag',
  long: 'dry-run',
  description: 'Print what would be done, and change nothing.',
} as const;

export const JSON_OPTION = {
  kind: 'flag',
  long: 'json',
  short: 'j',
  description: 'Print the same as JSON.',
} as const;
