/** install.sh judges its arguments before it builds or installs anything. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sleep } from '../../lib/system/clock.ts';
import { ROOT, unlessRoot } from './executables.ts';

/** A checkout that nobody has built; what could change the machine is not in its PATH. */
const checkout = mkdtempSync(join(tmpdir(), 'pha-checkout-'));
t.teardown(() => rmSync(checkout, { recursive: true }));
for (const name of ['package.json', 'package-lock.json', 'templates'])
  cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
for (const folder of ['agents', 'heartbeat-ocf', 'lib', 'scripts', 'tools', 'elsewhere'])
  mkdirSync(join(checkout, folder));
const policy = join(checkout, 'elsewhere/policy-rc.d');
const script = readFileSync(join(ROOT, 'install.sh'), 'utf8');
writeFileSync(join(checkout, 'install.sh'), script.replace('=/usr/sbin/policy-rc.d', `=${policy}`), {
  mode: 0o755,
});
const tools = join(checkout, 'tools');
for (const [name, path] of [
  ['node', process.execPath],
  ...[
    'bash',
    'cat',
    'chmod',
    'dirname',
    'env',
    'find',
    'grep',
    'head',
    'id',
    'realpath',
    'rm',
    'sort',
    'tr',
  ].map((name) => [name, join('/usr/bin', name)] as const),
] as const)
  symlinkSync(path, join(tools, name));
for (const name of ['apt-get', 'dpkg-query', 'npm', 'npx', 'ssh'])
  writeFileSync(join(tools, name), `#!/bin/sh\necho "${name} was called" >&2\nexit 1\n`, { mode: 0o755 });

const before = readdirSync(checkout).sort();
const install = (...args: readonly string[]) =>
  spawnSync(join(checkout, 'install.sh'), args, {
    cwd: join(checkout, 'elsewhere'),
    env: { PATH: tools },
    encoding: 'utf8',
    timeout: 60_000,
  });

const cases: readonly (readonly [args: readonly string[], code: number, said: RegExp])[] = [
  [['--help'], 0, /^usage: \.\/install\.sh/],
  [['lab', '--help'], 0, /^usage: \.\/install\.sh/],
  [['-h'], 0, /^usage/],
  [['help'], 0, /^usage/],
  [['nonsense'], 100, /install\.sh: unknown command: nonsense/],
  [['--nonsense'], 100, /unknown argument: --nonsense/],
  [['--dry-run=yes', 'x'], 100, /unknown argument: --dry-run=yes/],
  [['lab', 'x'], 100, /unknown argument: x/],
  [['test', '--fast'], 100, /unknown argument: --fast/],
  [['agents', '--shell', 'crm'], 100, /unknown argument: --shell/],
  [['--shell'], 100, /--shell needs a value/],
  [[], 100, /there is no \S+\/config\.ini; make it from a sample in \S+\/templates/],
  [['--dry-run'], 100, /there is no \S+\/config\.ini/],
  [['--config', 'mine.ini'], 100, /there is no \S+\/elsewhere\/mine\.ini/],
  [['--config', '.'], 100, /\/elsewhere is not a regular file; name a file/],
  [['agents', '--dry-run'], 1, /--dry-run changes nothing, and dist is not built.*npm ci/],
];

for (const [args, code, said] of cases) {
  t.test(`install.sh ${args.join(' ')}`, { skip: unlessRoot }, async (t) => {
    const result = install(...args);
    t.equal(result.status, code, result.stderr);
    t.match(result.stdout + result.stderr, said);
    t.notMatch(result.stderr, /was called/, 'nothing is built or installed');
    t.same(readdirSync(checkout).sort(), before);
  });
}

t.test('a dry run on a checkout that is not built', { skip: unlessRoot }, async (t) => {
  writeFileSync(join(checkout, 'elsewhere/config.ini'), '');
  for (const args of [
    ['--dry-run', '--config', 'config.ini'],
    ['--config=config.ini', '--dry-run'],
  ]) {
    const { status, stderr } = install(...args);
    t.equal(status, 1, stderr);
    t.match(stderr, /dist is not built/);
    t.notMatch(stderr, /was called/);
  }
});

