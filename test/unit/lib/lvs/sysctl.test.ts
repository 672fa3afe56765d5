/** On real settings of the kernel, in a network namespace of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

const directory = mkdtempSync(join(tmpdir(), 'pha-sysctl-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const stateFile = join(directory, 'state', 'sysctls.json');
const ROOT = new URL('../../../../', import.meta.url);

const SCRIPT = `
import { applySysctls, readSysctls, restoreSysctls } from '${new URL('lib/lvs/sysctl.ts', ROOT).href}';
import { deadlineIn } from '${new URL('lib/system/clock.ts', ROOT).href}';
const IGNORE = 'net/ipv4/conf/all/arp_ignore', LO = 'net/ipv4/conf/lo/arp_ignore';
const who = (holder) => ({ stateFile: ${JSON.stringify(stateFile)}, holder, deadline: deadlineIn(10000) });
const seen = [];
const look = (what) => seen.push([what, Object.values(readSysctls([IGNORE, LO])).join(' ')]);
look('before');
const both = { [IGNORE]: '1', [LO]: '1' };
look((await Promise.all(['a', 'b', 'a'].map((each) => applySysctls(who(each), both)))).every(({ ok }) => ok));
look((await restoreSysctls(who('a'))).ok);
look((await restoreSysctls(who('b'))).ok);
look((await restoreSysctls(who('b'))).ok);
look((await applySysctls(who('a'), { 'net/ipv4/vs/none': '1' })).reason);
look((await applySysctls(who('a'), { [IGNORE]: 'nonsense' })).reason);
look((await restoreSysctls(who('a'))).ok);
console.log(JSON.stringify(seen));
`;

t.test(
  'set and put back',
  { skip: process.geteuid?.() !== 0 && 'only root can have a network namespace' },
  async (t) => {
    const output = execFileSync(
      'unshare',
      ['--net', '--', process.execPath, '--import', 'tsx', '--input-type=module', '-e', SCRIPT],
      { cwd: ROOT, encoding: 'utf8' },
    );
    t.match(JSON.parse(output), [
      ['before', '0 0'],
      [true, '1 1'],
      [true, '1 1'],
      [true, '0 0'],
      [true, '0 0'],
      ['this kernel has no net.ipv4.vs.none; is its module loaded?', '0 0'],
      [/^net\.ipv4\.conf\.all\.arp_ignore cannot be set to nonsense: EINVAL/, '0 0'],
      [true, '0 0'],
    ]);
    t.equal(statSync(stateFile).mode & 0o777, 0o600);
    t.equal(statSync(join(directory, 'state')).mode & 0o777, 0o700);
  },
);
