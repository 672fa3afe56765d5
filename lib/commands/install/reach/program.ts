import type { Answer, Request } from '../on-node/request.ts';

/** The oldest Node.js that runs pha; package.json says the same of the build. */
export const NODE_MINIMUM = '18.19';

/** Before the answer, since a login may print whatever it likes. */
const MARK = 'pha-answer:';

/**
 * What Node.js on a node reads from its standard input: the program, and what it is asked. So nothing has to be there
 * before, nothing is left there, and a password is never an argument, nor quoted when something breaks. The lines around the program are of the oldest
 * JavaScript: a Node.js that is too old must still be able to say so.
 *
 * @param program text of a CommonJS module that exports `answer`
 */
export function programText(program: string, request: Request): string {
  const [major = '', minor = ''] = NODE_MINIMUM.split('.');
  return `
var say = function (answer) { process.stdout.write('\\n${MARK}' + JSON.stringify(answer) + '\\n'); };
var version = process.versions.node.split('.').map(Number);
if (version[0] < ${major} || (version[0] === ${major} && version[1] < ${minor})) {
  say({ kind: 'old-node', nodePath: process.execPath, version: process.versions.node });
} else {
  var box = { exports: {} };
  var request = ${JSON.stringify(request)};
  try {
    new Function('module', 'exports', 'require', ${JSON.stringify(program)})(box, box.exports, require);
    say(box.exports.answer(request));
  } catch (error) {
    say({ kind: 'crashed', reason: String(error) });
  }
}
`;
}

/** Undefined when the program did not get as far as an answer. */
export function parseAnswer(stdout: string): Answer | undefined {
  const line = stdout.split('\n').findLast((each) => each.startsWith(MARK));
  if (line === undefined) return undefined;
  try {
    return JSON.parse(line.slice(MARK.length)) as Answer;
  } catch {
    return undefined;
  }
}
