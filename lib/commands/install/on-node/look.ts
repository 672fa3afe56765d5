import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { pathKind } from '../../../system/files.ts';
import { lookAtPassfile } from './passfile.ts';
import type { LookRequest, NodeFacts } from './request.ts';

export const sha256 = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('hex');

/** What is installed on this node. */
export function look({ targets, ocfRoot, password }: LookRequest): NodeFacts {
  const there = targets.filter((target) => pathKind(target) === 'file');
  return {
    nodePath: process.execPath,
    uid: process.geteuid?.() ?? -1,
    hasOcfRoot: pathKind(ocfRoot) !== 'missing',
    files: Object.fromEntries(
      there.map((target) => [
        target,
        { sha256: sha256(readFileSync(target)), mode: lstatSync(target).mode & 0o7777 },
      ]),
    ),
    passfile: password === undefined ? { state: 'not-asked' } : lookAtPassfile(password),
  };
}
