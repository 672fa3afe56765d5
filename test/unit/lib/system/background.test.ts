import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { endInBackground, isKept, keepInBackground } from '../../../../lib/system/background.ts';
import { processInfo } from '../../../../lib/system/proc.ts';

const directory = mkdtempSync(join(tmpdir(), 'pha-background-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'kept');
const command = [process.execPath, '-e', 'setTimeout(() => {}, 60_000)'];
const keptPid = (): number => Number.parseInt(readFileSync(file, 'utf8'), 10);

const hasEnded = async (pid: number): Promise<boolean> => {
  for (let looks = 0; looks < 500; looks++) {
    const info = processInfo(pid);
    if (info === undefined || info.state === 'Z') return true;
    await delay(10);
  }
  return false;
};

t.test('one process is kept for a purpose, and replaced for another', async (t) => {
  t.equal(keepInBackground(file, 'one', command), true);
  const first = keptPid();
  t.equal(keepInBackground(file, 'one', command), false, 'it runs already');
  t.equal(keptPid(), first);
  t.equal(keepInBackground(file, 'two', command), true);
  t.not(keptPid(), first);
  t.ok(await hasEnded(first), 'the one of the old purpose is ended');
  const second = keptPid();
  endInBackground(file);
  t.ok(await hasEnded(second));
});

t.test('a process knows whether it is the one that is kept', async (t) => {
  t.equal(isKept(file), false, 'nothing is recorded');
  const ticks = processInfo(process.pid)?.startTicks ?? 0n;
  writeFileSync(file, `${process.pid} ${ticks} one\n`);
  t.equal(isKept(file), true);
  writeFileSync(file, `${process.pid} ${ticks + 1n} one\n`);
  t.equal(isKept(file), false, 'an earlier one with the same process id was');
});
