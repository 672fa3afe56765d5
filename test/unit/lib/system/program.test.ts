import t from 'tap';
import { findProgram, isExecutable } from '../../../../lib/system/program.ts';

t.test('by its path or by its name', async (t) => {
  t.equal(findProgram('/bin/sh'), '/bin/sh');
  t.match(findProgram('sh'), /\/bin\/sh$/);
  t.equal(findProgram('no-such-program'), undefined);
  t.equal(findProgram('/bin'), undefined, 'a directory is none');
  t.equal(findProgram('/bin/sh/'), undefined, 'a file is no directory');
});

t.test('whether it can be run', async (t) => {
  t.equal(isExecutable('/bin/sh'), true);
  t.equal(isExecutable('/etc/passwd'), false);
  t.equal(isExecutable('/no/such/program'), false);
});
