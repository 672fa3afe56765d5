/** The definitions of templates/ load with the pcs and the crmsh that are installed, and both make the same CIB. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readDefinition } from '../../lib/commands/setup/definition-file.ts';
import { makeDefinition, parseConfigIni, type Shell } from '../../lib/config/index.ts';
import { mergeSets } from '../../lib/pacemaker/nvpairs.ts';
import { parseGraph } from '../../lib/pacemaker/simulate.ts';
import { childOf, childrenOf, parseXml, type XmlElement } from '../../lib/pacemaker/xml.ts';
import { deadlineIn } from '../../lib/system/clock.ts';
import { ROOT, unlessThere } from './executables.ts';
import { cannotInstall, type InstalledAgents, installAgents } from './installed-agents.ts';

const work = mkdtempSync(join(tmpdir(), 'pha-definitions-'));
t.teardown(() => rmSync(work, { recursive: true }));

/** Of the samples, and of what an operator changes in them. The sample of two nodes is the one with the fewest lines. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'dual with a quorum device, and fencing': {
    pgsql_quorum_device: 'true',
    // Of Pacemaker itself.
    fence_agent: 'fence_watchdog',
    fence_options: `'pcmk_host_list="node1 node2"'`,
  },
  muti: {},
  muti_with_lvs: {},
};

const iniOf = (name: string): string =>
  Object.entries(VARIANTS[name] ?? {}).reduce(
    (text, [key, value]) => text.replace(new RegExp(`^${key}=.*$`, 'm'), () => `${key}=${value}`),
    readFileSync(`templates/${name.split(' ')[0]}/config.ini.sample`, 'utf8'),
  );

const definitionOf = async (name: string, shell: Shell): Promise<string> => {
  const parsed = parseConfigIni(iniOf(name));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const templateFolders = [join(ROOT, 'templates')];
  const made = await makeDefinition(parsed.config, { shell, templateFolders, deadline: deadlineIn(60_000) });
  if (!made.ok) throw new Error(made.sentences.join('; '));
  return made.text;
};

const fileOf = (name: string, shell: Shell): string => join(work, `${name}.${shell}.xml`);

const load = async (t: Test, { run }: InstalledAgents, name: string, shell: Shell): Promise<XmlElement> => {
  const definition = readDefinition(await definitionOf(name, shell));
  if (!definition.ok) throw new Error(JSON.stringify(definition.problems));
  const cib = fileOf(name, shell);
  writeFileSync(cib, spawnSync('cibadmin', ['--empty'], { encoding: 'utf8' }).stdout);
  for (const { line, words } of definition.lines) {
    const result =
      shell === 'pcs' ? run(['pcs', '-f', cib, ...words]) : run(['crm', ...words], { CIB_file: cib });
    t.equal(result.status, 0, `${name} for ${shell}, line ${line}: ${result.stderr.trim()}`);
  }
  const verified = spawnSync('crm_verify', ['--verbose', '--xml-file', cib], { encoding: 'utf8' });
  t.equal(verified.status, 0, verified.stderr);
  const parsed = parseXml(readFileSync(cib, 'utf8'));
  if (!parsed.ok) throw new Error(parsed.reason);
  return childOf(parsed.root, 'configuration') ?? parsed.root;
};

interface Situation {
  readonly scores: Readonly<Record<string, string>>;
  /** May run no database any more. */
  readonly failed?: readonly string[];
  readonly readVipAt?: string;
}

/** The history of a resource that was started. */
const started = (id: string, provider: string, type: string): string =>
  `<lrm_resource id="${id}" class="ocf" provider="${provider}" type="${type}"><lrm_rsc_op id="${id}_last_0" operation_key="${id}_start_0"
    operation="start" crm_feature_set="3.0.14" transition-key="1:1:0:a" transition-magic="0:0;1:1:0:a" call-id="1" rc-code="0" op-status="0" interval="0"/></lrm_resource>`;

