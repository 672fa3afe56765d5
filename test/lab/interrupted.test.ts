/**
 * Every command that acts: with --dry-run it changes nothing on any node, and broken off at any of its steps it leaves what
 * it says, and is simply run again. (The switch, the repairs, cls_setup and install.sh have tests of their own besides.)
 */
import { dirname } from 'node:path';
import type { Test } from 'tap';
import { dataDirectory, type ExecResult } from '../../lab/index.ts';
import { castOf, killPostmaster, timelineOf } from './actions.ts';
import { CONFIG, prepareSetup, writeNodeFile } from './cluster-files.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const COMMAND_MS = 90_000;
const SMALL = '/etc/pha/small.pcs';

/**
 * All that a command could have changed. Not compared: the counters of the CIB, which may come back to what it was, and the
 * cache of compiled code that each executable keeps beside itself.
 */
const TRACES = `
  cibadmin --query --local | sed -e '1s/ \\(epoch\\|num_updates\\|cib-last-written\\|update-[a-z]*\\)="[^"]*"//g'
  find /etc /usr/local /usr/lib/ocf /var/tmp /var/lib/pha /run/pha ! -type d ! -name '.*.cache' -printf '%p %s %m %u %T@ %l\\n' 2>/dev/null | sort
  find ${dirname(dataDirectory)} -maxdepth 2 -type d -printf '%p %m %u\\n' -o -maxdepth 2 -printf '%p %s %m %u %T@ %l\\n' | sort`;

/** By turns, so that each step that two commands share is met by both. */
const SIGNALS = [
  ['INT', 'KILL'],
  ['KILL', 'INT'],
] as const;

