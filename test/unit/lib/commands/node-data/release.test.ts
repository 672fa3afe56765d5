import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { releaseNode } from '../../../../../lib/commands/node-data/release.ts';
import { deadlineIn } from '../../../../../lib/system/clock.ts';
import { cib, nodeState } from '../../pacemaker/cib-builder.ts';

/** A cluster of one node, whose CIB has the admin_epoch of the file `epoch`; the first record meets another one, made since the look. */
const CIBADMIN = `cd "$(dirname "$0")"
case $1 in
  --query) sed "s/admin_epoch=\\"0\\"/admin_epoch=\\"$(cat epoch)\\"/" cib.xml;;
  --modify)
    echo "$3" >>calls
    [ "$(cat epoch)" = 0 ] || exit 0
    echo 1 >epoch
    exit 105;;
esac`;

t.test('a release that meets another record is decided again by what is there now', async (t) => {
  const folder = t.testdir({
    epoch: '0\n',
    'cib.xml': cib({
      nodes: '<node id="1" uname="node1"/>',
      status: nodeState('1', 'node1', 'in_ccm="true" crmd="online"'),
    }),
  });
  for (const [name, script] of [
    ['cibadmin', CIBADMIN],
    ['crm_node', 'echo 1'],
  ] as const) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const before = process.env.PATH;
  process.env.PATH = `${folder}:${before}`;
  t.teardown(() => {
    process.env.PATH = before;
  });
  t.match(await releaseNode('pgsql', 'node1', deadlineIn(10_000)), { ok: true });
  t.equal(
    readFileSync(join(folder, 'calls'), 'utf8'),
    "--xpath=/cib[@admin_epoch='0']\n--xpath=/cib[@admin_epoch='1']\n",
  );
});
