import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  NODE_MINIMUM,
  parseAnswer,
  programText,
} from '../../../../../../lib/commands/install/reach/program.ts';

const request = { kind: 'clear-room', room: 'it\'s \\ "a"\n room' } as const;
const program = `exports.answer = (request) => ({ kind: 'room', room: request.room + require('node:path').sep });`;

const runText = (input: string): string =>
  spawnSync(process.execPath, ['-'], { input, encoding: 'utf8' }).stdout;

t.test('a program and its question go through standard input, and an answer comes back', async (t) => {
  t.same(parseAnswer(runText(programText(program, request))), { kind: 'room', room: `${request.room}/` });
});

t.test('a Node.js that is too old says so, without reading the program', async (t) => {
  const old = `Object.defineProperty(process, 'versions', { value: { node: '18.18.2' } });`;
  t.match(parseAnswer(runText(old + programText('syntax error(', request))), {
    kind: 'old-node',
    version: '18.18.2',
    nodePath: process.execPath,
  });
  t.match(JSON.parse(readFileSync('package.json', 'utf8')), { engines: { node: `>=${NODE_MINIMUM}` } });
});

t.test('what a login prints is no answer', async (t) => {
  t.same(parseAnswer('Welcome!\npha-answer:{"kind":"done"}\n'), { kind: 'done' });
  for (const text of ['', 'Welcome!', 'pha-answer:{"ki']) t.equal(parseAnswer(text), undefined, text);
});

t.test('a program that breaks says why, and the question is quoted nowhere', async (t) => {
  const question = { ...request, room: 'secret' };
  const breaking = [
    'syntax error(',
    'throw new Error("broken")',
    'exports.answer = () => { throw new Error("broken"); }',
  ];
  for (const each of breaking) {
    const { stdout, stderr } = spawnSync(process.execPath, ['-'], {
      input: programText(each, question),
      encoding: 'utf8',
    });
    t.match(parseAnswer(stdout), { kind: 'crashed', reason: /broken|SyntaxError/ }, each);
    t.notMatch(stdout + stderr, /secret/);
  }
});
