/** cls_setup: databases that run become a cluster, it is loaded again, refused, and killed in the middle. */
import { join } from 'node:path';
import type { Test } from 'tap';
import type { ExecResult } from '../../lab/backend.ts';
import { dataDirectory, promotedNode, unpromotedNodes } from '../../lab/index.ts';
import type { Lab } from '../../lab/lab.ts';
import { Score } from '../../lib/pgsql/names.ts';
import { breakOff, type Mode } from './broken-off.ts';
import { CONFIG, configurationOf, definitionFor, prepareSetup, writeNodeFile } from './cluster-files.ts';
import { holdTools } from './held-tools.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

/** The commands' own limit, after which they say what is missing. */
const COMMAND_MS = 300_000;

/** Of the primary that runs before there is a cluster. */
const PROMOTION_SCORE = [
  'crm_attribute',
  '--node=node2',
  '--lifetime=reboot',
  '--name=master-pgsql',
] as const;

const setup = (lab: Lab, ...args: readonly string[]): Promise<ExecResult> =>
  lab.exec('node1', ['cls_setup', '--config', CONFIG, ...args], {
    allowFailure: true,
    timeoutMs: COMMAND_MS,
  });

const postmasters = (lab: Lab): Promise<readonly string[]> =>
  Promise.all(
    lab.options.nodeNames.map(
      async (node) => (await lab.exec(node, ['head', '-n', '1', `${dataDirectory}/postmaster.pid`])).stdout,
    ),
  );

/** As somebody runs PostgreSQL who has no cluster yet; a standby streams from `primary`. */
const startByHand = async (lab: Lab, node: string, primary?: string): Promise<void> => {
  const asOwner = (script: string) => lab.exec(node, ['sh', '-c', script], { user: 'postgres' });
  if (primary !== undefined) {
    const conninfo = `host=${primary} user=replication application_name=${node}`;
    await asOwner(
      `cd ${dataDirectory} && touch standby.signal && echo "primary_conninfo = '${conninfo}'" >>postgresql.conf`,
    );
  }
  await asOwner(`${join(lab.binDirectory, 'pg_ctl')} -D ${dataDirectory} -l /tmp/by-hand.log -w start`);
};

/** Runs something that may not change the cluster's configuration. */
const unchanged = async (t: Test, lab: Lab, run: () => Promise<void>): Promise<void> => {
  const before = await configurationOf(lab, 'node1');
  await run();
  t.equal(await configurationOf(lab, 'node1'), before, 'the configuration is what it was');
};

/**
 * Sends a signal to cls_setup as soon as it says `mark`, and returns how it ended and what it has said. pcs is held
 * until then, so that a mark of that step is never seen too late. What a killed one had begun goes on alone: its end is
 * waited for, since a load would come in between the next one's look and its own load.
 */
const interruptedAt = async (
  lab: Lab,
  mark: string,
  signal: 'KILL' | 'INT',
  ...args: readonly string[]
): Promise<ExecResult> => {
  const script = `
    mark=$1 signal=$2; shift 2
    rm -f /tmp/said /tmp/go; mkdir -p /tmp/held
    printf '#!/bin/sh\nuntil [ -e /tmp/go ]; do sleep 0.05; done\nexec /usr/sbin/pcs "$@"\n' >/tmp/held/pcs
    chmod +x /tmp/held/pcs
    case $mark in line*) ;; *) touch /tmp/go ;; esac
    PATH=/tmp/held:$PATH cls_setup --config ${CONFIG} "$@" 2>/tmp/said & pid=$!
    until grep -q -- "$mark" /tmp/said; do kill -0 $pid || break; done
    kill -$signal $pid
    touch /tmp/go
    wait $pid; code=$?
    while pgrep -P 1 -x cibadmin >/dev/null; do sleep 0.05; done
    cat /tmp/said >&2
    exit $code`;
  return lab.exec('node1', ['sh', '-c', script, 'sh', mark, signal, ...args], {
    allowFailure: true,
    timeoutMs: 120_000,
  });
};

/** Everything else stays as it is: a definition of one or two lines is loaded quickly. */
const SMALL = '/etc/pha/small.pcs';
const CHANGE = 'pcs property set cluster-recheck-interval=7min';
const BROKEN: readonly (readonly [line: string, complaint: RegExp])[] = [
  ['pcs property set nonsense=1', /nonsense/],
  ['pcs resource create x ocf:pha:pgsql pgdatta=/x', /pgdatta/],
  ['pcs resource create x ocf:pha:nonsense', /the agent ocf:pha:nonsense is not installed/],
  ['pcs resource create x nonsense:pgsql', /nonsense:pgsql/],
];
const PROPERTY = /<nvpair [^>]*name="cluster-recheck-interval"[^>]*\/>\s*/;

