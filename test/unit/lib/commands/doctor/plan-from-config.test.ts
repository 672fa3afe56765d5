import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { balancersOfParts } from '../../../../../lib/commands/doctor/balancer.ts';
import { agentsIn, planFromConfig } from '../../../../../lib/commands/doctor/plan-from-config.ts';
import { iniText } from '../../config/builders.ts';

t.test('the agents of a planned cluster are those of its template', async (t) => {
  t.same(agentsIn(''), ['pha/pgsql', 'heartbeat/IPaddr2'], 'without one, those of every template');
  const agents = agentsIn(readFileSync('templates/muti_with_lvs/muti_with_lvs.pcs.template', 'utf8'));
  t.same(agents, ['pha/pgsql', 'heartbeat/IPaddr2', 'pha/lvsdr', 'pha/lvsdr-realsvr']);
});

t.test('what is wrong with the file and with this machine is found at once, in line order', async (t) => {
  const path = join(t.testdir(), 'config.ini');
  const wrong = { vip_nic: 'none0', pgsql_pgport: 'x', pgsql_pgdata: '/none' };
  // Its own name or not, this machine is one of the nodes.
  writeFileSync(path, iniText({ ...wrong, node1: 'localhost' }), { mode: 0o600 });
  const planned = await planFromConfig(path);
  t.equal(planned?.plan, undefined, 'nothing is planned by a file that cannot be understood');
  const findings = (planned?.findings ?? []).filter(
    ({ sentence }) => !/^the node |pgctl|psql/.test(sentence),
  );
  t.match(findings, [
    { severity: 'error', line: 11, sentence: /^vip_nic is none0, and this machine has / },
    { severity: 'error', line: 15, sentence: /^pgsql_pgdata is \/none, which is not there/ },
    { severity: 'error', line: 16, sentence: /^pgsql_pgport/ },
  ]);
});

t.test('a machine that is no node need not have what a node has', async (t) => {
  const path = join(t.testdir(), 'config.ini');
  writeFileSync(path, iniText({ vip_nic: 'none0', pgsql_pgdata: '/none' }), { mode: 0o600 });
  const findings = (await planFromConfig(path))?.findings ?? [];
  t.strictSame(
    findings.filter(({ sentence }) => !/^the node /.test(sentence)),
    [],
  );
});

t.test('a node without an address is named once, and is not corrected in the file', async (t) => {
  const path = join(t.testdir(), 'config.ini');
  writeFileSync(path, iniText({ node2: 'nobody.invalid', node3: 'nobody.invalid' }), { mode: 0o600 });
  const findings = ((await planFromConfig(path))?.findings ?? []).filter(({ sentence }) =>
    sentence.includes('nobody.invalid'),
  );
  t.equal(findings.length, 2);
  t.match(findings, [
    { severity: 'error', line: 9, sentence: /^node3: the node nobody\.invalid is named already/ },
    { severity: 'warning', line: 9, sentence: /has no address here/, fix: /\/etc\/hosts/ },
  ]);
});

t.test('with a template that spreads reads, nodes are examined for that as well', async (t) => {
  const folder = t.testdir();
  const balancers = async (template: string) => {
    const path = join(folder, 'config.ini');
    writeFileSync(path, iniText({ pcs_template: resolve('templates', template) }), { mode: 0o600 });
    return balancersOfParts((await planFromConfig(path))?.plan?.balancing ?? []);
  };
  t.strictSame(await balancers('muti/muti.pcs.template'), []);
  const own = 'muti_with_lvs/muti_with_lvs.pcs.template';
  const config = { forward: 'gate', scheduling: { scheduler: 'rr' }, sorryServer: 'primary' };
  t.match(await balancers(own), [{ id: 'lvsdr', objections: [], config }]);
  const changed = join(folder, 'my.pcs.template');
  const text = readFileSync(join('templates', own), 'utf8').replace('"-s rr"', '"-s wlc -p 60"');
  writeFileSync(changed, text.replace('sorry_server=primary', 'sorry_server=web1'));
  t.match(await balancers(changed), [
    {
      id: 'lvsdr',
      config: { scheduling: { scheduler: 'wlc', persistence: { seconds: 60 } }, sorryServer: 'web1' },
    },
  ]);
});
