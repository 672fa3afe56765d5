import { spawn } from 'node:child_process';
import t from 'tap';
import { deadlineIn, sleep } from '../../../../lib/system/clock.ts';
import { processInfo } from '../../../../lib/system/proc.ts';
import { run } from '../../../../lib/system/process.ts';

t.test('tells lines as they come, also those that are written over', async (t) => {
  const lines: string[] = [];
  const result = await run('/bin/sh', ['-c', 'printf "1 %%\\r2 %%\\r3 %%\\n"; echo warn >&2; printf end'], {
    deadline: deadlineIn(5000),
    onLine: (line) => lines.push(line),
  });
  t.equal(result.exitCode, 0);
  t.same([...lines].sort(), ['1 %', '2 %', '3 %', 'end', 'warn']);
  t.equal(result.stderr, 'warn\n', 'the whole output is there nevertheless');
});

t.test('an interruption ends the command and its children', async (t) => {
  const interruption = new AbortController();
  let child = 0;
  const result = await run('/bin/sh', ['-c', 'sleep 1000 & echo $!; wait'], {
    deadline: deadlineIn(20_000),
    interrupted: interruption.signal,
    onLine: (line) => {
      child = Number(line);
      interruption.abort();
    },
  });
  t.equal(result.signal, 'SIGKILL');
  t.notOk(result.timedOut);
  t.equal(processInfo(child), undefined);
});

t.test('the command does not outlive its caller, not even by kill -9', async (t) => {
  const modules = ['clock', 'process'].map((name) =>
    JSON.stringify(new URL(`../../../../lib/system/${name}.ts`, import.meta.url).href),
  );
  const script = `
    Promise.all([import(${modules[0]}), import(${modules[1]})]).then(([{ deadlineIn }, { run }]) =>
      run('/bin/sh', ['-c', 'echo $$; exec sleep 1000'], {
        deadline: deadlineIn(60000), onLine: (line) => console.log(line) }));`;
  const caller = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
    cwd: new URL('../../../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) => {
    caller.stdout.once('data', (text) => resolve(Number(text)));
  });
  t.ok(processInfo(pid), 'it runs');
  caller.kill('SIGKILL');
  for (let round = 0; processInfo(pid) !== undefined && round < 200; round++) await sleep(10);
  t.equal(processInfo(pid), undefined);
});
