/** Nodes of the lab have neither systemd nor pcsd nor a package mirror: what the runbooks have done through these. */
import { join } from 'node:path';
import type { ExecResult } from '../../lab/backend.ts';
import { corosyncConfPath, renderCorosyncConf } from '../../lab/cluster/corosync.ts';
import type { Lab } from '../../lab/index.ts';
import { RECOVERY_MS } from './support.ts';

type StandIn = (lab: Lab, node: string, args: readonly string[]) => Promise<void>;

const membersOf = async (lab: Lab, node: string): Promise<string[]> =>
  [...(await lab.exec(node, ['cat', corosyncConfPath])).stdout.matchAll(/^\s*name: (\S+)/gm)].map(
    ([, name]) => name ?? '',
  );

const writeConf = async (lab: Lab, node: string, members: readonly string[]): Promise<void> => {
  const nodes = lab.nodes.filter(({ name }) => members.includes(name));
  const input = renderCorosyncConf('pgcluster', nodes, lab.options.corosync);
  await lab.exec(node, ['tee', corosyncConfPath], { input });
};

const clusterNode: StandIn = async (lab, node, [verb, ...args]) => {
  const named = args.filter((arg) => lab.options.nodeNames.includes(arg));
  const before = await membersOf(lab, node);
  const others = before.filter((name) => !named.includes(name));
  const reachable: string[] = [];
  for (const name of others) if (!(await lab.isCut(name))) reachable.push(name);
  if (verb === 'remove') {
    for (const name of named) if (!(await lab.isCut(name))) await destroy(lab, name, []);
    for (const name of reachable) await writeConf(lab, name, others);
    await lab.exec(node, ['corosync-cfgtool', '-R']);
    for (const name of named) await lab.exec(node, ['crm_node', `--remove=${name}`, '--force']);
    return;
  }
  for (const name of [...reachable, ...named]) await writeConf(lab, name, [...others, ...named]);
  await lab.exec(node, ['corosync-cfgtool', '-R']);
  if (args.includes('--start')) for (const name of named) await lab.startCluster(name);
};

const destroy: StandIn = async (lab, node) => {
  await lab.stopCluster(node);
  await lab.exec(node, ['find', '/var/lib/pacemaker/cib', '/var/lib/corosync', '-type', 'f', '-delete']);
};

/** The minor version that the stand-in for an upgrade installs, with as many digits. */
export const upgradedVersion = (version: string): string =>
  version.replace(/^(\d+\.)(\d+)/, (_, major: string, minor: string) => major + '9'.repeat(minor.length));

/** Programs that say another version of themselves, each in a new file, as a package manager leaves them. */
const upgrade: StandIn = async (lab, node) => {
  const installed = (await lab.exec(node, [join(lab.binDirectory, 'postgres'), '-V'])).stdout;
  const [version = ''] = /\d+\.\d+/.exec(installed) ?? [];
  const script = `
    for program in postgres pg_ctl; do
      LC_ALL=C sed "s/$1 (/$2 (/g" "$0/$program" >"/var/lib/$program.new"
      chmod 755 "/var/lib/$program.new"
      mount --bind "/var/lib/$program.new" "$0/$program"
    done`;
  await lab.exec(node, ['sh', '-ec', script, lab.binDirectory, version, upgradedVersion(version)]);
};

const start: StandIn = async (lab, _node, [name = '']) => lab.startCluster(name);
const stop: StandIn = async (lab, _node, [name = '']) => lab.stopCluster(name, RECOVERY_MS);
const nothing: StandIn = async () => undefined;

const STAND_INS: readonly (readonly [command: string, run: StandIn])[] = [
  ['pcs cluster node', clusterNode],
  ['pcs cluster destroy', destroy],
  ['pcs cluster start', start],
  ['pcs cluster stop', stop],
  ['pcs host auth', nothing],
  ['apt-get', upgrade],
];

/** Does what such a command would do; undefined for a command that the lab runs as it is. */
export const pcsd = async (lab: Lab, node: string, line: string): Promise<ExecResult | undefined> => {
  const found = STAND_INS.find(([command]) => line.startsWith(`${command} `) || line === command);
  if (found === undefined) return undefined;
  const [command, run] = found;
  await run(lab, node, line.slice(command.length).trim().split(/\s+/));
  return { exitCode: 0, stdout: '', stderr: '', timedOut: false };
};
