import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { clusterNodes, configMessage, parseConfigIni } from '../../../../lib/config/index.ts';
import { configOf, iniText } from './builders.ts';

/** `7: sentence`, and the sentence alone when it is about no line. */
const problemsOf = (text: string): readonly string[] => {
  const parsed = parseConfigIni(text);
  return parsed.ok
    ? []
    : parsed.problems.map(({ line, sentence }) => (line === 0 ? sentence : `${line}: ${sentence}`));
};

t.test("the seed's file is taken as it is", async (t) => {
  const { values, nodes } = configOf();
  t.same(nodes, ['node1', 'node2', 'node3']);
  t.equal(values.pgsql_reppassord, 'replication');
  t.equal(values.pgsql_pgport, 5432);
  t.same(values.RESOURCE_LIST, ['msPostgresql', 'vip-master', 'vip-slave']);
});

t.test('the samples are in order', async (t) => {
  const folders = readdirSync('templates');
  t.same(folders.sort(), ['dual', 'muti', 'muti_with_lvs']);
  for (const folder of folders) {
    t.same(problemsOf(readFileSync(`templates/${folder}/config.ini.sample`, 'utf8')), [], folder);
  }
});

t.test('nodes: by number, then the others', async (t) => {
  const config = configOf({ node10: 'ten', node4: 'four', othernodes: "'b c'" });
  t.same(clusterNodes(config), ['node1', 'node2', 'node3', 'four', 'ten', 'b', 'c']);
  t.same(clusterNodes(configOf({ node3: undefined })), ['node1', 'node2']);
  t.same(clusterNodes(configOf({ node3: '""' })), ['node1', 'node2'], 'an empty value is none');
});

t.test('the form: as a shell that sources the file', async (t) => {
  const restoreOf = (value: string): string =>
    configOf({ pgsql_restore_command: value }).values.pgsql_restore_command;
  const cases: readonly (readonly [written: string, value: string])[] = [
    ['"cp /a/%f \\"%p\\""', 'cp /a/%f "%p"'],
    [`'cp /a/%f "%p"'`, 'cp /a/%f "%p"'],
    ["it\\'s", "it's"],
    ['/x/%f # from the archive', '/x/%f'],
    ['\'a\'"b"c', 'abc'],
    ["'$HOME'", '$HOME'],
    ['"\\$HOME"', '$HOME'],
    ['a#b', 'a#b'],
  ];
  for (const [written, value] of cases) t.equal(restoreOf(written), value, written);
  t.equal(configOf({ pgsql_reppassord: undefined, pgsql_reppassword: 'x' }).values.pgsql_reppassord, 'x');
  t.ok(parseConfigIni(`\uFEFF# from Windows\r\n${iniText().replaceAll('\n', '\r\n')}`).ok);
  t.ok(parseConfigIni(iniText().replaceAll('=', ' = ')).ok, 'blanks around =');
});

const lockAt = (conninfo: string): Readonly<Record<string, string | undefined>> => ({
  node3: undefined,
  pgsql_enable_distlock: 'true',
  pgsql_distlock_psql_cmd: `'/usr/bin/psql "${conninfo}"'`,
  pgsql_distlock_lockname: 'pgsql_cls1',
});

t.test('two nodes and an arbiter', async (t) => {
  t.same(problemsOf(iniText(lockAt('host=node9 port=5439 user=locker'))), []);
  const original = `'/usr/bin/psql \\\\"host=node9 port=5439 user=locker\\\\"'`;
  const changes = { ...lockAt(''), pgsql_distlock_psql_cmd: original };
  t.same(problemsOf(iniText(changes)), [], 'as the original has it');
  t.equal(
    configOf(changes).values.pgsql_distlock_psql_cmd,
    '/usr/bin/psql "host=node9 port=5439 user=locker"',
  );
});

