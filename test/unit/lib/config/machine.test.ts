import t from 'tap';
import { checkOnThisMachine, type MachineFacts, parseConfigIni } from '../../../../lib/config/index.ts';
import { configOf, iniText } from './builders.ts';

const facts = (changes: Partial<MachineFacts> = {}): MachineFacts => ({
  paths: new Map([
    ['/usr/pgsql/bin/pg_ctl', 'file'],
    ['/usr/pgsql/bin/psql', 'file'],
    ['/usr/lib/ocf', 'directory'],
    ['/pgsql/data', 'directory'],
  ]),
  template: '/t/muti/muti.pcs.template',
  templateFolders: ['/t'],
  interfaces: ['ens37'],
  addresses: new Map([1, 2, 3].map((n) => [`node${n}`, [`192.168.0.23${n}`]])),
  configMode: 0o600,
  ...changes,
});

const check = (changes: Partial<MachineFacts>, ini: Record<string, string> = {}): readonly string[] => {
  const { problems, warnings } = checkOnThisMachine(configOf(ini), facts(changes));
  return [...problems, ...warnings].map(({ line, sentence }) => `${line}: ${sentence}`);
};

t.test('nothing to say', async (t) => {
  t.same(check({}), []);
});

t.test('what is not there', async (t) => {
  t.match(check({ paths: new Map([['/usr/pgsql/bin/pg_ctl', 'missing']]) }), [
    /^13: pgsql_pgctl is \/usr\/pgsql\/bin\/pg_ctl, which is not there on this machine; correct it, or install/,
  ]);
  t.match(check({ paths: new Map([['/pgsql/data', 'file']]) }), [/^15: .* which is no directory/]);
  t.match(check({ interfaces: ['eth0', 'eth1'] }), [
    /^11: vip_nic is ens37, and this machine has eth0, eth1/,
  ]);
  const { template: _, ...without } = facts();
  t.match(checkOnThisMachine(configOf(), without).problems, [
    { line: 1, sentence: /^pcs_template is muti\.pcs\.template, which is not in \/t/ },
  ]);
});

t.test('addresses', async (t) => {
  t.match(check({ addresses: new Map([['node2', []]]) }), [/^8: the node node2 has no address here/]);
  const doubled = parseConfigIni(iniText({ node3: 'node2' }));
  const unresolved = facts({ addresses: new Map([['node2', []]]) });
  t.equal(checkOnThisMachine(doubled.ok ? doubled.config : doubled.partial, unresolved).problems.length, 1);
  t.match(check({ addresses: new Map([['node2', ['192.168.0.237']]]) }), [
    /^6: reader_vip is 192\.168\.0\.237, which is the address of the node node2/,
  ]);
  const six = { writer_vip: 'FD00:0::1', reader_vip: 'fd00::2', vip_cidr_netmask: '64' };
  t.match(check({ addresses: new Map([['node1', ['fd00::0:1']]]) }, six), [/^5: wr/]);
});

t.test('a config.ini that could be read in part is checked in part', async (t) => {
  const parsed = parseConfigIni(iniText({ pcs_template: 'x', writer_vip: 'y', pgsql_pgctl: '/none' }));
  const { template: _, ...without } = facts({ paths: new Map([['/none', 'missing']]) });
  const problems = parsed.ok ? [] : checkOnThisMachine(parsed.partial, without).problems;
  t.match(problems, [{ about: 'path', line: 13, sentence: /^pgsql_pgctl is \/none/ }]);
});

t.test('a password that others can read', async (t) => {
  t.match(check({ configMode: 0o644 }), [/^0: it holds a password, and its mode 0644 lets others read it/]);
  t.same(check({ configMode: 0o644 }, { pgsql_reppassord: '""' }), []);
});
