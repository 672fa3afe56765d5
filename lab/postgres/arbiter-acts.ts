/** What may happen to the arbiter besides what may happen to any machine. */
import { join } from 'node:path';
import { bootHook } from '../boot-hook.ts';
import type { Lab } from '../lab.ts';
import { arbiterConninfo, lockName } from './arbiter.ts';
import { dataDirectory } from './installation.ts';

export const arbiterActs = ['slow', 'prompt', 'empty', 'init'] as const;
export type ArbiterAct = (typeof arbiterActs)[number];

/** Each question is a connection of its own, so a delay before the login is one before the answer. */
export const SLOW_SECONDS = 3;

const delayLogins = async (lab: Lab, arbiter: string, seconds: number): Promise<void> => {
  const statements = [`ALTER SYSTEM SET pre_auth_delay = ${seconds}`, 'SELECT pg_reload_conf()'];
  const commands = statements.flatMap((statement) => ['--command', statement]);
  await lab.exec(arbiter, ['psql', '--no-psqlrc', '--quiet', ...commands], { user: 'postgres' });
};

/** A new machine in the place of the old one: PostgreSQL runs, and has no lock. */
const empty = async (lab: Lab, arbiter: string): Promise<void> => {
  const stop = [join(lab.binDirectory, 'pg_ctl'), 'stop', '-w', '-m', 'immediate', '-D', dataDirectory];
  await lab.exec(arbiter, stop, { user: 'postgres' });
  await lab.exec(arbiter, ['find', dataDirectory, '-mindepth', '1', '-delete']);
  await lab.exec(arbiter, [bootHook]);
};

/** As an operator does it once: the table of the lock is made from a node. */
export const initialiseArbiter = async (lab: Lab, arbiter: string): Promise<void> => {
  const [first = ''] = lab.options.nodeNames;
  await lab.exec(first, ['distlock', arbiterConninfo(arbiter), 'init', lockName], { user: 'postgres' });
};

export const actOnArbiter = async (lab: Lab, arbiter: string, act: ArbiterAct): Promise<void> => {
  switch (act) {
    case 'slow':
      return delayLogins(lab, arbiter, SLOW_SECONDS);
    case 'prompt':
      return delayLogins(lab, arbiter, 0);
    case 'empty':
      return empty(lab, arbiter);
    case 'init':
      return initialiseArbiter(lab, arbiter);
  }
};
