import {
  clientAddress,
  dataDirectory,
  type Lab,
  passfile,
  port,
  promotedNode,
  readVip,
  unpromotedNodes,
  writeVip,
} from '../../lab/index.ts';
import { castOf } from './actions.ts';
import {
  askOnce,
  currentWeights,
  directorOf,
  killStandby,
  openSessions,
  readSome,
  serversOf,
  setBalancer,
  TABLE_MS,
  tableOn,
  waitForServers,
} from './balancer.ts';
import { withLab } from './support.ts';

const LIMIT_BYTES = 100_000;
/** The seed's default list of schedulers. */
const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq'];
/** How the director asks a server, by its password file. */
const ASK = `port=${port} user=replication dbname=postgres connect_timeout=20 passfile=${passfile}`;
const STREAMING = 'HS:sync|HS:potential|HS:async|HS:quorum';

/** docs/lvs-outside.md, step by step. */
const joinFromOutside = async (lab: Lab, machine: string): Promise<void> => {
  const address = lab.nodes.find(({ name }) => name === machine)?.address ?? '';
  const bin = lab.binDirectory;
  const asPostgres = (argv: readonly string[]) =>
    lab.exec(machine, argv, { user: 'postgres', env: { PGPASSFILE: passfile } });
  await lab.exec(machine, ['install', '-d', '-o', 'postgres', '-g', 'postgres', '-m', '700', dataDirectory]);
  await asPostgres([
    ...[`${bin}/pg_basebackup`, '-h', writeVip, '-U', 'replication', '-D', dataDirectory, '-X', 'stream'],
    ...['--checkpoint', 'fast', '--no-sync'],
  ]);
  const settings = [
    `primary_conninfo = 'host=${writeVip} port=${port} user=replication application_name=${address} passfile=${passfile}'`,
    "recovery_target_timeline = 'latest'",
    // It is thrown away, and its disk is a file of this machine.
    'fsync = off',
  ].join('\n');
  const edit = `cd ${dataDirectory} && sed -i /rep_mode.conf/d postgresql.conf && cat >>postgresql.conf && touch standby.signal`;
  await lab.exec(machine, ['sh', '-c', edit], { user: 'postgres', input: `${settings}\n` });
  await asPostgres([`${bin}/pg_ctl`, '-D', dataDirectory, '-l', `${dataDirectory}/log`, '-w', 'start']);
  // The machine around may be a node of a cluster.
  await lab.exec(machine, ['rm', '-f', '/etc/corosync/corosync.conf']);
  await lab.exec(machine, ['cls_realserver', 'on', readVip]);
};

