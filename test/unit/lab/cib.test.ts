import { readFileSync } from 'node:fs';
import t from 'tap';
import { databaseResource } from '../../../lab/agents/resource.ts';
import { parseCibVersion, renderDefinition, renderSeed } from '../../../lab/cluster/cib.ts';
import { defineCluster } from '../../../lab/cluster/definition.ts';
import { completeOptions, type LabRequest } from '../../../lab/options.ts';

const bin = '/usr/lib/postgresql/15/bin';

const define = (request: LabRequest): string => {
  const options = completeOptions(request);
  return renderDefinition(defineCluster(options, databaseResource(options, bin)));
};

const param = (xml: string, name: string): string | undefined =>
  new RegExp(`<nvpair id="pgsql-params-${name}" name="${name}" value="([^"]*)"/>`).exec(xml)?.[1];

t.test('the version of the installed Pacemaker is read from an empty CIB', async (t) => {
  const empty = '<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0"/>';
  t.same(parseCibVersion(empty), { featureSet: '3.16.1', schema: 'pacemaker-3.9' });
  t.equal(parseCibVersion('cibadmin: Could not connect'), undefined);
});

t.test('the seed elects quickly, fences nobody and stops without quorum', async (t) => {
  const seed = renderSeed({ featureSet: '3.16.1', schema: 'pacemaker-3.9' }, completeOptions({}));
  t.match(seed, 'crm_feature_set="3.16.1" validate-with="pacemaker-3.9"');
  t.match(seed, 'name="dc-deadtime" value="2s"');
  t.match(seed, 'name="stonith-enabled" value="false"');
  t.match(seed, 'name="no-quorum-policy" value="stop"');
  t.match(seed, 'name="resource-stickiness" value="1"');
  t.match(seed, 'name="migration-threshold" value="10"');
});

t.test('a pair cannot stop for want of quorum, and a property can be chosen', async (t) => {
  const version = { featureSet: '3.16.1', schema: 'pacemaker-3.9' };
  t.match(renderSeed(version, completeOptions({ nodes: 2 })), 'name="no-quorum-policy" value="ignore"');
  const chosen = completeOptions({ properties: { 'no-quorum-policy': 'freeze' } });
  t.match(renderSeed(version, chosen), 'name="no-quorum-policy" value="freeze"');
});

t.test('the database is a promotable clone with the names and intervals of the seed document', async (t) => {
  const xml = define({ agent: 'pha' });
  t.match(xml, '<clone id="msPostgresql">');
  t.match(xml, '<primitive id="pgsql" class="ocf" provider="pha" type="pgsql">');
  t.match(xml, 'name="clone-max" value="3"');
  t.match(xml, 'name="notify" value="true"');
  t.match(xml, 'name="migration-threshold" value="3"');
  t.match(xml, 'name="monitor" interval="4s" timeout="60s"/>');
  t.match(xml, 'name="monitor" interval="3s" timeout="60s" role="Promoted"/>');
  t.match(xml, 'rsc="vip-master" with-rsc="msPostgresql" with-rsc-role="Promoted" score="INFINITY"');
  t.equal(param(xml, 'node_list'), 'node1 node2 node3');
  t.equal(param(xml, 'pgctl'), `${bin}/pg_ctl`);
  t.equal(param(xml, 'rep_mode'), 'sync');
});

t.test('the floor is told who may be promoted, and of nothing else', async (t) => {
  const xml = define({ agent: 'floor' });
  t.match(xml, '<primitive id="pgsql" class="ocf" provider="pha-lab" type="floor">');
  t.equal(param(xml, 'nodes'), 'node1 node2 node3');
  t.match(xml, 'name="notify" value="false"');
});

t.test('pha and heartbeat get the same parameters', async (t) => {
  const pha = databaseResource(completeOptions({ agent: 'pha' }), bin);
  const heartbeat = databaseResource(completeOptions({ agent: 'heartbeat' }), bin);
  t.same(pha?.params, heartbeat?.params);
});

