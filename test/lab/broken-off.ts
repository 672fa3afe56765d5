/** Commands that are broken off in each of their steps: they say how things are, so they are, and run again they finish. */
import type { Test } from 'tap';
import type { Lab } from '../../lab/index.ts';
import type { HeldTools, Signal } from './held-tools.ts';
import { RECOVERY_MS } from './support.ts';

/** A step by what is said of it, the signals that a command gets in it, one run for each, and at which tool. */
export type Break = readonly [step: string, signals: readonly Signal[], tool?: string];

/** What a command sets: how it is read and put back, and what it reads when the command has set it. */
export interface Mode {
  readonly read: readonly string[];
  readonly undo: readonly string[];
  readonly value: string;
}

/** A command, and where it is broken off. */
export interface Row {
  readonly argv: readonly [string, ...string[]];
  readonly mode?: Mode;
  readonly breaks: readonly Break[];
}

export const attribute = (options: readonly string[], value: string, before: string): Mode => ({
  read: ['crm_attribute', ...options, '--query', '--quiet', '--default=none'],
  undo: ['crm_attribute', ...options, `--update=${before}`],
  value,
});

/** Of the database. */
export const targetRole = (value: string, before: string): Mode => {
  const option = ['crm_resource', '--resource=msPostgresql', '--meta'];
  return {
    read: [...option, '--get-parameter=target-role'],
    undo: [...option, '--set-parameter=target-role', `--parameter-value=${before}`],
    value,
  };
};

const isSet = async (lab: Lab, node: string, { read, value }: Mode): Promise<boolean> =>
  (await lab.exec(node, read, { allowFailure: true })).stdout.trim() === value;

/** Each break begins where the command has everything to do. */
export const breakOff = async (t: Test, lab: Lab, tools: HeldTools, row: Row): Promise<void> => {
  const { node } = tools;
  const { argv, mode, breaks } = row;
  const name = argv.join(' ');
  for (const [step, signals, tool] of breaks) {
    for (const signal of signals) {
      if (mode !== undefined && (await isSet(lab, node, mode))) await lab.exec(node, mode.undo);
      const { exitCode, stderr } = await tools.breakOff(argv, step, signal, tool);
      t.equal(exitCode, signal === 'INT' ? 1 : 137, `${signal} of ${name} at "${step}"\n${stderr}`);
      if (signal === 'KILL') continue;
      t.match(stderr, /interrupted; /, 'it says how things are');
      if (mode === undefined) continue;
      const says = !/nothing was changed|, unchanged|is as it was/.test(stderr);
      // What it takes back is in the CIB when attrd has written it.
      await lab.waitUntil(
        `what it says to be so: ${stderr.split('\n').at(-1)}`,
        async () => (await isSet(lab, node, mode)) === says,
        RECOVERY_MS,
      );
    }
  }
};

/** After the last break the command is simply run again. */
export const breakOffAndFinish = async (t: Test, lab: Lab, tools: HeldTools, row: Row): Promise<void> => {
  await breakOff(t, lab, tools, row);
  const { argv, mode } = row;
  const options = { allowFailure: true, timeoutMs: 90_000 };
  const { exitCode, stdout, stderr } = await lab.exec(tools.node, argv, options);
  t.equal(exitCode, 0, `${argv.join(' ')}, run again\n${stdout}${stderr}`);
  if (mode !== undefined) t.ok(await isSet(lab, tools.node, mode), 'and it has done its work');
};
