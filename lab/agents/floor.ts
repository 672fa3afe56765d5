/**
 * The agent floor has no database. In its place every node answers on the database's port with its own name,
 * so that a client can measure how long the write VIP answers nowhere: what no agent can go below.
 */
import type { NodeFile } from '../backend.ts';
import { bootHook } from '../boot-hook.ts';
import { port } from '../postgres/installation.ts';

const program = '/usr/local/lib/pha-lab/answer.cjs';

const answer = `const { createServer } = require('node:net');
const { hostname } = require('node:os');
const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', () => socket.write(hostname() + '\\n'));
});
server.listen(${port}, '0.0.0.0');
`;

/** @param node absolute path of the Node.js executable */
export const answerFiles = (node: string): NodeFile[] => [
  { path: program, content: answer, mode: 0o644 },
  { path: bootHook, content: `#!/bin/sh\nexec ${node} ${program}\n`, mode: 0o755 },
];