t.test('parameters of the command line win and are escaped', async (t) => {
  const xml = define({ params: { rep_mode: 'async', monitor_sql: `select 'a' < "b" & 1` } });
  t.equal(param(xml, 'rep_mode'), 'async');
  t.equal(param(xml, 'monitor_sql'), 'select &apos;a&apos; &lt; &quot;b&quot; &amp; 1');
});

t.test('rep_mode none is a plain resource with the write VIP', async (t) => {
  const xml = define({ repMode: 'none' });
  t.notMatch(xml, '<clone');
  t.notMatch(xml, 'role="Promoted"');
  t.match(xml, 'first="pgsql" then="vip-master"');
  t.equal(param(xml, 'node_list'), undefined);
});

t.test('rep_mode slave leaves the first node, which has the foreign primary, alone', async (t) => {
  const xml = define({ repMode: 'slave' });
  t.notMatch(xml, 'promotable');
  t.match(xml, 'node="node1" score="-INFINITY" resource-discovery="never"');
});

t.test('without an agent there is nothing to load', async (t) => {
  const options = completeOptions({ agent: 'none' });
  t.equal(databaseResource(options, bin), undefined);
  t.same(defineCluster(options, undefined), { resources: [], constraints: [] });
});

t.test('with directors, reads are spread there and databases are elsewhere', async (t) => {
  const xml = define({
    template: 'muti_with_lvs',
    backend: 'mixed',
    directors: 1,
    balancerParams: { drain_timeout: '5' },
  });
  t.match(xml, '<primitive id="lvsdr" class="ocf" provider="pha" type="lvsdr">');
  t.match(xml, 'name="drain_timeout" value="5"');
  t.match(
    xml,
    '<rsc_location id="msPostgresql-not-on-lvs1" rsc="msPostgresql" node="lvs1" score="-INFINITY"',
  );
  t.match(xml, '<rsc_location id="vip-slave-not-on-node1" rsc="vip-slave" node="node1" score="-INFINITY"');
  t.notMatch(xml, 'vip-slave-with-standby');
  // Such a director cannot stand in for the standbys itself, so the primary must accept the address.
  t.match(xml, 'id="lvsdr-realsvr-with-database" rsc="lvsdr-realsvr-clone" with-rsc="msPostgresql" score');
  t.equal(param(xml, 'node_list'), 'node1 node2 node3');
});

t.test('without directors, a standby spreads the reads', async (t) => {
  const xml = define({ template: 'muti_with_lvs', backend: 'uml' });
  t.match(xml, 'vip-slave-with-standby');
  t.match(xml, 'id="lvsdr-with-vip-slave" rsc="lvsdr" with-rsc="vip-slave" score="INFINITY"');
});

t.test('with reads that are spread, the constraints are those of the template', async (t) => {
  const xml = define({ template: 'muti_with_lvs' });
  const template = readFileSync('templates/muti_with_lvs/muti_with_lvs.pcs.template', 'utf8');
  const idsIn = (text: string, pattern: RegExp): unknown[] =>
    [...text.matchAll(pattern)].map(([, id]) => id).sort();
  t.same(idsIn(xml, /<rsc_(?:colocation|order) id="([^"]+)"/g), idsIn(template, / id=([a-z-]+)$/gm));
  t.match(
    xml,
    'rsc="lvsdr-realsvr-clone" with-rsc="msPostgresql" with-rsc-role="Unpromoted" score="INFINITY"',
  );
  t.match(xml, 'first="lvsdr" first-action="start" then="vip-slave" then-action="start" kind="Optional"');
  t.match(template, /lvsdr-realsvr-clone with \$\{unpromoted\} msPostgresql \\\n/);
  t.match(template, 'start lvsdr then start vip-slave \\\n    kind=Optional');
});
