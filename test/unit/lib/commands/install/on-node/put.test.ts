import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { look, sha256 } from '../../../../../../lib/commands/install/on-node/look.ts';
import {
  clearOldRooms,
  clearRoom,
  put,
  roomOfThisProcess,
  withInterpreter,
} from '../../../../../../lib/commands/install/on-node/put.ts';

const folderOf = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'pha-put-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
};

const sent = (folder: string, name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return { kind: 'file', path, sha256: sha256(text) } as const;
};

const textFile = (target: string, text: string) => ({
  target,
  mode: 0o600,
  content: { kind: 'text', text } as const,
});

t.test('programs, texts and their modes, in folders that are not there yet', async (t) => {
  const folder = folderOf(t);
  const program = join(folder, 'new/bin/cls_x');
  const config = join(folder, 'etc/config.ini');
  const umask = process.umask(0o077);
  put({
    files: [
      { target: program, mode: 0o755, content: sent(folder, 'sent', '#!/usr/bin/env node\nrest\n') },
      textFile(config, 'key=value\n'),
    ],
  });
  process.umask(umask);
  t.equal(
    readFileSync(program, 'utf8'),
    `#!${process.execPath}\nrest\n`,
    'the first line names this Node.js',
  );
  t.equal(statSync(program).mode & 0o777, 0o755);
  const { files } = look({ targets: [program, config, join(folder, 'none')], ocfRoot: folder });
  t.same(files[config], { sha256: sha256('key=value\n'), mode: 0o600 });
  t.same(Object.keys(files), [program, config]);
});

t.test('all or nothing', async (t) => {
  const folder = folderOf(t);
  const target = join(folder, 'a');
  writeFileSync(target, 'old');
  mkdirSync(join(folder, 'b'));
  const damaged = { ...sent(folder, 'sent', 'new'), sha256: sha256('other') };
  const failing = [
    [textFile(join(folder, 'b'), 'x'), /b is no file/],
    [textFile(join(target, 'below'), 'x'), /ENOTDIR|EEXIST/],
    [{ target: join(folder, 'c'), mode: 0o644, content: damaged }, /c did not arrive whole/],
  ] as const;
  for (const [file, message] of failing) {
    t.throws(() => put({ files: [textFile(target, 'new'), file] }), { message });
    t.equal(readFileSync(target, 'utf8'), 'old');
    t.same(readdirSync(folder).sort(), ['a', 'b', 'sent'], 'and nothing is left behind');
  }
});

t.test('what was replaced already is put back', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'a'), 'old');
  const password = {
    owner: 'nobody-by-this-name',
    user: 'r',
    password: 's',
    line: '*:*:*:r:s',
    hosts: ['h'],
    port: 5432,
  };
  const files = [textFile(join(folder, 'a'), 'new'), textFile(join(folder, 'b'), 'new')];
  t.throws(() => put({ files, password }), {
    message: /^nothing was installed: there is no user nobody-by-this-name/,
  });
  t.equal(readFileSync(join(folder, 'a'), 'utf8'), 'old');
  t.same(readdirSync(folder), ['a'], 'and the one that was new is gone');
});

t.test('what a killed run left behind is no obstacle', async (t) => {
  const folder = folderOf(t);
  for (const name of ['.a.pha-install', '.a.pha-before', '.b.pha-before'])
    writeFileSync(join(folder, name), 'half');
  put({ files: [textFile(join(folder, 'a'), 'new')] });
  t.same(readdirSync(folder), ['a']);
});

t.test('only a room of ours is cleared', async (t) => {
  const folder = folderOf(t);
  for (const room of [folder, '/var/tmp/pha-install-/../x', '/var/tmp']) clearRoom(room);
  t.ok(statSync(folder).isDirectory());
});

t.test('rooms of killed runs are cleared after an hour', async (t) => {
  const folder = folderOf(t);
  for (const name of ['pha-install-old', 'pha-install-new', 'other']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, '0'), 'x');
    if (name !== 'pha-install-new') utimesSync(join(folder, name), 0, 0);
  }
  clearOldRooms(folder, statSync(join(folder, 'pha-install-new')).mtimeMs + 1000);
  t.same(readdirSync(folder).sort(), ['other', 'pha-install-new']);
  t.ok(existsSync(join(folder, 'other/0')));
});

t.test('a room is kept for as long as its process lives', async (t) => {
  const folder = folderOf(t);
  const prefix = 'pha-ssh-';
  // Linux gives no process a number above 2^22.
  const [live, dead] = [`${roomOfThisProcess(prefix)}abcdef`, `${prefix}4194305-abcdef`];
  for (const name of [live, dead, `${prefix}123456`]) {
    mkdirSync(join(folder, name));
    utimesSync(join(folder, name), 0, 0);
  }
  clearOldRooms(folder, Date.now(), prefix);
  t.same(readdirSync(folder), [live]);
});

t.test('an executable names Node.js by its path, in its first line or in the second', async (t) => {
  const named = (text: string) => withInterpreter(Buffer.from(text), '/opt/node/bin/node').toString();
  t.equal(
    named('#!/usr/bin/env node\n"use strict";\n#!/usr/bin/env node\n'),
    '#!/opt/node/bin/node\n"use strict";\n#!/usr/bin/env node\n',
  );
  t.equal(named('#!/bin/sh\nexec /usr/bin/env node "$0"\n'), '#!/bin/sh\nexec /opt/node/bin/node "$0"\n');
  for (const other of ['#!/bin/sh\n', '#!/bin/sh\n\n/usr/bin/env node\n', 'see /usr/bin/env node\n'])
    t.equal(named(other), other);
  const binary = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
  t.ok(withInterpreter(binary, '/usr/bin/node').equals(binary), 'byte by byte');
});
