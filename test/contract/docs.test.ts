import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { agents, parametersOf, ROOT } from './executables.ts';

t.test('docs/parameters.md and docs/commands.md are what the sources declare', async (t) => {
  const result = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/docs.ts', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  t.equal(result.status, 0, result.stderr.trim());
});

t.test('it describes every parameter of every agent that was built', async (t) => {
  const page = readFileSync(join(ROOT, 'docs', 'parameters.md'), 'utf8');
  for (const agent of agents) {
    const [, chapter = ''] = page.split(`## ocf:pha:${agent}\n`);
    for (const { name } of parametersOf(agent)) {
      t.ok(
        chapter.includes(`### ${name}\n`) || chapter.includes(`also spelled \`${name}\``),
        `${agent}: ${name}`,
      );
    }
  }
});
