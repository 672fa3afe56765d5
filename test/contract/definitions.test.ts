/** The definitions of templates/ load with the pcs and the crmsh that are installed, and both make the same CIB. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readDefinition } from '../../lib/commands/setup/definition-file.ts';
import { makeDefinition, parseConfigIni, type Shell } from '../../lib/config/index.ts';
import { mergeSets } from '../../lib/pacemaker/nvpairs.ts';
import { childOf, childrenOf, parseXml, type XmlElement } from '../../lib/pacemaker/xml.ts';
import { deadlineIn } from '../../lib/system/clock.ts';
import { ROOT, unlessThere } from './executables.ts';
import { cannotInstall, type InstalledAgents, installAgents } from './installed-agents.ts';

const work = mkdtempSync(join(tmpdir(), 'pha-definitions-'));
t.teardown(() => rmSync(work, { recursive: true }));

const definitionOf = async (name: string, shell: Shell): Promise<string> => {
  const parsed = parseConfigIni(readFileSync(`templates/${name}/config.ini.sample`, 'utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const templateFolders = [join(ROOT, 'templates')];
  const made = await makeDefinition(parsed.config, { shell, templateFolders, deadline: deadlineIn(60_000) });
  if (!made.ok) throw new Error(made.sentences.join('; '));
  return made.text;
};

const load = async (t: Test, { run }: InstalledAgents, name: string, shell: Shell): Promise<XmlElement> => {
  const definition = readDefinition(await definitionOf(name, shell));
  if (!definition.ok) throw new Error(JSON.stringify(definition.problems));
  const cib = join(work, `${name}.${shell}.xml`);
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

const crmMissing = unlessThere('/usr/sbin/crm') && 'crmsh is not installed (Debian package crmsh)';

for (const name of ['dual', 'muti', 'muti_with_lvs']) {
  t.test(name, { skip: cannotInstall() }, async (t) => {
    const installed = installAgents(join(work, name));
    const pcs = await load(t, installed, name, 'pcs');
    t.test('crmsh makes the same of it', { skip: crmMissing }, async (t) => {
      t.same(meaningOf(await load(t, installed, name, 'crm')), meaningOf(pcs));
    });
  });
}
