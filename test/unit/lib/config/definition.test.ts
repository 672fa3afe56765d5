import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseParameters } from '../../../../heartbeat-ocf/index.ts';
import { isAtLeast, roleWords, templateName } from '../../../../lib/config/definition.ts';
import { definitionText, type Shell } from '../../../../lib/config/index.ts';
import { judgeTimes, namedLock } from '../../../../lib/pgsql/lock/parameters.ts';
import { pgsqlParameters } from '../../../../lib/pgsql/params.ts';
import { shellWords } from '../../../../lib/postgres/shell-words.ts';
import { configOf } from './builders.ts';

const passfile = '/var/lib/postgresql/.pgpass';

const made = (
  name: string,
  shell: Shell,
  changes: Readonly<Record<string, string | undefined>> = {},
  version = '',
): string => {
  const template = readFileSync(`templates/${name}/${name}.${shell}.template`, 'utf8');
  const options = { shell, pcsVersion: version, pacemakerVersion: version, template, passfile };
  const rendered = definitionText(configOf(changes), options);
  if (!rendered.ok) throw new Error(rendered.problems.join('; '));
  return rendered.text;
};

t.test('role words by version', async (t) => {
  const cases: readonly (readonly [Shell, string, string])[] = [
    ['pcs', '0.10.7', 'Master'],
    ['pcs', '0.10.18', 'Master'],
    ['pcs', '0.11.1', 'Promoted'],
    ['pcs', '0.11.5+deb12u1', 'Promoted'],
    ['pcs', '0.12.0b1', 'Promoted'],
    ['pcs', '1.0', 'Promoted'],
    ['crm', '2.0.5', 'Master'],
    ['crm', '2.1.0', 'Promoted'],
    ['crm', '2.1.5', 'Promoted'],
    ['crm', '3.0.0', 'Promoted'],
    ['crm', '', 'Promoted'],
  ];
  for (const [shell, version, promoted] of cases) {
    const words = roleWords({ shell, pcsVersion: version, pacemakerVersion: version });
    t.equal(words.promoted, promoted, `${shell} ${version}`);
    t.equal(words.unpromoted, promoted === 'Master' ? 'Slave' : 'Unpromoted');
  }
  t.notOk(isAtLeast('0.10.6', [0, 10, 7]));
  t.ok(isAtLeast('0.10.7', [0, 10, 7]));
  t.ok(isAtLeast('0.11', [0, 10, 7]));
});