await withLab(
  import.meta.url,
  {
    template: 'muti_with_lvs',
    directors: 1,
    outside: 1,
    params: { publish_lag: 'true' },
    balancerParams: {
      virtual_service_options: '-s wrr',
      default_weight: '10',
      drain_timeout: '5',
      max_lag_bytes: String(LIMIT_BYTES),
      slow_start_seconds: '10',
    },
    deadlineMs: 180_000,
  },
  async (lab, scenario) => {
    const [outside = ''] = lab.options.outsideNames;
    await scenario(
      'a standby that is behind gets nothing until it has caught up, and then more and more',
      async (t) => {
        const { primary, sync, other } = await castOf(lab);
        await waitForServers(lab, { [sync]: 10, [other]: 10 });
        await lab.sql(other, 'SELECT pg_wal_replay_pause()');
        await lab.sql(
          primary,
          `SELECT pg_logical_emit_message(true, 'lag', repeat('x', ${2 * LIMIT_BYTES}))`,
        );
        await waitForServers(lab, { [sync]: 10, [other]: 0 });
        t.same(serversOf(await readSome(lab, 10)), [sync]);
        await lab.sql(other, 'SELECT pg_wal_replay_resume()');
        await lab.waitUntil(
          `${other} to have a part of its weight`,
          async () => {
            const { [other]: weight = 0 } = await currentWeights(lab);
            return weight > 0 && weight < 10;
          },
          TABLE_MS,
        );
        await waitForServers(lab, { [sync]: 10, [other]: 10 });
      },
    );

    await scenario(
      'a server that is taken out keeps its sessions for as long as drain_timeout',
      async (t) => {
        const { sync, other } = await castOf(lab);
        await waitForServers(lab, { [sync]: 10, [other]: 10 });
        const sessions = await openSessions(lab, [sync, other]);
        await setBalancer(lab, { realserver_dependent_attribute_value: 'HS:sync', drain_timeout: '' });
        await waitForServers(lab, { [sync]: 10, [other]: 0 });
        await setBalancer(lab, { drain_timeout: '5' });
        await waitForServers(lab, { [sync]: 10 });
        t.ok(await sessions.isOpenOn(other), 'it had not ended when its time was up');
        await sessions.end();
        await setBalancer(lab, {
          realserver_dependent_attribute_value: STREAMING,
          slow_start_seconds: '',
          default_weight: '',
          virtual_service_options: '-s rr',
        });
        await waitForServers(lab, { [sync]: 1, [other]: 1 });
      },
    );

    await scenario('NAT: servers that have the director as their way back', async (t) => {
      const before = await lab.crmMon();
      const director = directorOf(before);
      const standbys = unpromotedNodes(before).sort();
      const addressOf = (node: string) => lab.nodes.find(({ name }) => name === node)?.address ?? '';
      // On one wire the director would tell servers that the client is nearer than it is itself.
      const quiet = ['all', 'eth0'].map((each) => `net.ipv4.conf.${each}.send_redirects=0`);
      await lab.exec(director, ['sysctl', '-qw', ...quiet]);
      const route = [clientAddress, 'via', addressOf(director)];
      for (const node of standbys) await lab.exec(node, ['ip', 'route', 'add', ...route]);
      await setBalancer(lab, { forward: 'masq' });
      await lab.waitUntil(
        'masq for both servers',
        async () =>
          (await tableOn(lab, director)).filter(
            (line) => line.includes(`-t ${readVip}:`) && / -m /.test(line),
          ).length === 2,
        TABLE_MS,
      );
      t.same(serversOf(await readSome(lab, 10)), standbys);
      const seen = await askOnce(lab, 'SELECT host(inet_server_addr())');
      t.ok(standbys.map(addressOf).includes(seen), `the server was asked at its own address ${seen}`);
      await setBalancer(lab, { forward: '' });
      for (const node of standbys) await lab.exec(node, ['ip', 'route', 'del', ...route]);
    });

    await scenario('a fourth server outside the cluster', async (t) => {
      const before = await lab.crmMon();
      const [a = '', b = ''] = unpromotedNodes(before);
      await joinFromOutside(lab, outside);
      const secret = await lab.exec(promotedNode(before) ?? '', ['cat', passfile]);
      const put = `umask 077; mkdir -p "$(dirname ${passfile})"; cat >${passfile}`;
      await lab.exec(directorOf(before), ['sh', '-c', put], { input: `${secret.stdout}\n` });
      await setBalancer(lab, {
        realserver_get_real_servers_script: `get_active_slaves /usr/bin/psql 'host=${writeVip} ${ASK}'`,
      });
      await waitForServers(lab, { [a]: 1, [b]: 1, [outside]: 1 });
      t.same(serversOf(await readSome(lab, 12)), [a, b, outside].sort());
    });

    await scenario('a tunnel leads to it', async (t) => {
      const [a = '', b = ''] = unpromotedNodes(await lab.crmMon());
      await lab.exec(outside, ['cls_realserver', 'off', readVip]);
      await lab.exec(outside, ['cls_realserver', 'on', '--interface', 'tunl0', readVip]);
      // The others have no tunnel's end: the seed's first white list.
      await setBalancer(lab, {
        forward: 'ipip',
        default_weight: '0',
        weight_of_realservers: `${outside},1`,
      });
      await waitForServers(lab, { [a]: 0, [b]: 0, [outside]: 1 });
      await lab.waitUntil(
        `a tunnel to ${outside}`,
        async () =>
          (await tableOn(lab, directorOf(await lab.crmMon()))).some((line) => / -i -w 1/.test(line)),
        TABLE_MS,
      );
      t.same(serversOf(await readSome(lab, 10)), [outside]);
      await lab.exec(outside, ['cls_realserver', 'off', readVip]);
      await lab.exec(outside, ['cls_realserver', 'on', readVip]);
      await setBalancer(lab, { forward: '', default_weight: '', weight_of_realservers: '' });
      await waitForServers(lab, { [a]: 1, [b]: 1, [outside]: 1 });
    });

    await scenario('a list whose servers are each checked, until a postmaster is killed', async () => {
      const [a = '', b = ''] = unpromotedNodes(await lab.crmMon());
      // The seed's second white list: the primary is in it, and is no standby.
      await setBalancer(lab, {
        weight_of_realservers: [...lab.options.nodeNames, outside].join(' '),
        realserver_dependent_resource: '',
        realserver_get_real_servers_script: '',
        realserver_check_active_real_server_script: `check_active_slave /usr/bin/psql '${ASK}' -h`,
        realserver_script_timeout: '60',
      });
      await lab.waitUntil(
        'each server to have passed its check',
        async () => {
          const told = await lab.exec(a, ['attrd_updater', '--query', '--all', '--name=lvsdr-servers']);
          return told.stdout.split('has passed its check').length === 4;
        },
        TABLE_MS,
      );
      await waitForServers(lab, { [a]: 1, [b]: 1, [outside]: 1 });
      await killStandby(lab, outside);
      await waitForServers(lab, { [a]: 1, [b]: 1 });
    });

    await scenario('what the kernel has is taken, and what nobody has is refused', async (t) => {
      const validate = `for each; do
        OCF_ROOT=/usr/lib/ocf OCF_RESOURCE_INSTANCE=lvsdr OCF_RESKEY_vip=${readVip} OCF_RESKEY_port=${port} \\
          OCF_RESKEY_virtual_service_options="$each" /usr/lib/ocf/resource.d/pha/lvsdr validate-all 2>&1
        echo "$each: $?"
      done`;
      const run = async (...values: string[]): Promise<string> =>
        (
          await lab.exec(directorOf(await lab.crmMon()), ['sh', '-c', validate, 'sh', ...values], {
            timeoutMs: 120_000,
          })
        ).stdout;
      const good = SCHEDULERS.map((name) => `-s ${name}`);
      t.equal(await run(...good), good.map((each) => `${each}: 0`).join('\n'), 'without a word of doubt');
      t.match(
        await run('-s wrong', '-s rr -p never'),
        /no scheduler wrong(?:.|\n)*-s wrong: 5\n(?:.|\n)*-s rr -p never: 6/,
      );
    });
  },
);