type Call = readonly [node: string, command: string, ...args: string[]];

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  const run = (node: string, ...argv: readonly string[]): Promise<ExecResult> =>
    lab.exec(node, argv, { allowFailure: true, timeoutMs: COMMAND_MS });

  const done = async (t: Test, node: string, ...argv: readonly string[]): Promise<void> => {
    const { exitCode, stdout, stderr } = await run(node, ...argv);
    t.equal(exitCode, 0, `${argv.join(' ')}\n${stdout}${stderr}`);
  };

  const traces = (): Promise<readonly string[]> =>
    Promise.all(lab.options.nodeNames.map(async (node) => (await run(node, 'sh', '-c', TRACES)).stdout));

  /** Pacemaker has nothing left to do, and all nodes look as they did a moment ago. */
  const atRest = async (node: string): Promise<readonly string[]> => {
    let last = await traces();
    await lab.waitUntil(
      'the cluster to be at rest',
      async () => {
        await lab.exec(node, ['crm_resource', '--wait', '--timeout=30']);
        const now = await traces();
        const isSame = now.join() === last.join();
        last = now;
        return isSame;
      },
      RECOVERY_MS,
    );
    return last;
  };

  /** Each prints a plan, and all nodes are as they were. */
  const changeNothing = async (t: Test, calls: readonly Call[]): Promise<void> => {
    const before = await atRest(calls[0]?.[0] ?? '');
    for (const [node, command, ...args] of calls) {
      const { exitCode, stdout, stderr } = await run(node, command, ...args, '--dry-run');
      t.equal(exitCode, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
      t.match(stdout, /^ {2}1\. /m, 'it prints a plan');
    }
    const after = await traces();
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

  await scenario('--dry-run of every command, where it has something to do', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    await prepareSetup(lab, primary);
    await writeNodeFile(lab, primary, SMALL, 'pcs property set cluster-recheck-interval=7min\n');
    await changeNothing(t, [
      [primary, 'cls_stop'],
      [primary, 'cls_maintenance'],
      [primary, 'cls_maintenance', other],
      [primary, 'cls_maintenance_node', other],
      [primary, 'cls_standby_node', primary],
      [primary, 'cls_online_switch'],
      [sync, 'cls_online_switch', other],
      [other, 'cls_rebuild_slave', '--force'],
      [other, 'cls_rebuild_slave', '--force', '--in-place', '--from', sync],
      [primary, 'cls_setup', '--config', CONFIG, '--definition', SMALL],
    ]);

    await killPostmaster(lab, other);
    await lab.waitFor(
      `the failure of ${other} to be counted`,
      (now) => now.failCounts[other]?.pgsql === 1,
      RECOVERY_MS,
    );
    await done(t, primary, 'cls_standby_node', other);
    await done(t, primary, 'cls_maintenance_node', sync);
    await changeNothing(t, [
      [primary, 'cls_cleanup'],
      [primary, 'cls_cleanup', '--node', other],
      [primary, 'cls_unstandby_node', other],
      [primary, 'cls_unmaintenance', sync],
      [primary, 'cls_unmaintenance_node', sync],
    ]);
    await done(t, primary, 'cls_unstandby_node', other);
    await done(t, primary, 'cls_unmaintenance_node', sync);
    await done(t, primary, 'cls_cleanup');
    await done(t, primary, 'cls_maintenance');
    await changeNothing(t, [[primary, 'cls_unmaintenance', '--dry-run']]);
    await done(t, primary, 'cls_unmaintenance');
    await done(t, primary, 'cls_stop');
    await changeNothing(t, [[primary, 'cls_start', '--dry-run']]);
    await done(t, primary, 'cls_start');
  });

  /** What a command switches, and what it says of each step. */
  interface Row {
    readonly argv: readonly [string, ...string[]];
    readonly mode?: { readonly query: readonly string[]; readonly isOn: boolean };
    readonly steps: readonly string[];
  }

  /** Starts it, waits for what it says of a step, and sends it a signal; one that ends by itself before is left alone. */
  const interruptAt = async (
    on: string,
    { argv }: Row,
    step: string,
    signal: string,
  ): Promise<ExecResult> => {
    const script = `
      step=$1 signal=$2; shift 2; rm -f /tmp/said; "$@" 2>/tmp/said & pid=$!
      until grep -q -- "$step" /tmp/said 2>/dev/null || ! kill -0 $pid 2>/dev/null; do sleep 0.02; done
      kill -$signal $pid 2>/dev/null; wait $pid; code=$?; cat /tmp/said >&2; exit $code`;
    return run(on, 'sh', '-c', script, 'sh', step, signal, ...argv);
  };

  const isOn = async (on: string, query: readonly string[]): Promise<boolean> => {
    const { stdout } = await run(on, 'crm_attribute', ...query, '--query', '--quiet', '--default=off');
    return ['on', 'true'].includes(stdout.trim());
  };

  const breakOff = async (t: Test, on: string, row: Row, signals: readonly string[]): Promise<void> => {
    const { argv, mode, steps } = row;
    const name = argv.join(' ');
    for (const [index, step] of steps.entries()) {
      const before = mode !== undefined && (await isOn(on, mode.query));
      const signal = signals[index % signals.length] ?? '';
      const { exitCode, stderr } = await interruptAt(on, row, step, signal);
      // It may have come to its end before the signal came.
      t.ok(
        [0, signal === 'INT' ? 1 : 137].includes(exitCode),
        `${signal} of ${name} at "${step}": ${exitCode}`,
      );
      if (exitCode !== 1) continue;
      t.match(stderr, /interrupted; /, 'it says how things are');
      if (mode !== undefined)
        t.equal(
          await isOn(on, mode.query),
          /nothing was changed/.test(stderr) ? before : mode.isOn,
          `and so they are: ${stderr.split('\n').at(-1)}`,
        );
    }
    await done(t, on, ...argv);
    if (mode !== undefined) t.equal(await isOn(on, mode.query), mode.isOn, `${name}, run again, finishes`);
  };

  await scenario('Ctrl-C and kill -9 at every step, and once more to its end', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    const before = [await timelineOf(lab, primary), await lab.replInfo()];
    const whole = ['--name=maintenance-mode'];
    const kept = [`--node=${sync}`, '--name=maintenance'];
    const away = [`--node=${other}`, '--name=standby'];
    const enter = ['into maintenance mode', 'wait until Pacemaker lets go'];
    const leave = ['have Pacemaker look', 'out of maintenance mode', 'wait until there is a primary'];
    const rows: readonly Row[] = [
      { argv: ['cls_maintenance'], mode: { query: whole, isOn: true }, steps: enter },
      { argv: ['cls_maintenance_node', sync], mode: { query: kept, isOn: true }, steps: enter },
      { argv: ['cls_unmaintenance'], mode: { query: whole, isOn: false }, steps: leave.slice(0, 2) },
      { argv: ['cls_unmaintenance', sync], mode: { query: kept, isOn: false }, steps: leave },
      {
        argv: ['cls_standby_node', other],
        mode: { query: away, isOn: true },
        steps: ['into standby mode', 'wait until nothing runs'],
      },
      {
        argv: ['cls_unstandby_node', other],
        mode: { query: away, isOn: false },
        steps: ['out of standby mode', `wait until ${other} streams`],
      },
      { argv: ['cls_cleanup'], steps: ['forget the failures', 'wait until they are gone'] },
    ];
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await killPostmaster(lab, other);
      await lab.waitFor(
        `the failure of ${other} to be counted`,
        (now) => now.failCounts[other]?.pgsql === 1,
        RECOVERY_MS,
      );
      for (const [index, row] of rows.entries()) await breakOff(t, primary, row, SIGNALS[index % 2] ?? []);
      const { failCounts } = await lab.waitHealthy(RECOVERY_MS);
      t.equal(failCounts[other]?.pgsql, undefined, 'the failure is forgotten');
      await client.waitForWrites(20, RECOVERY_MS);
    });
    t.same([await timelineOf(lab, primary), await lab.replInfo()], before, 'nobody was promoted meanwhile');
  });
});