/** Where Pacemaker would promote the database, and have the address for reading, with three nodes that are up and run it. */
const simulate = (file: string, { scores, failed = [], readVipAt }: Situation) => {
  const nodes = ['node1', 'node2', 'node3'].map((name, index) => ({ name, id: String(index + 1) }));
  const status = nodes.map(({ name, id }) => {
    const pairs = Object.entries({
      'master-pgsql': scores[name] ?? '-INFINITY',
      ...(failed.includes(name) ? { 'fail-count-pgsql#start_0': 'INFINITY' } : {}),
    }).map(([key, value], at) => `<nvpair id="t${id}-${at}" name="${key}" value="${value}"/>`);
    const running = [
      failed.includes(name) ? '' : started('pgsql', 'pha', 'pgsql'),
      name === readVipAt ? started('vip-slave', 'heartbeat', 'IPaddr2') : '',
    ];
    return `<node_state id="${id}" uname="${name}" in_ccm="true" crmd="online" join="member" expected="member">
      <lrm id="${id}"><lrm_resources>${running.join('')}</lrm_resources></lrm>
      <transient_attributes id="${id}"><instance_attributes id="t${id}">${pairs.join('')}</instance_attributes></transient_attributes></node_state>`;
  });
  const members = nodes.map(({ name, id }) => `<node id="${id}" uname="${name}"/>`);
  const input = readFileSync(file, 'utf8')
    .replace('<nodes/>', `<nodes>${members.join('')}</nodes>`)
    .replace('<status/>', `<status>${status.join('')}</status>`)
    .replace('<cib ', '<cib have-quorum="1" dc-uuid="1" ');
  const graph = `${file}.graph`;
  spawnSync('crm_simulate', ['--xml-pipe', `--save-graph=${graph}`], { input });
  const prediction = parseGraph(readFileSync(graph, 'utf8'));
  if (!prediction.known) throw new Error(prediction.reason);
  const where = (action: string, resource: string) =>
    prediction.value.actions.find((each) => each.action === action && each.resource === resource)?.node;
  return { primary: where('promote', 'pgsql'), readVip: where('start', 'vip-slave') ?? readVipAt };
};

const expectReaders = (t: Test, file: string): void => {
  const scores = { node1: '1000', node2: '100' };
  t.not(simulate(file, { scores }).readVip, 'node1', 'readers go to a standby');
  t.equal(
    simulate(file, { scores, failed: ['node2', 'node3'] }).readVip,
    'node1',
    'without a standby they go to the primary, not to a node without a database',
  );
  t.equal(
    simulate(file, { scores: { node2: '100', node3: '99' }, failed: ['node1'], readVipAt: 'node3' }).primary,
    'node2',
    'where readers are has no say in who is promoted',
  );
};

/** What a configuration means: without the ids and the order of what pcs and crmsh name and sort differently. */
const meaningOf = (element: XmlElement): unknown => {
  const sets = ['instance_attributes', 'meta_attributes', 'cluster_property_set'];
  const keepsId = ['primitive', 'clone', 'rsc_colocation', 'rsc_order'].includes(element.tag);
  const attributes = [...element.attributes].filter(
    ([name, value]) =>
      (name !== 'id' || keepsId) && !(name === 'rsc-role' && value === 'Started') && name !== 'validate-with',
  );
  const pairs = sets.map((tag) => [...mergeSets(childrenOf(element, tag)).values].sort());
  const children = element.children.filter(({ tag }) => !sets.includes(tag)).map((child) => meaningOf(child));
  return [element.tag, attributes.sort(), pairs, children.map((child) => JSON.stringify(child)).sort()];
};

/** Properties of the cluster. */
const settingsOf = (configuration: XmlElement): ReadonlyMap<string, string> =>
  mergeSets(childrenOf(childOf(configuration, 'crm_config') ?? configuration, 'cluster_property_set')).values;

const crmMissing = unlessThere('/usr/sbin/crm') && 'crmsh is not installed (Debian package crmsh)';

for (const name of Object.keys(VARIANTS)) {
  t.test(name, { skip: cannotInstall() }, async (t) => {
    const installed = installAgents(join(work, name));
    const pcs = await load(t, installed, name, 'pcs');
    const { fence_agent: isFenced } = VARIANTS[name] ?? {};
    t.equal(settingsOf(pcs).get('stonith-enabled'), String(isFenced !== undefined));
    t.equal(settingsOf(pcs).get('no-quorum-policy'), 'stop');
    expectReaders(t, fileOf(name, 'pcs'));
    t.test('crmsh makes the same of it', { skip: crmMissing }, async (t) => {
      t.same(meaningOf(await load(t, installed, name, 'crm')), meaningOf(pcs));
    });
  });
}
