import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { sleep } from '../../../../lib/system/clock.ts';
import {
  commandLine,
  parseStat,
  processesWithCwd,
  processInfo,
  signalProcess,
} from '../../../../lib/system/proc.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'pha-proc-')));
const children: ChildProcess[] = [];
t.teardown(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(base, { recursive: true, force: true });
});

const sleeperIn = (cwd: string): number => {
  const child = spawn('sleep', ['60'], { cwd, stdio: 'ignore' });
  children.push(child);
  return child.pid ?? 0;
};

const until = async (condition: () => boolean): Promise<boolean> => {
  for (let i = 0; i < 200 && !condition(); i++) await sleep(10);
  return condition();
};

t.test('parseStat takes any name of a program', async (t) => {
  const rest = `S 1 ${Array.from({ length: 17 }, () => '0').join(' ')} 4711 0`;
  const isNamed = (comm: string): boolean => {
    const stat = parseStat(`42 (${comm}) ${rest}`);
    return stat?.comm === comm && stat.pid === 42 && stat.ppid === 1 && stat.startTicks === 4711n;
  };
  fc.assert(fc.property(fc.string({ maxLength: 15 }), isNamed));
  t.ok(isNamed(') S 1 ('));
  fc.assert(fc.property(fc.string(), (text) => parseStat(text) === undefined || text.includes('(')));
  t.equal(parseStat(''), undefined);
});

t.test('processInfo of this process', async (t) => {
  const info = processInfo(process.pid);
  t.equal(info?.ppid, process.ppid);
  t.equal(info?.cwd, process.cwd());
  t.ok((info?.startTicks ?? 0n) > 0n);
  for (const pid of [0, -1, 1.5, 2 ** 30]) t.equal(processInfo(pid), undefined, String(pid));
});

t.test('a zombie is gone', async (t) => {
  // The shell becomes a program that never asks for its child's end.
  const child = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  const pid = await new Promise<number>((resolve) =>
    child.stdout.once('data', (data) => resolve(Number(data))),
  );
  t.ok(await until(() => processInfo(pid) === undefined));
  t.equal(signalProcess(pid, 'SIGCONT'), true, 'it is still in the table');
});

t.test('a stopped process is alive', async (t) => {
  const pid = sleeperIn(base);
  signalProcess(pid, 'SIGSTOP');
  t.ok(await until(() => processInfo(pid)?.state === 'T'));
});

t.test('working directories: links, removal, a directory made anew, a similar name', async (t) => {
  const directory = join(base, 'data');
  mkdirSync(directory);
  mkdirSync(`${directory}2`);
  symlinkSync(directory, join(base, 'link'));
  const pid = sleeperIn(directory);
  sleeperIn(`${directory}2`);
  const pidsIn = (path: string): number[] => processesWithCwd(path).map((info) => info.pid);
  t.ok(await until(() => commandLine(pid)[0] === 'sleep'));
  t.same(pidsIn(directory), [pid]);
  t.same(pidsIn(`${directory}/`), [pid]);
  t.same(pidsIn(join(base, 'link')), [pid]);
  t.same(pidsIn(join(base, 'other')), []);
  rmdirSync(directory);
  t.match(processInfo(pid)?.cwd, / \(deleted\)$/);
  t.same(pidsIn(directory), [pid], 'removed');
  t.same(pidsIn(`${directory}/`), [pid]);
  mkdirSync(directory);
  t.same(pidsIn(directory), [pid], 'removed and made anew');
});

t.test('a directory that was moved away is found under its new name only', async (t) => {
  const directory = join(base, 'before');
  mkdirSync(directory);
  const pid = sleeperIn(directory);
  renameSync(directory, join(base, 'after'));
  t.same(
    processesWithCwd(join(base, 'after')).map((info) => info.pid),
    [pid],
  );
  t.same(processesWithCwd(directory), []);
});

t.test('the same path in another mount namespace is another directory', async (t) => {
  const directory = join(base, 'shared-name');
  mkdirSync(directory);
  const script = `mount -t tmpfs none '${base}' && mkdir '${directory}' && cd '${directory}' && echo ready && exec sleep 60`;
  const child = spawn('unshare', ['--mount', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const isReady = await new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true));
    child.once('exit', () => resolve(false));
  });
  if (!isReady) {
    t.pass('this machine does not let us make a mount namespace', { skip: true });
    return;
  }
  t.equal(processInfo(child.pid ?? 0)?.cwd, directory, 'its path reads the same');
  t.same(processesWithCwd(directory), []);
});

t.test('signalProcess', async (t) => {
  t.equal(signalProcess(2 ** 30, 'SIGTERM'), false);
  t.equal(signalProcess(0, 'SIGTERM'), false, 'never a group');
  t.equal(signalProcess(-1, 'SIGTERM'), false, 'never everybody');
  t.equal(signalProcess(1, 'SIGTERM'), false, 'never init');
});
