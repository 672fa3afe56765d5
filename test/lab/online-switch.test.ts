/**
 * cls_online_switch with a node down, and what is left when it does not come to its end. (How long a switch of healthy nodes
 * stops writes is in switch-outage.test.ts.)
 */
import { castOf, cleanUp, waitForPrimary } from './actions.ts';
import { agentLog } from './agent-log.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';
import { clsSwitch, constraintsOf, nothingIsLeft } from './switches.ts';

const AGENT = '/usr/lib/ocf/resource.d/pha/pgsql';

/** What it says once the old primary ends; a slow look may miss the first of these. */
const HANDING_OVER = [
  ...['is demoting', 'no node is primary', 'is promoting', 'is promoted', 'records that it is'],
  'follows as a standby',
].join('\\|');

/** Between two looks the primary may have gone on to the next. */
const NAMED = `hands over with its next monitor\\|${HANDING_OVER}`;

/** By what the command says of the step. */
const INTERRUPTIONS = [
  ['INT', 'write a checkpoint'],
  ['KILL', 'write a checkpoint'],
  ['INT', 'as the successor of'],
  ['KILL', 'as the successor of'],
  ['INT', NAMED],
  ['KILL', NAMED],
  ['INT', HANDING_OVER],
  ['KILL', HANDING_OVER],
  ['INT', 'follows as a standby'],
  ['KILL', 'follows as a standby'],
] as const;

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  await scenario('with a node down, and to none that cannot', async (t) => {
    const { primary, sync, other } = await castOf(lab);
    await lab.powerOff(other);
    await lab.waitForRest(
      `${other} to be gone`,
      (now) => now.nodes.some(({ name, online }) => name === other && !online),
      RECOVERY_MS,
    );
    const refused = await clsSwitch(lab, primary, other);
    t.equal(refused.exitCode, 10);
    t.match(refused.stderr, `${other} cannot take over: ${other} is offline`);
    await underLoad(t, lab, async (client) => {
      const result = await clsSwitch(lab, primary);
      t.equal(result.exitCode, 0, result.stderr);
      t.match(result.stderr, `${other} is offline: until ${primary} is back as a standby`);
      await waitForPrimary(lab, sync);
      await client.waitForWrites(20, RECOVERY_MS);
    });
    await lab.boot(other);
  });

  await scenario('a successor that cannot be promoted: the old primary goes on', async (t) => {
    const { primary, sync } = await castOf(lab);
    const before = await constraintsOf(lab);
    const script = `#!/bin/sh\n[ "$1" = promote ] && exit 1\nexec ${AGENT}.real "$@"\n`;
    // In one move: a monitor in between would find no agent, and Pacemaker would keep off the node.
    const replace = `cp -p ${AGENT} ${AGENT}.real; cat >${AGENT}.new; chmod 755 ${AGENT}.new; mv ${AGENT}.new ${AGENT}`;
    await lab.exec(sync, ['sh', '-ec', replace], { input: script });
    await underLoad(t, lab, async (client) => {
      const result = await clsSwitch(lab, primary, sync);
      t.equal(result.exitCode, 1, result.stderr);
      t.match(result.stderr, `${sync} was to be promoted, but its promote failed`);
      t.match(result.stderr, `${primary} is primary again`);
      await client.waitForWrites(20, RECOVERY_MS);
    });
    t.equal(await nothingIsLeft(t, lab, before), primary);
    await lab.exec(sync, ['mv', `${AGENT}.real`, AGENT]);
    await cleanUp(lab, sync);
  });

  await scenario(
    'Ctrl-C and kill -9 at each step leave one primary, and nothing that could move it',
    async (t) => {
      const before = await constraintsOf(lab);
      /** Starts it, waits for what it says of a step, and sends it a signal. */
      const interruptAt = async (on: string, step: string, signal: 'INT' | 'KILL'): Promise<string> => {
        const script = `cls_online_switch 2>/tmp/switch.err >/tmp/switch.out & pid=$!
        until grep -q '${step}' /tmp/switch.err 2>/dev/null || ! kill -0 $pid 2>/dev/null; do sleep 0.02; done
        kill -${signal} $pid; wait $pid; echo "$? $(cat /tmp/switch.err)"; rm -f /tmp/switch.err`;
        return (await lab.exec(on, ['bash', '-c', script], { timeoutMs: 120_000 })).stdout;
      };
      await underLoad(t, lab, async (client) => {
        for (const [signal, step] of INTERRUPTIONS) {
          const { primary } = await castOf(lab);
          const said = await interruptAt(primary, step, signal);
          if (signal === 'INT')
            // In the last step it may have come to its end just before the signal.
            t.match(
              said,
              step.endsWith('follows as a standby')
                ? /^0 |interrupted; node\d is the primary/
                : /interrupted; (nothing has changed|node\d is the primary)/,
              `${step}: it says how things are`,
            );
          const now = await nothingIsLeft(t, lab, before);
          t.comment(`${signal} at "${step}": ${primary} was the primary, ${now} is`);
          await client.waitForWrites(5, RECOVERY_MS);
        }
      });
      const log = (await Promise.all(lab.options.nodeNames.map((node) => agentLog(lab, node)))).flat();
      t.notMatch(log.join('\n'), /primary\.superseded/, 'there were never two primaries');
    },
  );
});