t.test(
  'what is wrong with config.ini and with this machine is said at once',
  { skip: unlessRoot },
  async (t) => {
    const file = join(checkout, 'elsewhere/wrong.ini');
    const lines = [
      `node1=${hostname()}`,
      'pcs_template=muti.pcs.template',
      'pgsql_pgdata=/none',
      'pgsql_pgport=x',
      'vip_nic=none0',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const args = [join(ROOT, 'dist/tools/install-nodes'), '--dry-run', '--config', file];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    t.equal(status, 1);
    t.match(
      stderr,
      /line 3: pgsql_pgdata is \/none.*\n.*line 4: pgsql_pgport.*\n.*line 5: vip_nic is none0[\s\S]*: node2 is missing/,
    );
  },
);

t.test('the tests end with a total, whatever keeps them from running', { skip: unlessRoot }, async (t) => {
  t.match(script, '\npolicy=/usr/sbin/policy-rc.d\n');
  const ours = /policy_mark='(.*)'/.exec(script)?.[1];
  for (const leftover of [undefined, `#!/bin/sh\n${ours}\nexit 101\n`, '#!/bin/sh\nexit 101\n']) {
    if (leftover !== undefined) writeFileSync(policy, leftover);
    const { status, stdout } = install('test');
    t.equal(status, 1);
    t.equal(stdout.trimEnd().split('\n').at(-1), '0 passed, 1 failed, 0 skipped');
    const isForeign = leftover !== undefined && !leftover.includes(ours ?? '');
    t.equal(existsSync(policy), isForeign, 'services may start again, unless somebody else forbids it');
  }
});

/** In place of ssh: each node answers as if all went well, and the last one keeps the request waiting that is held. */
const FAKE_SSH = `#!/bin/sh
PATH=/usr/bin:/bin
case "$*" in *"-O exit"*) exit 0 ;; esac
for word; do [ "$last" = -- ] && node=$word; last=$word; done
case $node in *.invalid)
  echo "ssh: Could not resolve hostname $node: Name or service not known" >&2
  exit 255
esac
kind=$(sed -n 's/^ *var request = {"kind":"\\([a-z-]*\\)".*/\\1/p')
if [ "$node $kind" = "203.0.113.3 $(cat ${tools}/held)" ]; then
  touch ${tools}/reached
  until [ -e ${tools}/go ]; do sleep 0.02; done
fi
case $kind in
  look) answer='"facts","facts":{"nodePath":"/usr/bin/node","uid":0,"hasOcfRoot":true,"files":{},"passfile":{"state":"not-asked"}}' ;;
  make-room) answer='"room","room":"/room"' ;;
  *) answer='"done"' ;;
esac
printf 'pha-answer:{"kind":%s}\\n' "$answer"
`;

/** From here on the checkout is built, and its nodes answer. */
const withNodes = (): string => {
  cpSync(join(ROOT, 'dist'), join(checkout, 'dist'), { recursive: true });
  writeFileSync(join(checkout, 'dist/.built'), '');
  writeFileSync(join(tools, 'ssh'), FAKE_SSH);
  writeFileSync(join(tools, 'scp'), '#!/bin/sh\n', { mode: 0o755 });
  const sample = readFileSync(join(ROOT, 'templates/muti/config.ini.sample'), 'utf8');
  return sample.replaceAll(/^node(\d)=.*/gm, 'node$1=203.0.113.$1');
};

t.test('a node without an address is named, and the others are finished', { skip: unlessRoot }, async (t) => {
  writeFileSync(join(checkout, 'config.ini'), withNodes().replace('203.0.113.2', 'nobody.invalid'));
  const { status, stdout, stderr } = install();
  t.equal(status, 1);
  t.match(
    stderr,
    /config\.ini, line \d+: the node nobody\.invalid has no address here; add it to \/etc\/hosts/,
  );
  t.match(stdout, /^Installed on 203\.0\.113\.1 and 203\.0\.113\.3\.\nNot on nobody\.invalid: /);
});

t.test('install.sh is interrupted on the last node', { skip: unlessRoot }, async (t) => {
  writeFileSync(join(checkout, 'config.ini'), withNodes());

  /** To the process that an operator sees, and to nobody else. */
  const interruptIn = async (held: string, signal: 'SIGINT' | 'SIGTERM') => {
    for (const name of ['reached', 'go']) rmSync(join(tools, name), { force: true });
    writeFileSync(join(tools, 'held'), held);
    const child = spawn(join(checkout, 'install.sh'), [], { env: { PATH: tools }, stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const ended = once(child, 'close');
    while (!existsSync(join(tools, 'reached')) && child.exitCode === null) await sleep(20);
    child.kill(signal);
    // What it does not end itself goes on to its end.
    if (held === 'put') writeFileSync(join(tools, 'go'), '');
    const [code] = await ended;
    return { code, stdout, stderr };
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    t.match(
      await interruptIn('make-room', signal),
      {
        code: 1,
        stderr:
          /install\.sh: interrupted; installed on 203\.0\.113\.1 and 203\.0\.113\.2 so far; run it again to finish/,
      },
      signal,
    );
  t.match(
    await interruptIn('put', 'SIGINT'),
    { code: 0, stdout: /^Installed on 203\.0\.113\.1, 203\.0\.113\.2 and 203\.0\.113\.3\.$/m },
    'nothing was left to do',
  );
});