await withLab(import.meta.url, { agent: 'none' }, async (lab, scenario) => {
  await scenario('databases that run already go on running: each becomes what it is', async (t) => {
    await prepareSetup(lab, 'node1');
    await startByHand(lab, 'node2');
    await Promise.all(['node1', 'node3'].map((node) => startByHand(lab, node, 'node2')));
    const before = await postmasters(lab);
    const score: Mode = {
      read: [...PROMOTION_SCORE, '--query', '--quiet', '--default=none'],
      undo: [...PROMOTION_SCORE, '--delete'],
      value: String(Score.primary),
    };
    await breakOff(t, lab, await holdTools(lab, 'node1'), {
      argv: ['cls_setup', '--config', CONFIG],
      mode: score,
      breaks: [['tell Pacemaker that', ['INT', 'KILL', 'INT']]],
    });
    const loaded = await setup(lab);
    t.equal(loaded.exitCode, 0, loaded.stderr);
    t.match(loaded.stderr, /tell Pacemaker that node2 is the primary already/);
    t.match(loaded.stdout, /msPostgresql runs: node2 is the primary, node1 and node3 stream from it/);
    const cluster = await lab.crmMon();
    t.equal(promotedNode(cluster), 'node2');
    t.same([...unpromotedNodes(cluster)].sort(), ['node1', 'node3']);
    t.same(await postmasters(lab), before, 'no server was restarted');
    const backup = /to (\/var\/lib\/pha\/backup\/cib-\S+\.xml)/.exec(loaded.stderr)?.[1] ?? '';
    t.equal((await lab.exec('node1', ['stat', '-c', '%a %U', backup])).stdout.trim(), '600 root');
    t.equal((await lab.exec('node1', ['cls_status'], { allowFailure: true })).exitCode, 0);
    t.notMatch((await lab.exec('node1', ['ls', '/tmp'])).stdout, 'pha-', 'no copy is left behind');
  });

  await scenario('loaded again, nothing is restarted', async (t) => {
    const before = await postmasters(lab);
    const report = await underLoad(t, lab, async () => {
      await unchanged(t, lab, async () => {
        const again = await setup(lab);
        t.equal(again.exitCode, 0, again.stderr);
        t.match(again.stdout, `the cluster has the definition of ${definitionFor('pcs')} already`);
      });
    });
    t.same(await postmasters(lab), before, 'the servers are the same');
    // The client is impatient: on a busy machine it gives a write or a connection up after a second.
    const kinds = Object.keys(report.errorKinds).filter((kind) => !/time(d )?out/i.test(kind));
    t.same(kinds, [], 'nobody was refused or cut off');
  });

  await scenario(
    'what is tried, refused or killed leaves the old configuration, or the new one',
    async (t) => {
      await writeNodeFile(lab, 'node1', SMALL, `${CHANGE}\n`);
      const small = ['--definition', SMALL] as const;
      await unchanged(t, lab, async () => {
        const tried = await setup(lab, ...small, '--dry-run');
        t.equal(tried.exitCode, 0, tried.stderr);
        t.match(tried.stdout, /property cluster-recheck-interval=7min[\s\S]*2\. load .*, in one transaction/);

        for (const [line, complaint] of BROKEN) {
          await writeNodeFile(lab, 'node1', '/etc/pha/broken.pcs', `${CHANGE}\n\n${line}\n`);
          const refused = await setup(lab, '--definition', '/etc/pha/broken.pcs');
          t.match(refused, { exitCode: 1, stderr: /broken\.pcs, line 3: / }, refused.stderr);
          t.match(refused.stderr, complaint);
        }

        t.equal((await interruptedAt(lab, 'line 1', 'KILL', ...small)).exitCode, 137);
        const stopped = await interruptedAt(lab, 'line 1', 'INT', ...small);
        t.equal(stopped.exitCode, 1);
        t.match(stopped.stderr, /interrupted; nothing was changed/);
      });

      const before = await configurationOf(lab, 'node1');
      for (const mark of ['back up', 'load ']) {
        await interruptedAt(lab, mark, 'KILL', ...small);
        const now = await configurationOf(lab, 'node1');
        t.equal(now.replace(PROPERTY, ''), before, `killed at "${mark}": one line is new, or none`);
      }
      const again = await setup(lab, ...small);
      t.equal(again.exitCode, 0, again.stderr);
      t.match(await configurationOf(lab, 'node1'), PROPERTY, 'run again, it is loaded');
      t.equal((await lab.exec('node1', ['cls_status'], { allowFailure: true })).exitCode, 0);
    },
  );

  await scenario('the node that is named becomes the first primary, and no other', async (t) => {
    await lab.exec('node1', ['cls_stop'], { timeoutMs: COMMAND_MS });
    const record = ['--type=crm_config', '--set-name=pgsql_replication', '--name=pgsql_REPL_INFO'];
    await lab.exec('node1', ['crm_attribute', ...record, '--delete']);
    const named = await setup(lab, 'node3');
    t.equal(named.exitCode, 0, named.stderr);
    await lab.exec('node1', ['cls_start'], { timeoutMs: COMMAND_MS });
    const cluster = await lab.waitHealthy(RECOVERY_MS);
    t.equal(promotedNode(cluster), 'node3');
    t.match(await lab.replInfo('node1'), /^node3\|/);
  });

  await scenario('with crmsh in place of pcs, from nothing', async (t) => {
    const crm = ['--shell', 'crm'] as const;
    await prepareSetup(lab, 'node1', 'crm');
    await lab.exec('node1', ['cls_stop'], { timeoutMs: COMMAND_MS });
    for (const part of ['constraints', 'resources', 'crm_config'])
      await lab.exec('node1', ['cibadmin', '--replace', `--scope=${part}`, `--xml-text=<${part}/>`]);
    const loaded = await setup(lab, ...crm, 'node2');
    t.equal(loaded.exitCode, 0, loaded.stderr);
    const cluster = await lab.waitHealthy(RECOVERY_MS);
    t.equal(promotedNode(cluster), 'node2');
    t.same([...unpromotedNodes(cluster)].sort(), ['node1', 'node3']);
    await unchanged(t, lab, async () => {
      const again = await setup(lab, ...crm);
      t.match(
        again.stdout,
        `the cluster has the definition of ${definitionFor('crm')} already`,
        again.stderr,
      );
    });
  });
});
