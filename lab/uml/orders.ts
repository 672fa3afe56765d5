/**
 * Commands in a guest. An order is a directory that the guest sees as well; the line that names it goes through a FIFO
 * that is the guest's serial port (guest-run.sh has the other end). Nothing of it needs the guest's network.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { homeOf } from '../accounts.ts';
import type { ExecOptions, ExecResult } from '../backend.ts';
import { cleanEnv } from '../environment.ts';

const pollEveryMs = 10;
/** A guest needs its time to begin and to end a command. */
const graceMs = 5000;

export const ordersOf = (disk: string): string => join(disk, 'orders');
export const lineOf = (disk: string): string => join(disk, 'line');

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** As one word for the shell. */
export const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** The script of an order that runs a command as `exec` of a backend would. */
export const renderOrder = (
  argv: readonly string[],
  options: ExecOptions,
  home: string | undefined,
): string => {
  const env = { ...cleanEnv, ...(home === undefined ? {} : { HOME: home }), ...options.env };
  const asUser =
    options.user === undefined
      ? []
      : ['setpriv', `--reuid=${options.user}`, `--regid=${options.user}`, '--init-groups', '--'];
  const seconds = String((options.timeoutMs ?? 60_000) / 1000);
  const words = [
    ...['env', '-i', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
    ...['timeout', '--signal=KILL', seconds, ...asUser, ...argv],
  ];
  return `exec ${words.map(quote).join(' ')}\n`;
};

/** One line of at most PIPE_BUF bytes arrives whole, whoever else writes. False if nobody reads it. */
const say = async (disk: string, line: string): Promise<boolean> => {
  const fifo = await open(lineOf(disk), constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (fifo === undefined) return false;
  try {
    await fifo.write(`${line}\n`);
    return true;
  } finally {
    await fifo.close();
  }
};

const textOf = async (file: string): Promise<string> =>
  (await readFile(file, 'utf8').catch(() => '')).replace(/\r?\n$/, '');

export interface Order {
  /** The order's directory, as this machine sees it. */
  readonly here: string;
  /** The same, as the guest sees it. */
  readonly there: string;
}

/**
 * @param prepare puts files for the guest into the order's directory, or takes them from it
 * @param isOn whether the guest still has power
 */
export const carryOut = async (
  disk: string,
  render: (order: Order) => Promise<string>,
  options: ExecOptions,
  isOn: () => Promise<boolean>,
  collect: (order: Order) => Promise<void> = async () => undefined,
): Promise<ExecResult> => {
  const id = randomUUID();
  const order = { here: join(ordersOf(disk), id), there: `/run/orders/${id}` };
  const begin = performance.now();
  const timeoutMs = options.timeoutMs ?? 60_000;
  await mkdir(order.here);
  try {
    await writeFile(join(order.here, 'run'), await render(order));
    await writeFile(join(order.here, 'in'), options.input ?? '');
    const codeFile = join(order.here, 'code');
    let lost = !(await say(disk, id));
    while (!lost && !(await exists(codeFile)) && performance.now() < begin + timeoutMs + graceMs) {
      await sleep(pollEveryMs);
      lost = !(await isOn()) && !(await exists(codeFile));
    }
    const code = await textOf(codeFile);
    if (code !== '') await collect(order);
    return {
      exitCode: code === '' ? 137 : Number(code),
      stdout: await textOf(join(order.here, 'out')),
      stderr: await textOf(join(order.here, 'err')),
      timedOut: !lost && (code === '' || (code === '137' && performance.now() >= begin + timeoutMs)),
    };
  } finally {
    await rm(order.here, { recursive: true, force: true });
  }
};

/** Runs a command in a guest that has power. */
export const execInGuest = async (
  disk: string,
  argv: readonly string[],
  options: ExecOptions,
  isOn: () => Promise<boolean>,
): Promise<ExecResult> => {
  const home = options.user === undefined ? undefined : await homeOf(options.user);
  return carryOut(disk, async () => renderOrder(argv, options, home), options, isOn);
};
