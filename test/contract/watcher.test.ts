/** The watcher of fast_detection, with a real server and what it calls of Pacemaker as small programs that note when they were. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { endWatch, watch, watcherState } from '../../lib/pgsql/watcher.ts';
import { findPostmaster } from '../../lib/postgres/process.ts';
import { monotonicMs, sleep } from '../../lib/system/clock.ts';
import { processInfo, signalProcess } from '../../lib/system/proc.ts';
import { createServer, needsServer } from '../unit/lib/postgres/temp-server.ts';

const NODE = { resource: 'pgsql', self: 'node1' };

const timeOf = (work: () => unknown): number => {
  const beginMs = monotonicMs();
  work();
  return monotonicMs() - beginMs;
};

const until = async (what: string, isSo: () => boolean): Promise<void> => {
  const end = monotonicMs() + 20_000;
  while (!isSo()) {
    if (monotonicMs() > end) throw new Error(`still not: ${what}`);
    await sleep(5);
  }
};

t.test('a watched server', needsServer(), async (t) => {
  const server = createServer(6078);
  // The collector's pipe is not to be taken for the one that is looked for.
  server.configure("logging_collector = on\nlog_directory = 'log'");
  const file = join(server.base, 'run', 'pgsql.watcher');
  const tools = join(server.base, 'tools');
  const calls = join(server.base, 'calls');
  mkdirSync(tools);
  const tool = (name: string, script: string): void => {
    writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(tools, name), 0o755);
  };
  const note = `echo "$(date +%s%N) $0 $*" >> ${calls}`;
  const crmMon = (version: string, managed: string, threshold?: number): void =>
    tool(
      'crm_mon',
      `echo '<current_dc version="${version}"/><resource id="pgsql" managed="${managed}"/><resource_history id="pgsql"${threshold === undefined ? '' : ` migration-threshold="${threshold}"`}/>'`,
    );
  tool('crm_resource', note);
  const attributes = (): void => tool('attrd_updater', `case "$*" in *--query*) exit 1 ;; esac; ${note}`);
  attributes();
  const path = process.env.PATH;
  process.env.PATH = `${tools}:${path}`;
  t.teardown(async () => {
    process.env.PATH = path;
    endWatch(file);
    await server.stop();
  });

  const called = (): readonly { readonly atMs: number; readonly what: string }[] =>
    readFileSync(calls, 'utf8')
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [nanoseconds = '', program = '', ...args] = line.split(' ');
        return { atMs: Number(nanoseconds) / 1e6, what: [program.replace(/.*\//, ''), ...args].join(' ') };
      });
  const watcherPid = (): number => Number.parseInt(readFileSync(file, 'utf8'), 10);
  const begin = async () => {
    writeFileSync(calls, '');
    await server.startReady();
    const postmaster = findPostmaster(server.pgdata);
    if (postmaster === undefined) throw new Error('no server');
    t.same(watch(file, postmaster, NODE), { ok: true });
    t.equal(watcherState(file, postmaster), 'watches');
    const pid = watcherPid();
    return { postmaster, pid, isGone: () => processInfo(pid) === undefined };
  };
  const FAIL = 'crm_resource --fail --resource pgsql --node node1';

  await t.test('its death is reported once, within 100 ms', async (t) => {
    crmMon('2.1.6-6fdc9deea29', 'true');
    const tookMs: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const { postmaster, isGone } = await begin();
      const startsMs = timeOf(() => execFileSync('sh', ['-c', 'crm_mon; crm_resource']));
      writeFileSync(calls, '');
      const killedMs = Date.now();
      signalProcess(postmaster.pid, 'SIGKILL');
      await until('the watcher is gone', isGone);
      const all = called();
      t.same(
        all.map(({ what }) => what),
        [FAIL],
      );
      // What these programs take by themselves on a busy machine is not the watcher's.
      tookMs.push((all[0]?.atMs ?? Number.NaN) - killedMs - startsMs);
      t.equal(watcherState(file, undefined), 'reported');
      await server.stop();
      endWatch(file);
      t.equal(watcherState(file, undefined), 'none', 'an action of the agent has it forgotten');
    }
    t.ok(Math.min(...tookMs) < 100, `${tookMs}`);
  });

  const failCount = join(server.base, 'fail-count');
  /** What the report makes of the fail-count, as Pacemaker before 2.1.6 counts. */
  const counting = (before: number, after: number): void => {
    writeFileSync(failCount, String(before));
    tool('crm_resource', `${note}; echo ${after} > ${failCount}`);
    tool(
      'attrd_updater',
      `case "$*" in
  *--query*) echo "name=\\"fail-count-pgsql#asyncmon_0\\" host=\\"node1\\" value=\\"$(cat ${failCount})\\"" ;;
  *-status*) ${note} ;;
  *) ${note}; echo "\${3##*=}" > ${failCount} ;;
esac`,
    );
  };

  await t.test('Pacemaker before 2.1.6 counts it twice, as a rule, which is put right', async (t) => {
    crmMon('2.1.5-a3f44794f94', 'true');
    for (const { before, after } of [
      { before: 0, after: 2 },
      { before: 1, after: 3 },
      { before: 1, after: 2 },
    ]) {
      counting(before, after);
      const { postmaster, isGone } = await begin();
      signalProcess(postmaster.pid, 'SIGKILL');
      await until('the watcher is gone', isGone);
      t.equal(readFileSync(failCount, 'utf8').trim(), String(before + 1), `${before}, then ${after}`);
      t.equal(called()[0]?.what, FAIL);
      t.equal(watcherState(file, undefined), 'reported');
      await server.stop();
    }
  });

  await t.test(
    'where PostgreSQL may not go on here in any case, that waits until writes are back',
    async (t) => {
      crmMon('2.1.5-a3f44794f94', 'true', 1);
      counting(0, 2);
      const { postmaster, isGone } = await begin();
      signalProcess(postmaster.pid, 'SIGKILL');
      await until('the watcher is gone', isGone);
      const told = called();
      const [report, correction] = [told.find(({ what }) => what === FAIL), told.at(-1)];
      t.same(
        told
          .slice(0, -1)
          .map(({ what }) => what)
          .sort(),
        ['attrd_updater --name=pgsql-status --node=node1 --update=STOP', FAIL],
        'the stop that follows has nothing to tell, which would make Pacemaker plan anew',
      );
      t.match(correction?.what, /^attrd_updater .*--update=1$/);
      t.ok((correction?.atMs ?? 0) - (report?.atMs ?? 0) > 9_000, '10 seconds later');
      t.equal(readFileSync(failCount, 'utf8').trim(), '1');
      crmMon('2.1.5-a3f44794f94', 'true');
      await server.stop();
    },
  );

  await t.test('its status is told where it may not go on here in any case', async (t) => {
    const STOP = 'attrd_updater --name=pgsql-status --node=node1 --update=STOP';
    for (const [threshold, before, tells] of [
      [1, 0, true],
      [3, 2, true],
      [3, 1, false],
      [0, 7, false],
      [1_000_000, 7, false],
    ] as const) {
      crmMon('2.1.6-6fdc9deea29', 'true', threshold);
      counting(before, before + 1);
      const { postmaster, isGone } = await begin();
      signalProcess(postmaster.pid, 'SIGKILL');
      await until('the watcher is gone', isGone);
      await until('that is told', () => called().length >= (tells ? 2 : 1));
      t.same(
        called()
          .map(({ what }) => what)
          .sort(),
        tells ? [STOP, FAIL] : [FAIL],
        `${before + 1} of ${threshold}`,
      );
      await server.stop();
    }
    crmMon('2.1.5-a3f44794f94', 'true');
  });

  await t.test('an action that begins after the report does not keep it from that', async (t) => {
    counting(0, 2);
    tool('crm_resource', `${note}; echo 1 > ${failCount}`);
    const { postmaster, isGone } = await begin();
    signalProcess(postmaster.pid, 'SIGKILL');
    await until('it has reported', () => watcherState(file, undefined) === 'reported');
    endWatch(file);
    writeFileSync(failCount, '2');
    await until('the watcher is gone', isGone);
    t.equal(readFileSync(failCount, 'utf8').trim(), '1');
    tool('crm_resource', note);
    attributes();
    await server.stop();
  });

  await t.test('nothing is reported where Pacemaker does not manage it, or does not say so', async (t) => {
    for (const managed of ['false', 'unheard-of']) {
      crmMon('2.1.6-6fdc9deea29', managed);
      const { isGone } = await begin();
      await server.stop();
      await until('the watcher is gone', isGone);
      t.same(called(), []);
      t.equal(watcherState(file, undefined), 'none', 'so that a monitor reports it');
    }
  });

  await t.test('what Pacemaker does not take is left to a monitor', async (t) => {
    crmMon('2.1.6-6fdc9deea29', 'true');
    tool('crm_resource', `${note}; exit 1`);
    const { postmaster, isGone } = await begin();
    signalProcess(postmaster.pid, 'SIGKILL');
    await until('the watcher is gone', isGone);
    t.same(
      called().map(({ what }) => what),
      [FAIL],
    );
    t.equal(watcherState(file, undefined), 'none');
    tool('crm_resource', note);
    await server.stop();
  });

  await t.test('of a report of long ago nothing is expected any more', async (t) => {
    crmMon('2.1.6-6fdc9deea29', 'true');
    const { postmaster, isGone } = await begin();
    signalProcess(postmaster.pid, 'SIGKILL');
    await until('the watcher is gone', isGone);
    const mark = `${file}.reported`;
    const [purpose, seconds] = readFileSync(mark, 'utf8').trim().split(' ');
    t.equal(watcherState(file, undefined), 'reported');
    writeFileSync(mark, `${purpose} ${Number(seconds) - 61}\n`);
    t.equal(watcherState(file, undefined), 'none');
    writeFileSync(mark, `${purpose}\n`);
    t.equal(watcherState(file, undefined), 'none', 'a full /run');
    await server.stop();
  });

  await t.test('a Pacemaker that does not answer holds a watcher for some seconds', async (t) => {
    tool('crm_mon', 'exec sleep 60');
    const { postmaster, isGone } = await begin();
    signalProcess(postmaster.pid, 'SIGKILL');
    await until('the watcher is gone', isGone);
    t.same(called(), []);
    await server.stop();
  });

  await t.test('a watcher that nobody has recorded reports nothing', async (t) => {
    crmMon('2.1.6-6fdc9deea29', 'true');
    const { postmaster, isGone } = await begin();
    writeFileSync(file, '1 1 1:1\n');
    signalProcess(postmaster.pid, 'SIGKILL');
    await until('the watcher is gone', isGone);
    t.same(called(), []);
    await server.stop();
  });

  await t.test('what the agent stops is not reported', async (t) => {
    crmMon('2.1.6-6fdc9deea29', 'true');
    const { isGone } = await begin();
    endWatch(file);
    await server.stop();
    await until('the watcher is gone', isGone);
    t.equal(watcherState(file, undefined), 'none');
    t.same(called(), []);
  });

  await t.test(
    'a server that is stopped by a signal is not reported, and the watcher costs nothing',
    async (t) => {
      crmMon('2.1.6-6fdc9deea29', 'true');
      const { postmaster, pid, isGone } = await begin();
      signalProcess(postmaster.pid, 'SIGSTOP');
      await until('stopped', () => processInfo(postmaster.pid)?.state === 'T');
      await sleep(1000);
      t.notOk(isGone());
      t.same(called(), []);
      const [, peakKb = ''] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
      t.comment(`${peakKb} kB at most, ${Number(stat[11]) + Number(stat[12])} ticks of a processor`);
      t.ok(Number(peakKb) > 0 && Number(peakKb) < 8 * 1024);
      t.ok(Number(stat[11]) + Number(stat[12]) <= 1);
      t.equal(Number(stat[3]), pid, 'in a session of its own');
      const held = [0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      t.match(held, [/^pipe:/, '/dev/null', '/dev/null'], "no pipe of its starter's");
      signalProcess(postmaster.pid, 'SIGCONT');
      endWatch(file);
      await until('the watcher is gone', isGone);
    },
  );
});