t.test('every template becomes lines that a shell would read as words', async (t) => {
  for (const name of ['dual', 'muti', 'muti_with_lvs']) {
    for (const shell of ['pcs', 'crm'] as const) {
      const text = made(name, shell, name === 'dual' ? { node3: undefined } : {});
      const commands = text
        .replace(/^#.*\n/gm, '')
        .replaceAll('\\\n', ' ')
        .split('\n')
        .filter((line) => line.trim() !== '');
      for (const line of commands) t.equal(shellWords(line)?.[0], shell, `${name}: ${line}`);
      t.notMatch(text.replace(/^#.*\n/gm, ''), /\$\{|^%|=(\s|$)/m, 'nothing is left to be filled');
      t.notMatch(text, 'replication@', 'no password');
    }
  }
});

const LOCK = {
  node3: undefined,
  pgsql_enable_distlock: 'true',
  pgsql_distlock_psql_cmd: `'/usr/bin/psql "host=node9 port=5439 user=locker"'`,
  pgsql_distlock_lockname: 'pgsql_cls1',
};

t.test('two nodes and an arbiter: the agent takes the parameters as the definition has them', async (t) => {
  for (const shell of ['pcs', 'crm'] as const) {
    const words = made('dual', shell, LOCK)
      .replace(/^#.*\n/gm, '')
      .replaceAll('\\\n', ' ')
      .split('\n')
      .map((line) => shellWords(line) ?? [])
      .find((line) => line.includes('ocf:pha:pgsql'));
    const given = Object.fromEntries(
      (words ?? []).flatMap((word) => {
        const [, name, value] = /^((?:enable_)?distlock\w*)=(.*)$/s.exec(word) ?? [];
        return name === undefined ? [] : [[`OCF_RESKEY_${name}`, value]];
      }),
    );
    t.equal(Object.keys(given).length, 5, shell);
    const { values, problems } = parseParameters(pgsqlParameters, given);
    t.same(
      problems.filter(({ parameter }) => parameter.includes('distlock')),
      [],
    );
    const named = namedLock(values);
    t.match(named, {
      ok: true,
      value: {
        lock: { table: 'distlock', name: 'pgsql_cls1' },
        leaseMs: 12_000,
        timeoutMs: 15_000,
      },
    });
    const { conninfo } = (named.ok ? named.value?.target : undefined) ?? {};
    t.same(
      [conninfo?.get('host'), conninfo?.get('port'), conninfo?.get('user')],
      ['node9', '5439', 'locker'],
    );
    if (named.ok && named.value !== undefined)
      t.same(judgeTimes(named.value, { monitorMs: 3_000, standbyMonitorMs: 4_000 }), []);
  }
  t.notMatch(made('dual', 'pcs', { node3: undefined }), 'distlock');
});

t.test('two nodes and a quorum device', async (t) => {
  for (const shell of ['pcs', 'crm'] as const) {
    const text = made('dual', shell, { node3: undefined, pgsql_quorum_device: 'true' });
    t.match(text, / {4}quorum_device=true \\\n/, shell);
    t.match(text, /no-quorum-policy=stop/);
    t.match(text, /pcs quorum device add timeout=5000 model net/);
    t.notMatch(text, /two_node|distlock/);
    t.notMatch(made('dual', shell, { node3: undefined }), /quorum_device/);
  }
});

t.test('what is in the definition', async (t) => {
  const text = made('muti', 'pcs', { pgsql_restore_command: `'cp /a/%f "%p"'` }, '0.10.8');
  t.match(text, "node_list='node1 node2 node3'");
  t.match(text, `restore_command='cp /a/%f "%p"'`);
  t.match(text, `primary_conninfo_opt="passfile=${passfile} keepalives_idle=60`);
  t.match(text, 'role=Master');
  t.match(text, 'with Master msPostgresql');
  t.match(text, 'clone-max=3');
  t.notMatch(text, 'pghost=');
  t.match(text, 'stonith-enabled=false');
  t.notMatch(made('muti', 'pcs', { vip_nic: '""' }), 'nic=');
  t.match(made('muti', 'pcs', { vip_nic: 'eth0' }), 'nic=eth0');
});

t.test('fencing when config.ini names it', async (t) => {
  const fencing = { fence_agent: 'fence_virsh', fence_options: `'ip=10.0.0.9 pcmk_host_list="node1 node2"'` };
  const pcs = "pcs stonith create fencing fence_virsh ip=10.0.0.9 'pcmk_host_list=node1 node2'";
  const crm =
    "crm configure primitive fencing stonith:fence_virsh params ip=10.0.0.9 'pcmk_host_list=node1 node2' op monitor interval=60s";
  for (const name of ['dual', 'muti', 'muti_with_lvs']) {
    const nodes = name === 'dual' ? { node3: undefined } : {};
    for (const [shell, line] of [['pcs', pcs] as const, ['crm', crm] as const]) {
      const text = made(name, shell, { ...nodes, ...fencing });
      t.match(text, line);
      t.match(text, 'stonith-enabled=true');
      t.notMatch(text, 'stonith-enabled=false');
      t.match(made(name, shell, nodes), 'stonith-enabled=false');
    }
  }
});

t.test('the template of the other shell has the other name', async (t) => {
  t.equal(templateName(configOf(), 'crm'), 'muti.crm.template');
  t.equal(templateName(configOf({ pcs_template: '/x/own.crm.template' }), 'pcs'), '/x/own.pcs.template');
});
