import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  agents,
  call,
  callAgent,
  callAsNobody,
  DIST,
  parametersOf,
  unlessRoot,
  unlessThere,
} from './executables.ts';
import { ACTIONS, PARITY, REQUIRED } from './parity.ts';

/** Those of resource-agents do not know how OCF 1.1 reloads; everything else must be as they want it. */
const withoutReloading = (xml: string): string =>
  xml.replaceAll(' reloadable="1"', '').replace(/<action name="reload-agent" .*\n/, '');

const SCHEMAS = [
  ['--relaxng', '/usr/share/resource-agents/metadata.rng', withoutReloading],
  ['--dtdvalid', '/usr/share/resource-agents/ra-api-1.dtd', withoutReloading],
  ['--relaxng', '/usr/share/pcs/data/ocf-1.1.rng', (xml: string) => xml],
] as const;

t.ok(agents.length > 0, 'there are agents in dist/ocf');

for (const agent of agents) {
  t.test(agent, async (t) => {
    const { code, stdout, stderr } = callAgent(agent, 'meta-data');
    t.equal(code, 0);
    t.equal(stderr, '');

    for (const [option, schema, asItKnows] of SCHEMAS) {
      t.test(
        `valid by ${schema}`,
        { skip: unlessThere(schema) || unlessThere('/usr/bin/xmllint') },
        async (t) => {
          const file = join(t.testdir(), 'metadata.xml');
          writeFileSync(file, asItKnows(stdout));
          const result = spawnSync('xmllint', ['--noout', option, schema, file], { encoding: 'utf8' });
          t.equal(result.status, 0, result.stderr);
          t.match(result.stderr, option === '--dtdvalid' ? '' : 'validates');
        },
      );
    }

    t.test('every parameter of the original with its default', async (t) => {
      const parameters = new Map(parametersOf(agent).map((parameter) => [parameter.name, parameter]));
      for (const [name, value] of Object.entries(PARITY[agent] ?? {})) {
        t.ok(parameters.has(name), name);
        t.equal(parameters.get(name)?.default ?? '', value, `default of ${name}`);
      }
      t.same(
        [...parameters.values()]
          .filter((parameter) => parameter.required)
          .map((parameter) => parameter.name)
          .sort(),
        [...(REQUIRED[agent] ?? [])].sort(),
      );
    });

    t.test('every action of the original', async (t) => {
      for (const action of ACTIONS[agent] ?? []) t.match(stdout, `<action name="${action}" `);
      const { stdout: methods } = callAgent(agent, 'methods');
      const listed = [...stdout.matchAll(/<action name="([^"]*)"/g)].map((match) => match[1]);
      t.same([...new Set(listed)].sort(), methods.trim().split('\n').sort(), 'methods lists the same');
    });

    t.test('reloading as Pacemaker wants it', async (t) => {
      // From 2.1 on: OCF 1.1, the action and the mark together. An action "reload" would make an older one reload all but `unique` parameters.
      t.match(stdout, '<version>1.1</version>');
      t.equal(stdout.includes(' reloadable="1"'), stdout.includes('<action name="reload-agent" '));
      t.notMatch(stdout, '<action name="reload" ');
    });

    t.test('every text is there, in English', async (t) => {
      const parameters = (stdout.match(/<parameter /g) ?? []).length;
      t.equal((stdout.match(/<shortdesc lang="en">[^<]+<\/shortdesc>/g) ?? []).length, parameters + 1);
      t.equal((stdout.match(/<longdesc lang="en">\n[^<]+\n<\/longdesc>/g) ?? []).length, parameters + 1);
      t.notMatch(stdout, /undefined|\[object/);
    });

    t.test('for anybody, from anywhere, with nothing in the environment', { skip: unlessRoot }, async (t) => {
      // not below the repository, whose node_modules would be found; and where nobody may read
      const folder = `/tmp/pha-contract-${process.pid}`;
      mkdirSync(folder, { mode: 0o755 });
      const { rmSync } = await import('node:fs');
      t.teardown(() => rmSync(folder, { recursive: true }));
      cpSync(join(DIST, agent), join(folder, agent));
      t.same(callAsNobody(join(folder, agent), 'meta-data'), { code: 0, stdout, stderr: '', reasons: [] });
      t.match(callAsNobody(join(folder, agent), 'methods'), { code: 0, stderr: '' });
      t.match(callAsNobody(join(folder, agent), 'usage'), { code: 3, stderr: /^usage: / });
      t.match(call(join(folder, agent), ['meta-data']), { code: 0, stdout });
    });
  });
}
