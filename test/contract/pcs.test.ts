/** `pcs resource create` takes every parameter, and what it makes of the agent's actions is a valid CIB. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { agents, parametersOf } from './executables.ts';
import { cannotInstall, installAgents } from './installed-agents.ts';

/** A value other than the default, for those parameters that do not take any text. */
const VALUES: Readonly<Record<string, string>> = {
  pgport: '5433',
  port: '5433',
  rep_mode: 'async',
  sync_degrade: 'never',
  node_list: 'node1 node2',
  external_standby_node_list: 'far1 far2',
  vip: '192.0.2.1',
  master_ip: '192.0.2.1',
  primary_conninfo_opt: 'passfile=/x keepalives_idle=60',
  replication_slot_name: 'slot',
};

const valueFor = ({
  name,
  type,
  default: value = '',
}: {
  name: string;
  type: string;
  default: string | undefined;
}): string =>
  VALUES[name] ??
  (type === 'integer'
    ? '7'
    : type === 'boolean'
      ? 'true'
      : value.startsWith('/')
        ? `/other${value}`
        : `it's "${name}"`);

const work = mkdtempSync(join(tmpdir(), 'pha-pcs-'));
t.teardown(() => rmSync(work, { recursive: true }));

const listing = (): string[] => readdirSync('/usr/lib/ocf/resource.d', { recursive: true, encoding: 'utf8' });

t.test('pcs', { skip: cannotInstall() }, async (t) => {
  const { run: withAgents } = installAgents(work);
  const before = listing();

  t.test('lists the agents', async (t) => {
    const { stdout, stderr } = withAgents(['crm_resource', '--list-agents', 'ocf:pha']);
    t.same(stdout.trim().split(/\s+/).sort(), [...agents].sort(), stderr);
  });

  for (const agent of agents) {
    t.test(`resource create ocf:pha:${agent} with every parameter`, async (t) => {
      const cib = join(work, `${agent}.xml`);
      writeFileSync(cib, spawnSync('cibadmin', ['--empty'], { encoding: 'utf8' }).stdout);
      const values = parametersOf(agent).map((parameter) => [parameter.name, valueFor(parameter)] as const);
      const clone = agent === 'pgsql' ? ['promotable', 'notify=true'] : [];
      const created = withAgents([
        'pcs',
        '-f',
        cib,
        'resource',
        'create',
        'res',
        `ocf:pha:${agent}`,
        ...values.map(([name, value]) => `${name}=${value}`),
        ...clone,
      ]);
      t.equal(created.status, 0, created.stderr.trim());

      const xml = readFileSync(cib, 'utf8');
      t.equal(
        (xml.match(/<nvpair id="res-instance_attributes-/g) ?? []).length,
        values.length,
        'all are stored',
      );
      const operations = [...xml.matchAll(/<op (?=[^>]*name="monitor")[^>]*>/g)].map(([op]) => op);
      t.ok(operations.length > 0);
      const intervals = operations.map((op) => /interval="([^"]*)"/.exec(op)?.[1]);
      t.equal(new Set(intervals).size, intervals.length, `intervals of monitors differ: ${intervals}`);
      if (agent === 'pgsql') {
        const roles = operations.map((op) => /role="([^"]*)"/.exec(op)?.[1] ?? '');
        t.ok(roles.includes('Promoted'), `roles of monitors: ${roles}`);
        t.equal(roles.filter((role) => role === 'Promoted').length, 1);
      }
      const verified = spawnSync('crm_verify', ['--xml-file', cib], { encoding: 'utf8' });
      t.notMatch(verified.stderr, /does not conform|schema|invalid/i, verified.stderr);
    });
  }

  t.test('refuses a parameter that there is not', async (t) => {
    const [agent = ''] = agents;
    const cib = join(work, 'unknown.xml');
    writeFileSync(cib, spawnSync('cibadmin', ['--empty'], { encoding: 'utf8' }).stdout);
    const created = withAgents([
      'pcs',
      '-f',
      cib,
      'resource',
      'create',
      'res',
      `ocf:pha:${agent}`,
      'pgdatta=/x',
    ]);
    t.not(created.status, 0);
    t.match(created.stderr, /invalid resource option.*'pgdatta'/i);
  });

  t.test('this machine was not changed', async (t) => {
    t.same(listing(), before);
  });
});
