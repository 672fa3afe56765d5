/** ocf:pha:lvsdr from start to stop, with the process that follows the cluster's events. */
import t, { type Test } from 'tap';
import { director, FOREIGN, type Scene } from './director-scene.ts';
import { unlessRoot } from './executables.ts';

const SERVICE = '-A -t 10.7.0.100:5432 -s rr';
const served = (...servers: readonly string[]): readonly string[] => [...FOREIGN, SERVICE, ...servers].sort();

const scenario = (name: string, run: (t: Test, scene: Scene) => Promise<void>): Promise<unknown> =>
  t.test(name, { skip: unlessRoot }, async (t) => run(t, await director(t)));

await scenario('from start to stop', async (t, scene) => {
  const { act, table, follower } = scene;
  t.equal(act('monitor').status, 7);
  t.equal(act('start').status, 0);
  t.strictSame(table(), served('db2 1', 'db3 1'), 'the whole table is there when start returns');
  t.equal(scene.read('/proc/sys/net/ipv4/vs/expire_nodest_conn'), '1');
  t.match(scene.told(), /^--name=lvsdr-servers --update=.*"db2".*"db3".* --private$/);
  const first = follower();
  t.equal(first?.isRunning, true);

  scene.setStandbys('db2');
  scene.ring();
  await scene.until('the follower to take db3 out', () => !table().includes('db3 1'));
  t.strictSame(table(), served('db2 1'));
  await scene.until('the cluster to be told', () => !/"db3","10/.test(scene.told()));

  t.equal(act('reload-agent', { default_weight: '3' }).status, 0);
  t.strictSame(table(), served('db2 3'));
  const second = follower();
  t.equal(second?.isRunning, true);
  t.not(second?.pid, first?.pid, 'with other parameters it is another one');
  await scene.until('the old one to end', () => scene.read(`/proc/${first?.pid}/cmdline`) === undefined);

  scene.setStandbys('db2', 'db3');
  scene.ring();
  await scene.until('the new one to know the new weight', () => table().includes('db3 3'));

  t.equal(act('stop', { default_weight: '3' }).status, 0);
  t.strictSame(table(), [...FOREIGN].sort(), 'other services are left alone');
  t.equal(follower(), undefined);
  await scene.until('the follower to end', () => scene.read(`/proc/${second?.pid}/cmdline`) === undefined);
  t.equal(scene.read('/run/pha/lvsdr-lvsdr.json'), undefined, 'nothing is remembered');
  t.equal(scene.read('/proc/sys/net/ipv4/vs/expire_nodest_conn'), '0', 'as it was');
  t.match(scene.told(), /--update= --private$/, 'what it has told holds no longer');
  t.equal(act('stop').status, 0);
});

await scenario('a table that cannot be changed', async (t, scene) => {
  const { act, table } = scene;
  const plain = { follow_events: 'false' };
  const monitor = () => act('monitor', plain);
  t.equal(act('start', plain).status, 0);
  t.equal(scene.follower(), undefined, 'nobody is to follow events');
  scene.refuse(true);
  scene.setStandbys('db2');
  t.strictSame(
    [monitor(), monitor(), monitor()].map(({ status }) => status),
    [0, 0, 0],
    'it may pass',
  );
  const failed = monitor();
  t.equal(failed.status, 1);
  t.match(failed.stderr, /ocf-exit-reason:.*could not be changed 3 times in a row/);
  t.strictSame(table(), served('db2 1', 'db3 1'));
  scene.refuse(false);
  t.equal(monitor().status, 0);
  t.strictSame(table(), served('db2 1'));
});

await scenario('an interface for the synchronisation that is not there', async (t, scene) => {
  const { act } = scene;
  const wrong = { follow_events: 'false', sync_daemon: 'true', sync_interface: 'nope9' };
  t.match(act('validate-all', wrong), {
    status: 5,
    stderr: /sync_interface is nope9, and this machine has lo/,
  });
  scene.setTable([]);
  for (const action of ['start', 'stop'])
    t.match(
      act(action, wrong),
      { status: 0, stderr: /\[sync\.failed\] .* nope9 \(sync_interface\): .*No such device/ },
      `${action} goes on without it`,
    );
  t.strictSame(scene.table(), ['']);
});

await scenario('a service that somebody has taken away', async (t, scene) => {
  const { act, table, follower } = scene;
  t.equal(act('start').status, 0);
  scene.setTable(FOREIGN);
  scene.ring();
  await scene.until('the follower to end by itself', () => follower()?.isRunning === false);
  t.strictSame(table(), [...FOREIGN].sort(), 'it is for Pacemaker to make it again');
  t.equal(act('monitor').status, 7);
  t.equal(act('start').status, 0);
  t.strictSame(table(), served('db2 1', 'db3 1'));
  t.equal(follower()?.isRunning, true);
});

await scenario('kernel settings that somebody has changed are set again', async (t, scene) => {
  const setting = '/proc/sys/net/ipv4/vs/expire_nodest_conn';
  const plain = { follow_events: 'false' };
  t.equal(scene.act('start', plain).status, 0);
  scene.write(setting, '0');
  t.match(scene.act('monitor', plain), {
    status: 0,
    stderr: /\[monitor\.settings\] net\.ipv4\.vs\.expire_nodest_conn was 0 instead of 1/,
  });
  t.equal(scene.read(setting), '1');
  t.notMatch(scene.act('monitor', plain).stderr, /monitor\.settings/);
  t.equal(scene.act('stop', plain).status, 0);
  t.equal(scene.read(setting), '0', 'as it was before the start');
});

await scenario('a follower that was killed is started again by the next monitor', async (t, scene) => {
  const { act, follower } = scene;
  t.equal(act('start').status, 0);
  const before = follower();
  scene.kill(before?.pid ?? '');
  await scene.until('it to be gone', () => follower()?.isRunning === false);
  t.equal(act('monitor').status, 0);
  t.equal(follower()?.isRunning, true);
  t.not(follower()?.pid, before?.pid);
});
