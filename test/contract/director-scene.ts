/**
 * A machine for ocf:pha:lvsdr, in namespaces of its own, without a cluster and without ip_vs: what the agent asks and
 * tells is played by small programs, and the table of IPVS is a file.
 */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { DIST } from './executables.ts';

/** The table as `ipvsadm -Sn` prints it, changed line by line by `ipvsadm -R`. */
const IPVSADM = `
case $1 in
  --save) exec cat table ;;
  --restore) ;;
  --start-daemon) case "$*" in *nope9*) echo 'No such device' >&2; exit 255 ;; esac; exit 0 ;;
  *) exit 0 ;;
esac
if [ -e refuses ]; then echo 'Memory allocation problem' >&2; exit 1; fi
while read -r verb t service r server rest; do
  case $verb in
    -A) echo "$verb $t $service $r $server $rest" | sed 's/ *$//' >>table ;;
    -D) grep -vF -e "-t $service " table >table.new; mv table.new table ;;
    *)
      grep -vF -e "-t $service -r $server " table >table.new
      [ "$verb" = -d ] || echo "-a -t $service -r $server $rest" >>table.new
      mv table.new table ;;
  esac
done
`;

const PROGRAMS: Readonly<Record<string, string>> = {
  ipvsadm: IPVSADM,
  // With an interval it is the bell: it rings at once, and then with each line.
  crm_mon: 'case "$*" in *--interval*) exec tail -n 1 -f bell ;; *) exec cat crm_mon.xml ;; esac',
  attrd_updater: 'echo "$*" >>told',
  modprobe: ':',
};

const NODES = ['db1', 'db2', 'db3'] as const;

export const FOREIGN = ['-A -t 10.9.9.9:80 -s wlc', '-a -t 10.9.9.9:80 -r 10.9.9.8:80 -g -w 7'];

const crmMon = (standbys: readonly string[]): string => `<pacemaker-result><summary/>
  <nodes>${NODES.map((name) => `<node name="${name}" online="true"/>`).join('')}</nodes>
  <resources>${standbys
    .map((node) => `<resource id="lvsdr-realsvr" role="Started"><node name="${node}"/></resource>`)
    .join('')}</resources>
  <node_attributes>${standbys
    .map((node) => `<node name="${node}"><attribute name="pgsql-status" value="HS:async"/></node>`)
    .join('')}</node_attributes></pacemaker-result>`;

type Parameters = Readonly<Record<string, string>>;

export interface Scene {
  readonly act: (action: string, parameters?: Parameters) => SpawnSyncReturns<string>;
  /** Servers with their weights, such as `db2 1`, and whatever else is in the table. */
  readonly table: () => readonly string[];
  readonly setTable: (lines: readonly string[]) => void;
  /** What the cluster is from now on. Nobody is told of it. */
  readonly setStandbys: (...names: readonly string[]) => void;
  readonly ring: () => void;
  readonly refuse: (isRefusing: boolean) => void;
  /** What was told to the cluster, the last time. */
  readonly told: () => string;
  /** The process that follows events, as the agent has recorded it, and whether it runs. */
  readonly follower: () => { readonly pid: string; readonly isRunning: boolean } | undefined;
  readonly read: (path: string) => string | undefined;
  readonly write: (path: string, text: string) => void;
  /** Ends a process of the machine. */
  readonly kill: (pid: string) => void;
  readonly until: (what: string, isSo: () => boolean) => Promise<void>;
}

const LONGEST_MS = 30_000;

