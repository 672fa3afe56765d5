import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openReach, type Reply } from '../../../../../../lib/commands/install/reach/connection.ts';
import { deadlineIn } from '../../../../../../lib/system/clock.ts';

const skip = process.geteuid?.() === 0 ? false : 'needs root';
const tools = mkdtempSync(join(tmpdir(), 'pha-ssh-'));
const path = process.env.PATH;
t.before(() => {
  process.env.PATH = `${tools}:${path}`;
});
t.teardown(() => {
  process.env.PATH = path;
  rmSync(tools, { recursive: true });
});

/** In the place of ssh and scp: nodes are called after what becomes of them. */
const tool = (name: string, body: string): void => {
  writeFileSync(join(tools, name), `#!/bin/sh\necho "${name} $*" >>${tools}/calls\n${body}`);
  chmodSync(join(tools, name), 0o755);
};
tool(
  'ssh',
  `case "$*" in
*"-O exit"*) exit 0 ;;
*" down node -") echo "ssh: connect to host down port 22: No route to host" >&2; exit 255 ;;
*BatchMode=yes*" locked node -") echo "root@locked: Permission denied (publickey,password)." >&2; exit 255 ;;
*" bare node -") echo "bash: line 1: node: command not found" >&2; exit 127 ;;
*" mute node -") sleep 60 ;;
*" noisy node -") echo Welcome; exec ${process.execPath} - ;;
*) exec ${process.execPath} - ;;
esac
`,
);
tool(
  'scp',
  'for word; do last=$word; done; case $last in full:*) echo "scp: No space left" >&2; exit 1 ;; esac',
);

const program = `exports.answer = (request) => ({ kind: 'room', room: request.kind });`;
const calls = (): string => readFileSync(join(tools, 'calls'), 'utf8');

t.test('what becomes of nodes', { skip }, async (t) => {
  const reach = openReach({ program });
  const ask = (node: string, ms = 20_000, mayAsk = false): Promise<Reply> =>
    reach.ask({ node, here: false }, { kind: 'make-room' }, deadlineIn(ms), mayAsk);
  const room = { kind: 'room', room: 'make-room' };
  t.same(await reach.ask({ node: 'x', here: true }, { kind: 'make-room' }, deadlineIn(20_000)), room);
  t.notOk(existsSync(join(tools, 'calls')), 'this machine without ssh');
  t.same(await ask('fine'), room);
  t.same(await ask('noisy'), room);
  t.same(await ask('down'), {
    kind: 'not-reached',
    reason: 'connect to host down port 22: No route to host',
    needsPerson: false,
  });
  t.match(await ask('locked'), { kind: 'not-reached', needsPerson: true, reason: /ssh-copy-id locked/ });
  t.same(await ask('locked', 20_000, true), room, 'a person gets in');
  t.same(await ask('bare'), { kind: 'no-node' });
  t.match(await ask('mute', 300), { kind: 'not-reached', reason: 'no answer in time' });
  await reach.close();
  const folder = /ControlPath=(\/run\/pha-ssh-\d+-\w+)\/%C/.exec(calls())?.[1];
  t.notOk(folder === undefined || existsSync(folder), 'nothing is left behind');
  t.match(calls(), /-O exit -- fine/, 'connections are ended');
});

t.test('files are sent under numbers', { skip }, async (t) => {
  const reach = openReach({ program });
  const place = { node: 'fine', here: false };
  const sent = await reach.send(place, ['/a/x', '/b/x'], '/room', deadlineIn(5000));
  t.same(sent, {
    ok: true,
    paths: new Map([
      ['/a/x', '/room/0'],
      ['/b/x', '/room/1'],
    ]),
  });
  t.match(calls(), /scp .* -- \S+\/0 \S+\/1 fine:\/room\/\n/);
  t.match(await reach.send({ node: 'full', here: false }, ['/a/x'], '/room', deadlineIn(5000)), {
    ok: false,
    reason: /No space left/,
  });
  await reach.close();
});

t.test('a dry run leaves no host key behind', { skip }, async (t) => {
  const reach = openReach({ program, leavesNoTrace: true });
  await reach.ask({ node: 'fine', here: false }, { kind: 'make-room' }, deadlineIn(20_000));
  await reach.close();
  t.match(calls(), /UserKnownHostsFile=\/run\/pha-ssh-\d+-\w+\/known_hosts ~\/\.ssh\/known_hosts /);
});

t.test('Ctrl-C ends what only looks', { skip }, async (t) => {
  const abort = new AbortController();
  const reach = openReach({ program, interrupted: abort.signal });
  const asked = reach.ask({ node: 'mute', here: false }, { kind: 'make-room' }, deadlineIn(50_000));
  abort.abort();
  t.match(await asked, { kind: 'no-answer' });
  await reach.close();
});
