/** Dry runs of commands, compared with all that they could have changed. */
import { dirname } from 'node:path';
import type { Test } from 'tap';
import { dataDirectory, type ExecResult, type Lab } from '../../lab/index.ts';
import { RECOVERY_MS } from './support.ts';

/**
 * All that a command could have changed. Not compared: the counters of the CIB, which may come back to what it was, and the
 * cache of compiled code that each executable keeps beside itself, also while a monitor writes it.
 */
const TRACES = `
  cibadmin --query --local | sed -e '1s/ \\(epoch\\|num_updates\\|cib-last-written\\|update-[a-z]*\\)="[^"]*"//g'
  find /etc /usr/local /usr/lib/ocf /var/tmp /var/lib/pha /run/pha ! -type d ! -name '.*.cache' ! -name '.*.cache.*' -printf '%p %s %m %u %T@ %l\\n' 2>/dev/null | sort
  find ${dirname(dataDirectory)} -maxdepth 2 -type d -printf '%p %m %u\\n' -o -maxdepth 2 -printf '%p %s %m %u %T@ %l\\n' | sort`;

export type Call = readonly [node: string, command: string, ...args: string[]];

const run = (lab: Lab, node: string, argv: readonly string[]): Promise<ExecResult> =>
  lab.exec(node, argv, { allowFailure: true, timeoutMs: 90_000 });

const tracesOf = (lab: Lab): Promise<readonly string[]> =>
  Promise.all(lab.options.nodeNames.map(async (node) => (await run(lab, node, ['sh', '-c', TRACES])).stdout));

/** Pacemaker has nothing left to do, and all nodes look as they did a moment ago. */
const tracesAtRest = async (lab: Lab, node: string): Promise<readonly string[]> => {
  let last = await tracesOf(lab);
  await lab.waitUntil(
    'the cluster to be at rest',
    async () => {
      await lab.exec(node, ['crm_resource', '--wait', '--timeout=30']);
      const now = await tracesOf(lab);
      const isSame = now.join() === last.join();
      last = now;
      return isSame;
    },
    RECOVERY_MS,
  );
  return last;
};

/** The nodes run theirs at the same time; each prints a plan, and then all nodes are as they were. */
export const changeNothing = async (t: Test, lab: Lab, calls: readonly Call[]): Promise<void> => {
  const before = await tracesAtRest(lab, calls[0]?.[0] ?? '');
  const runOn = async (node: string): Promise<void> => {
    for (const [name, ...argv] of calls) {
      if (name !== node) continue;
      const { exitCode, stdout, stderr } = await run(lab, node, [...argv, '--dry-run']);
      t.equal(exitCode, 0, `${argv.join(' ')}\n${stdout}${stderr}`);
      t.match(stdout, /^ {2}1\. /m, 'it prints a plan');
    }
  };
  await Promise.all(lab.options.nodeNames.map(runOn));
  const after = await tracesOf(lab);
  for (const [index, name] of lab.options.nodeNames.entries()) {
    const lines = (after[index] ?? '').split('\n');
    const old = (before[index] ?? '').split('\n');
    t.same(
      lines.filter((line) => !old.includes(line)),
      [],
      `nothing is new on ${name}`,
    );
    t.equal(lines.length, old.length, `nothing is gone on ${name}`);
  }
};