export const director = async (t: Test): Promise<Scene> => {
  const folder = t.testdir({});
  const file = (name: string): string => join(folder, name);
  for (const [name, text] of Object.entries(PROGRAMS)) {
    writeFileSync(file(name), `#!/bin/sh\ncd ${folder}\n${text}\n`);
    chmodSync(file(name), 0o755);
  }
  const hosts = NODES.map((name, index) => `10.7.0.${index + 1} ${name}\n`).join('');
  for (const [name, text] of Object.entries({
    hosts,
    bell: 'so it is\n',
    told: '',
    table: `${FOREIGN.join('\n')}\n`,
  }))
    writeFileSync(file(name), text);

  // Kernel settings that this kernel may not have are files, too.
  const script = `set -e
    mount -t tmpfs -o mode=0755 tmpfs /run
    mount --bind ${folder}/hosts /etc/hosts
    mount -t tmpfs tmpfs /proc/sys/net/ipv4
    mkdir /proc/sys/net/ipv4/vs
    echo 0 >/proc/sys/net/ipv4/ip_forward
    echo 0 >/proc/sys/net/ipv4/vs/expire_nodest_conn
    echo 0 >/proc/sys/net/ipv4/vs/backup_only
    exec 3<&0
    cat <&3 &
    echo up
    # As an init does, it sees to processes that have lost their parents.
    wait $!`;
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const holder = spawn('unshare', [...namespaces, 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  t.teardown(async () => {
    holder.stdin.end();
    await ended;
  });
  await Promise.race([
    once(holder.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('no namespaces here'))),
  ]);
  const first = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'latin1').trim();
  const inside = (command: readonly string[], env: Parameters = {}): SpawnSyncReturns<string> =>
    spawnSync('/usr/bin/nsenter', ['--target', first, '--net', '--mount', '--pid', '--', ...command], {
      encoding: 'utf8',
      env,
      timeout: 60_000,
    });
  const read = (path: string): string | undefined => {
    const { status, stdout } = inside(['/bin/cat', path]);
    return status === 0 ? stdout.trim() : undefined;
  };

  const setStandbys: Scene['setStandbys'] = (...names) => writeFileSync(file('crm_mon.xml'), crmMon(names));
  setStandbys('db2', 'db3');
  return {
    act: (action, parameters = {}) => {
      const all = {
        vip: '10.7.0.100',
        port: '5432',
        realserver_dependent_resource: 'lvsdr-realsvr',
        realserver_dependent_attribute_name: 'pgsql-status',
        realserver_dependent_attribute_value: 'HS:async',
        drain_timeout: '0',
        CRM_meta_timeout: '30000',
        CRM_meta_on_node: 'db1',
        ...(action === 'monitor' ? { CRM_meta_interval: '5000' } : {}),
        ...parameters,
      };
      return inside([process.execPath, join(DIST, 'lvsdr'), action], {
        PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`,
        OCF_ROOT: '/usr/lib/ocf',
        OCF_RA_VERSION_MAJOR: '1',
        OCF_RESOURCE_INSTANCE: 'lvsdr',
        ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`OCF_RESKEY_${name}`, value])),
      });
    },
    table: () =>
      readFileSync(file('table'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.replace(/^-a -t 10\.7\.0\.100:5432 -r 10\.7\.0\.(\d):5432 -g -w /, 'db$1 '))
        .sort(),
    setTable: (lines) => writeFileSync(file('table'), `${lines.join('\n')}\n`),
    setStandbys,
    ring: () => appendFileSync(file('bell'), 'something has changed\n'),
    refuse: (isRefusing) =>
      isRefusing ? writeFileSync(file('refuses'), '') : rmSync(file('refuses'), { force: true }),
    told: () => readFileSync(file('told'), 'utf8').trim().split('\n').at(-1) ?? '',
    follower: () => {
      const [pid] = read('/run/pha/lvsdr-lvsdr.follower')?.split(' ') ?? [];
      return pid === undefined
        ? undefined
        : { pid, isRunning: /follow-events/.test(read(`/proc/${pid}/cmdline`) ?? '') };
    },
    read,
    write: (path, text) => void inside(['/bin/sh', '-c', 'echo "$1" >"$2"', 'sh', text, path]),
    kill: (pid) => void inside(['/bin/kill', '-KILL', pid]),
    until: async (what, isSo) => {
      const began = Date.now();
      while (!isSo()) {
        if (Date.now() - began > LONGEST_MS) throw new Error(`waited in vain for ${what}`);
        await sleep(50);
      }
    },
  };
};
