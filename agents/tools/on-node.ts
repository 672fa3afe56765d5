/**
 * Not run as a file: its text goes to Node.js on another machine, through standard input (see
 * lib/commands/install/reach/program.ts), so that nothing has to be there before.
 */
export { answer } from '../../lib/commands/install/on-node/answer.ts';
