/** What every command has, because it is made from its declaration. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { call, ROOT, unlessThere } from './executables.ts';

const BIN = join(ROOT, 'dist', 'bin');
const MAN = join(ROOT, 'dist', 'man');
const COMPLETION = join(ROOT, 'dist', 'completion', 'pha.bash');

const commands = readdirSync(BIN).filter((name) => !name.startsWith('.'));

/** Those that change nothing anyway. */
const READERS = ['check_active_slave', 'cls_doctor', 'cls_master', 'cls_status', 'get_active_slaves'];

for (const command of commands) {
  t.test(command, async (t) => {
    const { code, stdout } = call(join(BIN, command), ['--help']);
    t.equal(code, 0);
    t.match(stdout, new RegExp(`^${command}: .+\n\nUsage: ${command} `));
    t.match(stdout, new RegExp(`^Examples?:\n {2}.*\\b${command}\\b`, 'm'));
    t.match(stdout, /^Exit codes:$/m);
    t.equal(/^ {6}--dry-run/m.test(stdout), !READERS.includes(command), '--dry-run, if it acts');

    const stranger = call(join(BIN, command), ['--nonsense']);
    t.equal(stranger.code, 100);
    t.match(stranger.stderr, `${command}: unknown option --nonsense`);

    t.ok(existsSync(join(MAN, `${command}.1`)), 'a manual page');
    t.match(readFileSync(COMPLETION, 'utf8'), new RegExp(`^complete -F _pha .*\\b${command}\\b`, 'm'));
  });
}

t.test('manual pages and completion of nothing else', async (t) => {
  t.same(
    readdirSync(MAN),
    commands.map((name) => `${name}.1`),
  );
});

t.test('manual pages without a warning', { skip: unlessThere('/usr/bin/man') }, async (t) => {
  for (const page of readdirSync(MAN)) {
    const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', join(MAN, page)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80' },
    });
    t.equal(status, 0, page);
    t.equal(stderr, '', page);
    t.match(stdout, /EXIT STATUS/, page);
  }
});

/** What bash offers for the last of these words. */
function offered(words: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'pha-completion-'));
  const conf = join(folder, 'corosync.conf');
  writeFileSync(
    conf,
    'totem {\n  cluster_name: lab\n}\nnodelist {\n  node {\n    name: db1\n  }\n  node {\n    name: db10\n  }\n}\n',
  );
  const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _pha "$1" "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const result = spawnSync('bash', ['-uc', script, 'bash', COMPLETION, ...words], {
    encoding: 'utf8',
    env: { ...process.env, COROSYNC_CONF: conf },
  });
  rmSync(folder, { recursive: true });
  return result.status === 0 ? result.stdout.split('\n').filter((line) => line !== '') : [result.stderr];
}

t.test('completion: options, values and nodes', { skip: unlessThere('/bin/bash') }, async (t) => {
  t.same(offered(['cls_stop', '--d']), ['--dry-run']);
  t.same(offered(['cls_stop', '--t']), ['--timeout=']);
  t.same(offered(['/usr/local/bin/cls_stop', '--timeout', '']), [], 'a number is not guessed');
  t.same(offered(['cls_stop', '--timeout', '=', '']), []);
  t.same(offered(['cls_stop', '']), []);
  t.same(offered(['cls_standby_node', '']), ['db1', 'db10']);
  t.same(offered(['cls_standby_node', '--dry-run', 'db10']), ['db10']);
  t.same(offered(['cls_cleanup', '--node', '=', 'db1']), ['db1', 'db10']);
});
