import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEMPLATE_FOLDER } from '../../config/index.ts';
import { sha256 } from './on-node/look.ts';
import { withInterpreter } from './on-node/put.ts';

/** One file of dist/ and its place on a node. */
export interface BuiltFile {
  readonly source: string;
  readonly target: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** What the build puts beside the executables for itself: caches of compiled code and files not yet renamed. */
const OF_THIS_MACHINE = /\.cache(\.\d+)?$|\.tmp\d*$/;

const PROGRAM = 0o755;
const TEXT = 0o644;

/** `cls_status.1` belongs to section 1. */
const manFolder = (name: string): string =>
  `/usr/local/share/man/man${name.slice(name.lastIndexOf('.') + 1)}`;

const targetOf = (kind: string, name: string, ocfRoot: string): string | undefined => {
  switch (kind) {
    case 'ocf':
      return join(ocfRoot, 'resource.d/pha', name);
    case 'bin':
      return join('/usr/local/bin', name);
    case 'man':
      return join(manFolder(name), name);
    case 'completion':
      return join('/etc/bash_completion.d', name);
    default:
      return undefined;
  }
};

const KINDS = ['ocf', 'bin', 'man', 'completion'] as const;

/** Everything that belongs on a node: what `npm run build` made in `dist`, and the templates of cluster definitions. */
export const builtFiles = (dist: string, templates: string, ocfRoot: string): readonly BuiltFile[] => [
  ...KINDS.flatMap((kind) =>
    namesIn(join(dist, kind)).flatMap((name) => {
      const target = targetOf(kind, name, ocfRoot);
      return target === undefined ? [] : [builtFile(join(dist, kind, name), target)];
    }),
  ),
  ...namesIn(templates).flatMap((folder) =>
    namesIn(join(templates, folder)).map((name) =>
      builtFile(join(templates, folder, name), join(TEMPLATE_FOLDER, folder, name)),
    ),
  ),
];

function builtFile(source: string, target: string): BuiltFile {
  const content = readFileSync(source);
  const mode = content.subarray(0, 2).equals(Buffer.from('#!')) ? PROGRAM : TEXT;
  return { source, target, mode, content };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !OF_THIS_MACHINE.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** Of the file as it is to be on a node whose Node.js is `nodePath`. */
export const installedSha256 = (file: BuiltFile, nodePath: string): string =>
  sha256(withInterpreter(file.content, nodePath));
