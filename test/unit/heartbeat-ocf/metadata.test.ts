import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import t from 'tap';
import { defineAgent, defineParameters, OcfExit, parameterPage } from '../../../heartbeat-ocf/index.ts';
import { metadataXml, methodsOf } from '../../../heartbeat-ocf/metadata.ts';
import { installedRoleWords, roleWordsInShell } from '../../../heartbeat-ocf/role-words.ts';
import { xmlAttribute, xmlText } from '../../../heartbeat-ocf/xml.ts';
import { hasControl } from './control-characters.ts';

const handler = async () => ({ code: OcfExit.SUCCESS });
const agentOf = (longdesc: string, value: string) =>
  defineAgent({
    name: 'demo',
    version: '1.0',
    shortdesc: longdesc,
    longdesc,
    parameters: defineParameters({
      given: { type: 'command', default: value, shortdesc: longdesc, longdesc },
      count: {
        type: 'integer',
        default: 3,
        min: 1,
        max: 9,
        unit: 'seconds',
        unique: true,
        shortdesc: 's',
        longdesc: 'l',
      },
      mode: { type: 'enum', values: ['a', 'b'], default: 'a', shortdesc: 's', longdesc: 'l' },
      vip: { type: 'host', required: true, aliases: ['ip'], shortdesc: 's', longdesc: 'l' },
    }),
    actions: {
      start: { advice: [{ timeoutSeconds: 20 }], handler },
      monitor: {
        advice: [
          { timeoutSeconds: 20, intervalSeconds: 4, depth: 0, role: 'unpromoted' },
          { timeoutSeconds: 20, intervalSeconds: 3, role: 'promoted' },
        ],
        handler,
      },
    },
  });
const agent = agentOf('short', 'x');

const parser = new XMLParser({
  ignoreAttributes: false,
  parseAttributeValue: false,
  attributeNamePrefix: '',
  trimValues: true,
});
const parse = (xml: string) => parser.parse(xml)['resource-agent'];

t.test('parameters with their types, defaults and flags', async (t) => {
  const { parameter } = parse(metadataXml(agent, 'promoted')).parameters;
  t.match(parameter, [
    { name: 'given', unique: '0', required: '0', content: { type: 'string', default: 'x' } },
    { name: 'count', unique: '1', content: { type: 'integer', default: '3' } },
    {
      name: 'mode',
      content: { type: 'string', default: 'a' },
      longdesc: { '#text': /Allowed values: a, b\./ },
    },
    { name: 'vip', required: '1', content: { type: 'string' } },
    { name: 'ip', required: '0', longdesc: { '#text': 'Another spelling of vip.' } },
  ]);
  t.match(parameter[1].longdesc['#text'], /A whole number of seconds, at least 1, at most 9\./);
  t.equal(parameter[0].longdesc.lang, 'en');
  t.notOk('default' in parameter[3].content, 'a required parameter has no default');
});

t.test('actions, and roles in the words of the installed Pacemaker', async (t) => {
  const roles = (words: 'promoted' | 'master'): unknown =>
    parse(metadataXml(agent, words)).actions.action.map((action: Record<string, string>) => [
      action.name,
      action.role,
    ]);
  t.same(roles('promoted'), [
    ['start', undefined],
    ['monitor', 'Unpromoted'],
    ['monitor', 'Promoted'],
    ['validate-all', undefined],
    ['meta-data', undefined],
    ['methods', undefined],
  ]);
  t.match(roles('master'), [['start'], ['monitor', 'Slave'], ['monitor', 'Master']]);
  t.same(methodsOf(agent), ['start', 'monitor', 'validate-all', 'meta-data', 'methods']);
});

t.test('the schemas tell which words Pacemaker has, to Node.js and to a shell', async (t) => {
  const have = (...files: string[]) => {
    const folder = t.testdir(Object.fromEntries(files.map((file) => [file, ''])));
    const shell = spawnSync('/bin/sh', ['-c', `${roleWordsInShell(folder)} printf %s "$words"`], {
      encoding: 'utf8',
    });
    const words = installedRoleWords((path) => existsSync(join(folder, basename(path))));
    t.equal(shell.stdout, words);
    return words;
  };
  t.equal(have(), 'promoted', 'nothing installed');
  t.equal(have('resources-3.0.rng', 'resources-3.5.rng'), 'master', 'Pacemaker 2.0');
  t.equal(have('resources-3.0.rng', 'resources-3.7.rng'), 'promoted', 'Pacemaker 2.1');
  t.equal(have('resources-3.7.rng'), 'promoted', 'one that forgot the old ones');
});

t.test('whatever stands in a text, it comes out of the XML again', async () => {
  const decode = (text: string): string =>
    text
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
      .replace(
        /&(lt|gt|quot|apos|amp);/g,
        (_, name: 'lt') => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[name],
      );
  const printable = fc.string({ unit: 'grapheme' });
  fc.assert(fc.property(printable, (text) => decode(xmlText(text)) === text && !/[<>]/.test(xmlText(text))));
  fc.assert(
    fc.property(
      printable,
      (text) => decode(xmlAttribute(text)) === text && !/[<>"'\n\t]/.test(xmlAttribute(text)),
    ),
  );
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => !hasControl(xmlText(text).replace(/[\t\r\n]/g, '') + xmlAttribute(text)),
    ),
  );
});

t.test('the page for operators', async (t) => {
  const page = parameterPage('pha', agentOf('a | b <c> `d` e_f', 'x'));
  t.match(page, /^## ocf:pha:demo\n/);
  t.match(page, /\| count \| `3` \| s \|/);
  t.match(page, /### vip\n\n\*s\* — IP address or host name; required; also spelled `ip`\n/);
  t.match(page, 'a \\| b \\<c\\> \\`d\\` e_f');
  t.match(page, 'one of `a`, `b`; default: `a`');
});
