import { type Lab, promotedNode, readVip, unpromotedNodes } from '../../lab/index.ts';
import {
  directorOf,
  openSessions,
  readSome,
  serversOf,
  setBalancer,
  TABLE_MS,
  tableOn,
  waitForServers,
} from './balancer.ts';
import { RECOVERY_MS, withLab } from './support.ts';

const FOREIGN = ['-A -t 192.168.0.250:80 -s wlc', '-a -t 192.168.0.250:80 -r 192.168.0.251:80 -g -w 7'];

/** As lvsdr-realsvr does on each node that may be the director next. */
const hearConnections = (lab: Lab, node: string) =>
  lab.exec(node, ['/usr/lib/ocf/resource.d/pha/lvsdr-realsvr', 'start'], {
    env: {
      OCF_ROOT: '/usr/lib/ocf',
      OCF_RESOURCE_INSTANCE: 'lvsdr-realsvr',
      OCF_RESKEY_vip: readVip,
      OCF_RESKEY_sync_daemon: 'true',
    },
  });

/** Until a node knows of so many sessions of the director's. */
const waitForHeard = (lab: Lab, node: string, count: number) =>
  lab.waitUntil(
    `${node} to have heard of ${count} sessions`,
    async () => {
      const { stdout } = await lab.exec(node, ['ipvsadm', '--list', '--connection', '--numeric']);
      return stdout.split('\n').filter((line) => line.includes('ESTABLISHED')).length === count;
    },
    TABLE_MS,
  );

await withLab(
  import.meta.url,
  {
    template: 'muti_with_lvs',
    directors: 2,
    balancerParams: { sync_daemon: 'true' },
    deadlineMs: 180_000,
  },
  async (lab, scenario) => {
    await scenario('reads take turns at the standbys, and follow a switch of the primary', async (t) => {
      const before = await lab.crmMon();
      const primary = promotedNode(before) ?? '';
      const [target = '', other = ''] = unpromotedNodes(before);
      await waitForServers(lab, { [target]: 1, [other]: 1 });
      // Else a client that uses a port again within two minutes gets the server that it had.
      await lab.exec(directorOf(before), ['sysctl', '-qw', 'net.ipv4.vs.conn_reuse_mode=3']);
      const turns = await readSome(lab, 40);
      t.same(serversOf(turns), [target, other].sort());
      t.same(turns.errorKinds, {});
      t.equal(turns.longestRun, 1, 'exactly in turn');

      // One on each standby: the one of the new primary leaves in good health.
      const sessions = await openSessions(lab, [target, other]);
      const client = await lab.reads();
      await client.waitForReads(1, TABLE_MS);
      await lab.exec(primary, ['cls_online_switch', target], { timeoutMs: 120_000 });
      await lab.waitFor(`${target} to be primary`, (now) => promotedNode(now) === target, RECOVERY_MS);
      t.same(
        await sessions.end(),
        [target, other].sort(),
        'sessions live on, also of the server that leaves',
      );
      await waitForServers(lab, { [primary]: 1, [other]: 1 });
      const { errorKinds, longestGapMs } = await client.stop();
      t.comment(`reads were away for ${longestGapMs} ms`);
      const refused = Object.keys(errorKinds).filter((kind) => kind.startsWith('ECONNREFUSED'));
      t.same(refused, [], 'somebody serves at every moment of a switch');
      const after = await readSome(lab, 20);
      t.same(serversOf(after), [primary, other].sort());
    });

    await scenario('without a standby the primary serves, until one is back', async (t) => {
      const before = await lab.crmMon();
      const primary = promotedNode(before) ?? '';
      const standbys = unpromotedNodes(before);
      for (const node of standbys) await lab.exec(primary, ['crm_standby', '--node', node, '--update', 'on']);
      await waitForServers(lab, { [primary]: 1 });
      t.same(serversOf(await readSome(lab, 10)), [primary]);
      await lab.waitUntil(
        'cls_status to say why the primary serves',
        async () => {
          const { stdout } = await lab.exec(primary, ['cls_status'], { allowFailure: true });
          return new RegExp(`^ *${primary} +[0-9.]+ +sorry +1 `, 'm').test(stdout);
        },
        TABLE_MS,
      );
      for (const node of standbys) await lab.exec(primary, ['crm_standby', '--node', node, '--delete']);
      await waitForServers(lab, Object.fromEntries(standbys.map((node) => [node, 1])));
    });

    await scenario('weights give a server more, less or nothing', async (t) => {
      const [heavy = '', light = ''] = unpromotedNodes(await lab.crmMon());
      await setBalancer(lab, {
        virtual_service_options: '-s wrr',
        weight_of_realservers: `${heavy},3 ${light},1`,
      });
      await waitForServers(lab, { [heavy]: 3, [light]: 1 });
      const { servers } = await readSome(lab, 40);
      const share = (servers[heavy] ?? 0) / ((servers[heavy] ?? 0) + (servers[light] ?? 0));
      t.ok(share > 0.7 && share < 0.8, `three of four go to ${heavy}: ${JSON.stringify(servers)}`);
      // The seed's white list: nobody has a weight but those that are named.
      await setBalancer(lab, { default_weight: '0', weight_of_realservers: `${light},1` });
      await waitForServers(lab, { [heavy]: 0, [light]: 1 });
      t.same(serversOf(await readSome(lab, 10)), [light]);
      await setBalancer(lab, {
        default_weight: '1',
        weight_of_realservers: '',
        virtual_service_options: '-s rr',
      });
      await waitForServers(lab, { [heavy]: 1, [light]: 1 });
    });

    await scenario('another director takes over, and leaves other services of IPVS alone', async (t) => {
      const before = await lab.crmMon();
      const director = directorOf(before);
      const standbys = unpromotedNodes(before).sort();
      const next = lab.options.directorNames.find((name) => name !== director) ?? '';
      await lab.exec(next, ['ipvsadm', '-R'], { input: `${FOREIGN.join('\n')}\n` });
      await hearConnections(lab, next);
      const sessions = await openSessions(lab, standbys);
      await waitForHeard(lab, next, standbys.length);
      const client = await lab.reads();
      await client.waitForReads(10, 60_000);
      await lab.powerOff(director);
      await lab.waitFor(`lvsdr and the read VIP on ${next}`, (now) => directorOf(now) === next, RECOVERY_MS);
      await client.waitForReads(20, TABLE_MS);
      const report = await client.stop();
      t.same(serversOf(report), standbys);
      t.same(await sessions.end(), standbys, 'sessions live on through the other director');
      t.comment(`reads were away for ${report.longestGapMs} ms`);
      const table = await tableOn(lab, next);
      t.ok(table.some((line) => line.startsWith(`-A -t ${readVip}:5432`)));
      t.same(
        table.filter((line) => line.includes('192.168.0.250')),
        FOREIGN,
      );
    });
  },
);
