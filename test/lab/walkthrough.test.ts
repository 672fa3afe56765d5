/**
 * The seed's walkthrough, section by section: from nodes with Corosync, Pacemaker and PostgreSQL's programs, and nothing
 * else, to a healthy cluster. What is different: directories are Debian's, and wal_keep_segments is wal_keep_size now.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { dataDirectory, type ExecResult, type Lab, type LabExecOptions } from '../../lab/index.ts';
import { castOf } from './actions.ts';
import { HEALTHY, sameLines } from './seed-text.ts';
import { RECOVERY_MS, withLab } from './support.ts';

const PROJECT = join(fileURLToPath(new URL('.', import.meta.url)), '..', '..');

/** Where the seed has /opt/pha4pgsql; a node's /opt is the machine's. */
const HOME = '/var/opt/pha4pgsql';
const PASSWORD = 'replication';

const SETTINGS = `
listen_addresses = '*'
wal_level = hot_standby
wal_log_hints = on
synchronous_commit = on
max_wal_senders=5
wal_keep_size = 512MB
hot_standby = on
wal_sender_timeout = 5000
wal_receiver_status_interval = 2
max_standby_streaming_delay = -1
max_standby_archive_delay = -1
restart_after_crash = off
hot_standby_feedback = on
`;

const HBA = `
local   all                 all                              trust
host    all                 all     192.168.0.0/24           md5
host    replication         all     192.168.0.0/24           md5
`;

const asPostgres = (lab: Lab, node: string, program: string, args: readonly string[], input?: string) =>
  lab.exec(node, [join(lab.binDirectory, program), ...args], {
    user: 'postgres',
    ...(input === undefined ? {} : { input }),
  });

const makeDataDirectory = async (lab: Lab, node: string): Promise<void> => {
  await lab.exec(node, ['mkdir', '-p', dataDirectory]);
  await lab.exec(node, ['chown', '-R', 'postgres:postgres', join(dataDirectory, '..')]);
  await lab.exec(node, ['chmod', '0700', dataDirectory]);
};

const append = (lab: Lab, node: string, file: string, text: string) =>
  lab.exec(node, ['tee', '-a', join(dataDirectory, file)], { input: text });

const makePrimary = async (lab: Lab): Promise<void> => {
  await makeDataDirectory(lab, 'node1');
  await asPostgres(lab, 'node1', 'initdb', ['-D', dataDirectory]);
  await append(lab, 'node1', 'postgresql.conf', SETTINGS);
  await lab.exec('node1', ['tee', join(dataDirectory, 'pg_hba.conf')], { input: HBA });
  await asPostgres(lab, 'node1', 'pg_ctl', ['-D', dataDirectory, '-l', '/var/lib/pgsql/log', 'start']);
  const createUser = ['--login', '--replication', 'replication', '-P', '-s'];
  await asPostgres(lab, 'node1', 'createuser', createUser, `${PASSWORD}\n${PASSWORD}\n`);
};

const makeStandby = async (lab: Lab, node: string): Promise<void> => {
  await makeDataDirectory(lab, node);
  const backup = ['-h', 'node1', '-U', 'replication', '-D', dataDirectory, '-X', 'stream', '-P'];
  await asPostgres(lab, node, 'pg_basebackup', [...backup, '--checkpoint=fast'], `${PASSWORD}\n`);
};

/** What git clone and npm leave there; without node_modules, as it is built. */
const PARTS = [
  'install.sh',
  'package.json',
  'package-lock.json',
  'agents',
  'heartbeat-ocf',
  'lib',
  'scripts',
  'templates',
  'dist',
];

const download = async (lab: Lab): Promise<void> => {
  await lab.exec('node1', ['mkdir', '-p', HOME]);
  // Not by a path: a node has a /tmp of its own, and the checkout may lie there.
  const { stdout: input } = await execa('tar', ['-C', PROJECT, '-cf', '-', ...PARTS], { encoding: 'buffer' });
  await lab.exec('node1', ['tar', '-C', HOME, '-xf', '-'], { input });
  const values = {
    pgsql_pgctl: join(lab.binDirectory, 'pg_ctl'),
    pgsql_psql: join(lab.binDirectory, 'psql'),
    pgsql_pgdata: dataDirectory,
    vip_nic: 'eth0',
  };
  const edits = Object.entries(values).flatMap(([key, value]) => ['-e', `s#^${key}=.*#${key}=${value}#`]);
  const sample = `${HOME}/templates/muti/config.ini.sample`;
  await lab.exec('node1', ['install', '-m', '600', sample, `${HOME}/config.ini`]);
  await lab.exec('node1', ['sed', '-i', ...edits, `${HOME}/config.ini`]);
};

const install = (lab: Lab, args: readonly string[] = [], options: LabExecOptions = {}): Promise<ExecResult> =>
  lab.exec('node1', [`${HOME}/install.sh`, ...args], { ...options, allowFailure: true });