t.test('every problem has its line and says what to do', async (t) => {
  const cases: readonly (readonly [changes: Record<string, string | undefined>, problem: RegExp])[] = [
    [{ pgsql_reppasword: 'x' }, /^21: there is no key pgsql_reppasword; correct it or remove the line/],
    [{ pgport: '5432' }, /^21: there is no key pgport; is pgsql_pgport meant\?/],
    [{ pgsql_pgdata: undefined }, /^pgsql_pgdata is (missing|required|not given)/],
    [{ writer_vip: '' }, /^(5: )?writer_vip is/],
    [{ node2: undefined }, /^node2 is missing; a cluster has at least two nodes/],
    [{ reader_vip: '192.168.0.236' }, /^6: reader_vip is 192\.168\.0\.236, the same as writer_vip/],
    [{ node2: '192.168.0.236' }, /^8: node2 is 192\.168\.0\.236, which is also a virtual address/],
    [{ othernodes: '192.168.0.237' }, /^10: othernodes is 192\.168\.0\.237, which is also a virtual/],
    [{ node3: 'node1' }, /^9: node3: the node node1 is named already/],
    [{ node3: '"no de"' }, /^9: node3: "no de" is no node name/],
    [{ writer_vip: '192.168.0.300' }, /^5: writer_vip is "192\.168\.0\.300": it is no IP address/],
    [{ vip_cidr_netmask: '255.255.255.0' }, /^12: vip_cidr_netmask .* such as 24 for 255\.255\.255\.0/],
    [{ vip_cidr_netmask: '64' }, /^12: vip_cidr_netmask is 64, and an IPv4 address has 32 bits/],
    [
      { reader_vip: 'fd00::237' },
      /^6: reader_vip is fd00::237, of IPv6, and writer_vip 192\.168\.0\.236 is of IPv4; .* one family$/,
    ],
    [
      { writer_vip: 'fd00::236', reader_vip: 'fd00::237' },
      /^12: vip_cidr_netmask is 24, and that is no network of IPv6 .* such as 64$/,
    ],
    [{ pgsql_pgport: '54321111' }, /^16: pgsql_pgport is "54321111": it must be a whole number/],
    [{ pgsql_rep_mode: 'async1' }, /^18: pgsql_rep_mode is "async1": it must be one of sync, async/],
    [{ pgsql_rep_mode: 'slave' }, /^18: pgsql_rep_mode/],
    [{ pgsql_pgdata: 'data' }, /^15: pgsql_pgdata is "data": it must be an absolute path/],
    [{ pgsql_pgdata: `"/a'b"` }, /^15: .*must not contain quotes/],
    [{ pgsql_pgdata: '"/a\tb"' }, /^15: pgsql_pgdata: the value contains a tab or another control/],
    [{ pgsql_pgdata: '$HOME/data' }, /^15: pgsql_pgdata: "\$" and backticks are not expanded here/],
    [{ pgsql_restore_command: 'cp a b' }, /^17: pgsql_restore_command: the value has blanks; write it in qu/],
    [{ pgsql_restore_command: '"cp' }, /^17: pgsql_restore_command: a quote is opened and not closed/],
    [{ pcs_template: 'muti' }, /^1: pcs_template is "muti": it names no template/],
    [{ pgsql_reppassword: 'x' }, /^21: pgsql_reppassword was given already, as pgsql_reppassord, in line 20/],
    [{ fence_options: 'ip=10.0.0.1' }, /^21: fence_options is given, but fence_agent is not/],
    [
      { fence_agent: 'fence_x', fence_options: 'password=y' },
      /^22: fence_options has a password \(password\)/,
    ],
    [
      { pgsql_restore_command: '"PGPASSWORD=y cp"' },
      /^17: pgsql_restore_command has a password \(PGPASSWORD/,
    ],
    [{ writer_vip: '127.0.0.1' }, /^5: writer_vip is "127\.0\.0\.1": it is no address that a machine/],
    [{ writer_vip: '0.0.0.0' }, /^5: writer_vip is "0\.0\.0\.0": it is no address that a machine/],
    [{ reader_vip: '239.1.1.1' }, /^6: reader_vip is "239\.1\.1\.1": it is no address that a machine/],
    [{ reader_vip: '::1' }, /^6: reader_vip is "::1": it is no address that a machine/],
    [
      { writer_vip: '192.168.0.255' },
      /^5: writer_vip .*, which is the broadcast address of its \/24 network/,
    ],
    [{ writer_vip: '192.168.0.0' }, /^5: writer_vip .*, which is the address of its \/24 network/],
    [
      { pgsql_enable_distlock: 'true' },
      /^21: pgsql_enable_distlock is true, which is for two nodes, and these are 3; set it to false/,
    ],
    [{ fence_agent: 'fence_x', fence_options: 'ip' }, /^22: fence_options has "ip"; write name=value/],
    [
      { fence_agent: 'fence_x', fence_options: `'pcmk_host_map="node1:1;db9:2"'` },
      /^22: fence_options names the node db9, which is no node of this file \(node1, node2, node3\)/,
    ],
    [{ pgsql_enable_distlock: 'true', node3: undefined }, /^20: .*pgsql_distlock_psql_cmd is missing/],
    [{ pgsql_enable_distlock: 'true', node3: undefined }, /^20: .*pgsql_distlock_lockname is missing/],
    [
      { pgsql_quorum_device: 'true' },
      /pgsql_quorum_device is true, which is for two nodes, and these are 3; set it/,
    ],
    [
      { ...lockAt('host=node9'), pgsql_quorum_device: 'true' },
      /pgsql_quorum_device is true, and so is pgsql_enable_distlock: one of them decides; set it to false/,
    ],
    [lockAt('host=node8,node9'), /pgsql_distlock_psql_cmd names node8 and node9: two arbiters would give/],
    [lockAt('port=5439'), /pgsql_distlock_psql_cmd names no host: each node would ask a server of its own/],
    [lockAt('host=127.0.0.1'), /pgsql_distlock_psql_cmd names 127.0.0.1: .* name one on a third machine/],
    [lockAt('host=NODE1'), /pgsql_distlock_psql_cmd names NODE1, which is a node of the cluster: /],
    [
      lockAt('host=192.168.0.236'),
      /names 192.168.0.236, which is an address of the cluster: .* third machine/,
    ],
    [lockAt('host=node9 nonsense'), /pgsql_distlock_psql_cmd cannot be read: /],
    [lockAt('host=node9 password=geheim'), /pgsql_distlock_psql_cmd has a password \(password\)/],
  ];
  for (const [changes, problem] of cases) {
    const found = problemsOf(iniText(changes));
    t.ok(
      found.some((sentence) => problem.test(sentence)),
      `${JSON.stringify(changes)}: ${found.join(' | ')}`,
    );
  }
  t.match(problemsOf(`${iniText()}nonsense\n`), [/^21: this is neither key=value nor a comment/]);
  t.match(problemsOf(`${iniText()}node1=x\n`), [/^21: node1 was given already in line 7/]);
});

t.test('all problems at once, in the order of their lines', async (t) => {
  const found = problemsOf(
    iniText({ writer_vip: 'x', node2: undefined, pgsql_pgport: 'y', strange: '1', pgsql_repuser: undefined }),
  );
  t.match(found, [
    /^5: writer_vip/,
    /^15: pgsql_pgport/,
    /^19: there is no key strange/,
    /^pgsql_repuser/,
    /^node2/,
  ]);
});

t.test('what can be read is checked further', async (t) => {
  const text = iniText({ writer_vip: 'x', fence_agent: 'a b', fence_options: 'nonsense' });
  const parsed = parseConfigIni(text);
  t.equal(!parsed.ok && parsed.partial.values.pgsql_pgdata, '/pgsql/data');
  t.equal(!parsed.ok && parsed.partial.values.writer_vip, '');
  t.match(problemsOf(iniText({ writer_vip: 'x', fence_options: 'ip=1' })), [
    /^5: /,
    /^21: .*fence_agent is not/,
  ]);
  t.match(problemsOf(iniText({ fence_agent: '"a', fence_options: 'ip=1' })), [/^21: fence_agent: a quote/]);
});

t.test('a key whose line cannot be read is not missing as well', async (t) => {
  t.match(problemsOf(iniText({ pgsql_pgdata: '"/x' })), [/^15: pgsql_pgdata: a quote/]);
  t.match(problemsOf(iniText({ node2: '"/x' })), [/^8: node2: a quote/]);
});

t.test('a password is never repeated', async (t) => {
  for (const password of ['"s3cret', '"s3cret\t"', 's3cret x', '$s3cret']) {
    const found = problemsOf(iniText({ pgsql_reppassord: password }));
    t.equal(found.length, 1);
    t.notMatch(found[0], 's3cret');
  }
});

t.test('nor one within a command or an option list', async (t) => {
  for (const options of [
    '"--password s3cret"',
    'ipmi_password=s3cret',
    '"a b://u:s3cret@h"',
    '"passwd=s3cret x"',
  ]) {
    const found = problemsOf(iniText({ fence_agent: 'fence_x', fence_options: options }));
    t.match(found, [/^22: fence_options has a password/], options);
    t.notMatch(found.join(), 's3cret');
  }
});

t.test('a password hides no wrong node', async (t) => {
  const options = '"password=s3cret pcmk_host_map=node1:1;nodeX:2"';
  const found = problemsOf(iniText({ fence_agent: 'fence_x', fence_options: options }));
  t.match(found, [
    /^22: fence_options has a password/,
    /^22: fence_options names the node nodeX, which is no/,
  ]);
  const inside = `"pcmk_host_list='node1 --password s3cret'"`;
  t.notMatch(problemsOf(iniText({ fence_agent: 'fence_x', fence_options: inside })).join(), 's3cret');
});

t.test('messages name the file, and the line if there is one', async (t) => {
  t.equal(configMessage('config.ini', { line: 3, sentence: 'x' }), 'config.ini, line 3: x');
  t.equal(configMessage('config.ini', { line: 0, sentence: 'x' }), 'config.ini: x');
});

t.test('any text is read or refused with a reason', async () => {
  const line = fc.oneof(
    fc.string(),
    fc
      .tuple(fc.constantFrom('node1', 'pgsql_pgdata', 'fence_options', 'othernodes'), fc.string())
      .map(([key, value]) => `${key}=${value}`),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const parsed = parseConfigIni(lines.join('\n'));
      return !parsed.ok && parsed.problems.every(({ sentence }) => sentence !== '');
    }),
  );
});
