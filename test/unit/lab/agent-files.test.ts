import t from 'tap';
import { withInterpreter } from '../../../lab/agents/files.ts';
import { correctShellFunctions } from '../../../lab/agents/heartbeat.ts';

t.test('the first line of an executable names node by its path', async (t) => {
  const built = Buffer.from('#!/usr/bin/env node\n"use strict";\n#!/usr/bin/env node\n');
  t.equal(
    withInterpreter(built, '/opt/node/bin/node').toString(),
    '#!/opt/node/bin/node\n"use strict";\n#!/usr/bin/env node\n',
  );
});

t.test('other files are left as they are, byte by byte', async (t) => {
  const binary = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
  t.ok(withInterpreter(binary, '/usr/bin/node').equals(binary));
  t.equal(withInterpreter(Buffer.from('#!/bin/sh\n'), '/usr/bin/node').toString(), '#!/bin/sh\n');
});

t.test('of the shell functions one line changes', async (t) => {
  const before = 'a\n\t\t$' + '{HA_SBIN_DIR}/crm_attribute -p $@\nb\n';
  const after = 'a\n\t\t$' + '{HA_SBIN_DIR}/crm_attribute --promotion="$OCF_RESOURCE_INSTANCE" $@\nb\n';
  t.equal(correctShellFunctions(before), after);
  t.equal(correctShellFunctions('something else'), 'something else');
});
