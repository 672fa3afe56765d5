import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { examineProgram } from '../../../../../../lib/commands/doctor/facts/programs.ts';

t.test('none, and one that is as it should be', async (t) => {
  t.strictSame(examineProgram('/no/such/program'), null);
  t.match(examineProgram('sh'), { isExecutable: true, openTo: null });
});

t.test('one that cannot be run, and one that anybody can change', async (t) => {
  const folder = t.testdir({ check: '#!/bin/sh\n' });
  const path = join(folder, 'check');
  chmodSync(path, 0o644);
  t.match(examineProgram(path), { path, isExecutable: false });
  chmodSync(path, 0o777);
  t.match(examineProgram(path), { isExecutable: true, openTo: path });
});

t.test('in a directory that anybody can change', async (t) => {
  const folder = t.testdir({ open: { check: '#!/bin/sh\n' } });
  const path = join(folder, 'open', 'check');
  chmodSync(path, 0o755);
  chmodSync(join(folder, 'open'), 0o777);
  const isRoot = process.getuid?.() === 0;
  t.equal(examineProgram(path)?.openTo, isRoot ? join(folder, 'open') : path);
});
