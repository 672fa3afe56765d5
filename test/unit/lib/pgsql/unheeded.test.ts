import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { concerns } from '../../../../lib/pgsql/decide/notify.ts';
import { watcherFileOf } from '../../../../lib/pgsql/from-parameters.ts';
import { ENDS_UNHEEDED, isUnheeded, UNHEEDED_NOTIFICATIONS } from '../../../../lib/pgsql/unheeded.ts';
import { aNotification } from './builders.ts';

const NODE_IS_STARTED = 99;

/** With a cluster in which node2 has this score. */
const answerOf = (score: string, action: string, notification: string, env: Record<string, string> = {}) => {
  const [type = '', operation = ''] = notification.split('-');
  const of = (name: string): string => `OCF_RESKEY_CRM_meta_notify_${name}`;
  const tool = join(t.testdir(), 'attrd_updater');
  writeFileSync(
    tool,
    `#!/bin/sh
case "$*" in
  *' --update='*) [ -z "$TELLS" ] || exit 1; echo "$*" >>"$RUN/told"; exit ;;
  '--query --name=master-pgsql --node=node1 --output-as=xml') score=$OWN_SCORE ;;
  '--query --name=master-pgsql --node=node2 --output-as=xml') score='${score}' ;;
  *) echo "$*" >&2; exit 1 ;;
esac
echo '<attribute name="master-pgsql" value="'"$score"'" host="node"/>'\n`,
  );
  chmodSync(tool, 0o755);
  const script = ENDS_UNHEEDED.replaceAll(dirname(watcherFileOf('pgsql')), '$RUN');
  const { status } = spawnSync('/bin/sh', ['-c', `${script} exit ${NODE_IS_STARTED}`, 'sh', action], {
    env: {
      PATH: `${join(tool, '..')}:/usr/bin:/bin`,
      OCF_RESOURCE_INSTANCE: 'pgsql',
      OCF_RESKEY_rep_mode: 'sync',
      [of('type')]: type,
      [of('operation')]: operation,
      [of('promote_uname')]: 'node2',
      [of('demote_uname')]: 'node1',
      [of('stop_uname')]: ' ',
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name.replace(/^\./, of('')), value])),
    },
  });
  return status;
};

t.test('a shell and Node.js agree on what concerns nobody', async (t) => {
  for (const type of ['pre', 'post'] as const)
    for (const operation of ['start', 'stop', 'promote', 'demote'] as const) {
      const ended = answerOf('100', 'notify', `${type}-${operation}`) === 0;
      t.equal(ended, isUnheeded(aNotification(type, operation, {})), `${type}-${operation}`);
    }
  for (const notification of UNHEEDED_NOTIFICATIONS)
    t.equal(answerOf('2000', 'promote', notification), NODE_IS_STARTED, 'no notification');
});