/** Everything that an installation may touch. */
const traces = async (lab: Lab, node: string): Promise<string> => {
  const places = ['/usr/local', '/usr/lib/ocf', '/etc', '/var/lib/postgresql', '/var/lib/pgsql', '/var/tmp'];
  const find = ['find', ...places, '-newer', '/run/pha-lab/before'];
  return (await lab.exec(node, find)).stdout;
};

const passfileOf = async (lab: Lab, node: string): Promise<string> =>
  (await lab.exec(node, ['sh', '-c', 'stat -c "%U %a" ~postgres/.pgpass; cat ~postgres/.pgpass'])).stdout;

await withLab(import.meta.url, { fresh: true }, async (lab, scenario) => {
  await scenario('databases: a primary, a replication user, two copies, and all stopped', async (t) => {
    await makePrimary(lab);
    await Promise.all(['node2', 'node3'].map((node) => makeStandby(lab, node)));
    await asPostgres(lab, 'node1', 'pg_ctl', ['-D', dataDirectory, 'stop']);
    const { stdout } = await asPostgres(lab, 'node3', 'pg_controldata', [dataDirectory]);
    t.match(stdout, /Database cluster state: +in production/, 'a copy of a running server');
  });

  await scenario('install.sh: what cannot be reached is named, and the others are finished', async (t) => {
    await download(lab);
    for (const { name } of lab.nodes) {
      const pha = await lab.exec(name, ['sh', '-c', 'ls /usr/local/bin/cls_* /etc/pha'], {
        allowFailure: true,
      });
      t.equal(pha.stdout, '', `nothing of pha on ${name}`);
      await lab.exec(name, ['touch', '/run/pha-lab/before']);
    }
    const plan = await install(lab, ['--dry-run']);
    t.match(plan, {
      exitCode: 0,
      stdout: /install on node3: \d+ files of pha, \/etc\/pha\/config\.ini and the password/,
    });
    for (const { name } of lab.nodes)
      t.equal(await traces(lab, name), '', `a dry run changes nothing on ${name}`);

    await lab.powerOff('node3');
    const first = await install(lab);
    t.match(first, { exitCode: 1, stdout: /^Installed on node1 and node2\.\nNot on node3: / });
    t.match(first.stderr, /node3: not reached: connect to host node3 port 22: /);
    await lab.boot('node3');
    await lab.waitHealthy(RECOVERY_MS);
    const second = await install(lab);
    t.match(second, { exitCode: 0, stdout: /^Installed on node1, node2 and node3\./ });
    t.notMatch(second.stderr, /install on node[12]/, 'what is there already is left alone');
    // What the operator adjusts stays.
    await lab.exec('node1', ['tee', '-a', `${HOME}/config.pcs`], { input: '# adjusted\n' });
    const third = await install(lab);
    t.match(third, { exitCode: 0, stdout: '', stderr: /node1, node2 and node3 have everything already/ });

    for (const { name } of lab.nodes) {
      t.equal(
        await passfileOf(lab, name),
        `postgres 600\n*:*:*:replication:${PASSWORD}`,
        `.pgpass of ${name}`,
      );
      t.match(await lab.exec(name, ['cls_status', '--help']), { stdout: /Usage: cls_status/ });
      t.equal((await lab.exec(name, ['stat', '-c', '%a', '/etc/pha/config.ini'])).stdout, '600');
      t.equal(
        (await lab.exec(name, ['sh', '-c', 'ls -d /var/tmp/pha* /run/pha-ssh* 2>/dev/null || true'])).stdout,
        '',
      );
    }
    const definition = await lab.exec('node1', ['cat', `${HOME}/config.pcs`]);
    t.match(definition.stdout, /^pcs resource create pgsql ocf:pha:pgsql/m);
    t.notMatch(definition.stdout, /password ?=/);
    t.match(definition.stdout, /# adjusted$/);
  });

  await scenario('cls_setup and cls_start: a healthy cluster, as the seed shows it', async (t) => {
    const inHome = (...argv: readonly string[]) =>
      lab.exec('node1', ['env', `--chdir=${HOME}`, ...argv], { timeoutMs: 120_000 });
    await inHome('cls_setup', 'node1');
    await inHome('cls_start');
    const cast = await castOf(lab);
    t.equal(cast.primary, 'node1');
    const { stdout } = await lab.exec('node1', ['cls_status']);
    // Which of the two standbys has the read address is up to Pacemaker, and which is synchronous to who streams first.
    const readAddress = /(vip-slave\s.*Started )(\S+)/;
    const [, , reader = ''] = readAddress.exec(stdout) ?? [];
    t.ok([cast.sync, cast.other].includes(reader), `the read address is on a standby: ${reader}`);
    const shown = stdout.replace(readAddress, `$1${cast.sync}`);
    sameLines(t, shown, { [cast.sync]: 'node2', [cast.other]: 'node3' }, HEALTHY);
    t.match(stdout, /Nothing is wrong\./);
  });
});
