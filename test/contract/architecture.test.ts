/** Imports point down only (design section 1), and each door to the outside is one place. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import t from 'tap';
import { ROOT } from './executables.ts';

interface Import {
  readonly file: string;
  /** a path from the root of the repository, or the name of a package */
  readonly target: string;
  readonly typeOnly: boolean;
}

const sourcesBelow = (folder: string): string[] =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name))
    : [];

const importsOf = (file: string): Import[] => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|^import\s+'([^']+)'/gm,
  );
  return [...statements].map(([, type, from, dynamic, bare]) => {
    const specifier = from ?? dynamic ?? bare ?? '';
    const target = specifier.startsWith('.')
      ? relative(ROOT, resolve(ROOT, dirname(file), specifier))
      : specifier;
    return { file, target, typeOnly: type !== undefined };
  });
};

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
const isOurs = (target: string): boolean =>
  ['agents', 'heartbeat-ocf', 'lib', 'lab', 'bench', 'test', 'scripts'].some((top) => isBelow(target, top));

/** What each part may import of the others; itself always. The order is from the top downward. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  agents: ['heartbeat-ocf', 'lib/pgsql', 'lib/lvs', 'lib/commands', 'lib/distlock'],
  'lib/commands': [
    'heartbeat-ocf',
    'lib/config',
    'lib/pgsql',
    'lib/lvs',
    'lib/distlock',
    'lib/postgres',
    'lib/pacemaker',
    'lib/system',
  ],
  'lib/config': ['heartbeat-ocf', 'lib/postgres', 'lib/pacemaker', 'lib/system'],
  'lib/pgsql': ['heartbeat-ocf', 'lib/distlock', 'lib/postgres', 'lib/pacemaker', 'lib/system'],
  'lib/lvs': ['heartbeat-ocf', 'lib/postgres', 'lib/pacemaker', 'lib/system'],
  'lib/distlock': ['lib/postgres', 'lib/system'],
  'lib/postgres': ['lib/system'],
  'lib/pacemaker': ['lib/system'],
  'heartbeat-ocf': ['lib/system'],
  'lib/system': [],
};

for (const [part, allowed] of Object.entries(MAY_IMPORT)) {
  t.test(`${part} imports only downward`, async (t) => {
    const wrong = sourcesBelow(part)
      .flatMap(importsOf)
      .filter(
        ({ target }) => isOurs(target) && ![part, ...allowed].some((folder) => isBelow(target, folder)),
      );
    t.same(
      wrong.map(({ file, target }) => `${file} imports ${target}`),
      [],
    );
  });
}

t.test('no part is left out', async (t) => {
  const folders = readdirSync(join(ROOT, 'lib'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  for (const { name } of folders) t.ok(`lib/${name}` in MAY_IMPORT, `lib/${name}`);
});

/** Each package, and each door of Node to the outside, belongs to one part. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  execa: ['lib/system'],
  'signal-exit': ['lib/system'],
  // logging: one call of logger(1) at the end
  'node:child_process': ['lib/system', 'heartbeat-ocf/logging.ts'],
  pg: ['lib/postgres'],
  'node:net': ['lib/system', 'lib/postgres'],
  'node:tls': ['lib/system', 'lib/postgres'],
  'fast-xml-parser': ['lib/pacemaker'],
  minimist: ['lib/commands'],
};

t.test('doors', async (t) => {
  const wrong = ['agents', 'heartbeat-ocf', 'lib']
    .flatMap(sourcesBelow)
    .flatMap(importsOf)
    .filter(({ file, target, typeOnly }) => {
      const owners = DOORS[target];
      return !typeOnly && owners !== undefined && !owners.some((owner) => isBelow(file, owner));
    });
  t.same(
    wrong.map(({ file, target }) => `${file} imports ${target}`),
    [],
  );
});

t.test('what decides has no clock, no chance and no door', async (t) => {
  const files = sourcesBelow('lib').filter((file) => file.split('/').includes('decide'));
  for (const file of files) {
    const doors = importsOf(file).filter(
      ({ target, typeOnly }) =>
        !typeOnly &&
        (target.startsWith('node:') ||
          (isBelow(target, 'lib/system') && target !== 'lib/system/fact.ts') ||
          target in DOORS),
    );
    t.same(
      doors.map(({ target }) => target),
      [],
      `${file} imports`,
    );
    t.notMatch(
      readFileSync(join(ROOT, file), 'utf8'),
      /\b(Date\.now|new Date|Math\.random|performance\.now|process\.)/,
      file,
    );
  }
});