t.test('while a promotion goes on, everything waits but what concerns nobody', async (t) => {
  const run = t.testdir({ 'pgsql.promotion': '4999999 4999999\n' });
  const file = join(run, 'pgsql.promotion');
  const held = spawn('/usr/bin/flock', [file, 'sh', '-c', 'echo held; cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await once(held.stdout, 'data');
  const env = { RUN: run, OCF_RESOURCE_INSTANCE: 'pgsql:0' };
  const took = (action: string, notification: string): number => {
    const startedMs = performance.now();
    answerOf('100', action, notification, env);
    return performance.now() - startedMs;
  };
  t.ok(took('notify', 'post-promote') < 3000, 'the write VIP is started after this');
  t.ok(existsSync(file));
  t.ok(took('meta-data', '-') < 3000);
  t.ok(took('notify', 'post-start') > 5000);
  held.stdin.end();
  await once(held, 'exit');
  t.ok(took('demote', '-') < 3000, 'it is over');
  t.notOk(existsSync(file));
});

/** As on the node with this name. */
const answerOn = (node: string, action: string, notification: string, env: Record<string, string> = {}) =>
  answerOf('100', action, notification, { OCF_RESKEY_CRM_meta_on_node: node, ...env });

t.test('only a primary that goes on looks after who comes and goes', async (t) => {
  const lists = ['node1', 'node1 node11', 'node11', ''];
  for (const notification of ['post-start', 'pre-stop', 'post-stop'] as const)
    for (const promoted of lists)
      for (const demote of lists)
        for (const stop of lists) {
          const [type, operation] = notification.split('-') as ['post', 'start'];
          const announced = { promoted: split(promoted), demote: split(demote), stop: split(stop) };
          const env = {
            '.promoted_uname': `${promoted} `,
            '.demote_uname': `${demote} `,
            '.stop_uname': `${stop} `,
          };
          t.equal(
            answerOn('node1', 'notify', notification, env) === NODE_IS_STARTED,
            concerns(aNotification(type, operation, announced), 'node1'),
            `${notification}: ${promoted}/${demote}/${stop}`,
          );
        }
  const idle = { '.demote_uname': ' ' };
  t.equal(
    answerOn('node1', 'notify', 'pre-stop', { ...idle, '.master_uname': 'node1 ' }),
    NODE_IS_STARTED,
    '2.0',
  );
  t.equal(answerOf('100', 'notify', 'pre-stop', idle), NODE_IS_STARTED, 'the node is not told');
});

const split = (list: string): string[] => list.split(' ').filter((name) => name !== '');

// No process has it: the kernel gives numbers below 4194304.
const ENDED = '4999999';

/** On node1, with a data directory and what the watcher has left. */
const aDeadPrimary = (t: Test, action: 'demote' | 'stop') => {
  const directory = t.testdir();
  const [watcher, lock, told] = [
    join(directory, 'pgsql.watcher'),
    join(directory, 'postmaster.pid'),
    join(directory, 'told'),
  ];
  const answer = (
    env: Record<string, string> = {},
    watched: string | null = `1 1 ${ENDED}:1\n`,
    locked: string | null = `${ENDED}\n/pgdata\n`,
  ) => {
    for (const [file, text] of [
      [watcher, watched],
      [`${watcher}.reported`, watched && `${ENDED}:1 100.00\n`],
      [lock, locked],
    ] as const)
      if (text === null) rmSync(file, { force: true });
      else writeFileSync(file, text);
    writeFileSync(told, '');
    return answerOn('node1', action, '-', {
      RUN: directory,
      OCF_RESKEY_pgdata: directory,
      OWN_SCORE: '1000',
      OCF_RESOURCE_INSTANCE: 'pgsql:0',
      '.stop_uname': 'node1 ',
      ...env,
    });
  };
  return { answer, directory, watcher, told: () => readFileSync(told, 'utf8').trim().split('\n').sort() };
};

for (const action of ['demote', 'stop'] as const)
  t.test(`the ${action} of a primary that has ended, as was watched for, is over at once`, async (t) => {
    const { answer, directory } = aDeadPrimary(t, action);
    t.equal(answer(), 0);
    t.equal(answer({ OCF_RESKEY_enable_distlock: 'false', OCF_RESKEY_rep_mode: 'async' }), 0);
    const { pid } = process;
    t.equal(answer({}, `1 1 ${pid}:1\n`, `${pid}\n`), NODE_IS_STARTED, 'it runs');
    t.equal(answer({}, `1 1 ${ENDED}:1\n`, `${pid}\n`), NODE_IS_STARTED, 'another one runs');
    for (const watched of ['', '\n', '1 1', `1 1 ${ENDED}9:1\n`])
      t.equal(answer({}, watched), NODE_IS_STARTED, `nothing was watched: ${JSON.stringify(watched)}`);
    t.equal(answer({}, undefined, ''), NODE_IS_STARTED, 'a lock file that says nothing');
    t.equal(answer({ RUN: join(directory, 'none') }), NODE_IS_STARTED);
    t.equal(answer({ OCF_RESKEY_pgdata: '' }), NODE_IS_STARTED, 'where it is is not told');
    t.equal(answer({ '.stop_uname': 'node11 node3 ' }), NODE_IS_STARTED, 'it goes on as a standby');
    t.equal(answer({ OCF_RESKEY_CRM_meta_on_node: '', '.stop_uname': '  ' }), NODE_IS_STARTED);
    t.equal(answer({ OCF_RESKEY_enable_distlock: 'yes' }), NODE_IS_STARTED, 'it gives the lock back');
    t.equal(answer({ OCF_RESKEY_rep_mode: 'none' }), NODE_IS_STARTED);
    t.equal(answer({ OCF_RESKEY_rep_mode: '' }), NODE_IS_STARTED);
  });

t.test('such a stop tells the cluster, and leaves nothing for a watcher to report', async (t) => {
  const { answer, directory, watcher, told } = aDeadPrimary(t, 'stop');
  answer();
  t.same(told(), [
    '--name=pgsql-election --update= --private',
    '--name=pgsql-status --node=node1 --update=STOP',
  ]);
  t.notOk(existsSync(watcher));
  t.notOk(existsSync(`${watcher}.reported`));

  t.equal(answer({ '.start_uname': 'node2 node1 ' }), 0);
  t.same(told(), ['--name=pgsql-election --update= --private'], 'it is started next');
  t.equal(answer({ RUN: directory, TELLS: 'nothing' }), NODE_IS_STARTED, 'the cluster cannot be told');
  t.ok(existsSync(watcher));
  t.equal(answer({ OWN_SCORE: '100' }), NODE_IS_STARTED, 'a standby loses its score, too');
  t.equal(answer({ '.demote_uname': ' ' }), 0, 'Pacemaker has planned anew since the demotion');

  const child = spawn('sleep', ['60'], { cwd: directory });
  t.equal(answer(), NODE_IS_STARTED, 'a process of it is left');
  t.ok(existsSync(watcher));
  const ended = once(child, 'exit');
  child.kill();
  await ended;
  t.equal(answer(), 0);
});

t.test('so does the stop of a primary that its demotion has stopped', async (t) => {
  const { answer, directory, told } = aDeadPrimary(t, 'stop');
  /** @param locked what its lock file says; none without it */
  const stop = (env: Record<string, string> = {}, locked?: string) => answer(env, null, locked ?? null);
  t.equal(stop(), 0);
  t.same(told(), [
    '--name=pgsql-election --update= --private',
    '--name=pgsql-status --node=node1 --update=STOP',
  ]);
  t.equal(stop({}, `${ENDED}\n`), NODE_IS_STARTED, 'its lock file is there');
  t.equal(stop({ '.demote_uname': 'node11 ' }), NODE_IS_STARTED, 'it was not demoted');
  t.equal(stop({ OWN_SCORE: '100' }), NODE_IS_STARTED);
  t.equal(stop({ OCF_RESKEY_enable_distlock: 'yes' }), NODE_IS_STARTED);
  t.equal(stop({ OCF_RESKEY_pgdata: join(directory, 'none') }), NODE_IS_STARTED, 'its disk is gone');
  const child = spawn('sleep', ['60'], { cwd: directory });
  t.equal(stop(), NODE_IS_STARTED, 'a process of it is left');
  const ended = once(child, 'exit');
  child.kill();
  await ended;
});

t.test('no election is held in a planned switch to the synchronous standby', async (t) => {
  const election = (env: Record<string, string> = {}, score = '2000') =>
    answerOf(score, 'notify', 'pre-promote', env);
  t.equal(election(), 0);
  t.equal(election({ OCF_RESOURCE_INSTANCE: 'pgsql:0' }), 0);
  t.equal(
    election({ '.demote_uname': 'node1 ', '.promote_uname': 'node2 ', '.stop_uname': '' }),
    0,
    'blanks',
  );
  t.equal(election({}, '100'), NODE_IS_STARTED, 'demoted for another reason, as with on-fail=demote');
  t.equal(election({}, '-INFINITY'), NODE_IS_STARTED);
  t.equal(
    election({ OCF_RESKEY_rep_mode: 'async' }),
    NODE_IS_STARTED,
    'which standby is ahead has to be found out',
  );
  t.equal(election({ '.demote_uname': ' ' }), NODE_IS_STARTED, 'the primary is lost');
  t.equal(election({ '.stop_uname': 'node1' }), NODE_IS_STARTED, 'it is stopped: it may have crashed');
  t.equal(election({ '.promote_uname': 'node3' }), NODE_IS_STARTED, 'another one is promoted');
  t.equal(election({ OCF_RESOURCE_INSTANCE: '' }), NODE_IS_STARTED, 'the score cannot be asked');
  t.equal(answerOf('2000', 'promote', 'pre-promote'), NODE_IS_STARTED, 'no notification');
});
