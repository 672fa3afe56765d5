import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { parseCmap, parseCorosyncConf } from '../../../pacemaker/corosync.ts';
import { queryDeviceVotes } from '../../../pacemaker/quorum-device.ts';
import type { Deadline } from '../../../system/clock.ts';
import { type Fact, known, unknown } from '../../../system/fact.ts';
import { readTextIfExists } from '../../../system/files.ts';
import { describeFailure, run, succeeded } from '../../../system/process.ts';
import { PHA_VERSION } from '../../../system/version.ts';
import type { Assignment } from '../assignment.ts';
import type { CorosyncFacts, NodeFacts } from './facts.ts';

const COROSYNC_CONF = '/etc/corosync/corosync.conf';
const FENCE_FOLDERS = ['/usr/sbin', '/sbin'];

/** The first number with dots that a program prints of itself: `Pacemaker 2.1.5`, `pg_ctl (PostgreSQL) 15.14 (Debian …)`. */
export const versionIn = (text: string): string | undefined => /\d+(?:\.\d+)+|\d+(?=\s*$)/m.exec(text)?.[0];

async function versionOf(
  program: string,
  args: readonly string[],
  deadline: Deadline,
): Promise<Fact<string>> {
  const result = await run(program, args, { deadline });
  if (!succeeded(result)) return unknown(result.notFound ? 'not installed' : describeFailure(result));
  const version = versionIn(result.stdout);
  return version === undefined ? unknown(`${program} prints no version`) : known(version);
}

export async function examineVersions(
  ocfRoot: string,
  pgctl: string | undefined,
  deadline: Deadline,
): Promise<NodeFacts['versions']> {
  const [pacemaker, corosync, postgresql] = await Promise.all([
    versionOf('pacemakerd', ['--version'], deadline),
    versionOf('corosync', ['-v'], deadline),
    pgctl === undefined ? unknown('no pgsql resource is defined') : versionOf(pgctl, ['--version'], deadline),
  ]);
  return {
    pha: known(PHA_VERSION),
    build: installedBuild(ocfRoot),
    nodejs: known(process.version.replace(/^v/, '')),
    pacemaker,
    corosync,
    postgresql,
  };
}

/** Without the first line, which names each node's own Node.js. */
function installedBuild(ocfRoot: string): Fact<string> {
  const path = join(ocfRoot, 'resource.d/pha/pgsql');
  const text = readTextIfExists(path);
  return text === undefined ? unknown('not installed') : known(digest(text.slice(text.indexOf('\n'))));
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Agents that the cluster uses and this node does not have. */
export const missingAgents = ({ agents, fenceAgents, ocfRoot }: Assignment): readonly string[] => [
  ...agents
    .filter((agent) => !isExecutable(join(ocfRoot, 'resource.d', agent)))
    .map((agent) => `ocf:${agent.replace('/', ':')}`),
  ...fenceAgents.filter((agent) => !FENCE_FOLDERS.some((folder) => isExecutable(join(folder, agent)))),
];

/** Nothing else leaves the node: a key may stand among the rest. */
const SHOWN =
  /^(totem\.(token|token_coefficient|consensus|cluster_name|transport)|quorum\.\w+|quorum\.device\.(model|timeout|votes|net\.\w+)|nodelist\.node\.\d+\.\w+|runtime\.config\.totem\.(token|consensus))$/;

/** What Corosync runs with; where it does not run, what its file says. */
export async function examineCorosync(deadline: Deadline): Promise<CorosyncFacts> {
  const [running, deviceVotes] = await Promise.all([
    run('corosync-cmapctl', [], { deadline }),
    queryDeviceVotes(deadline),
  ]);
  const file = fileText();
  const values = succeeded(running)
    ? known(parseCmap(running.stdout))
    : file.known
      ? known(parseCorosyncConf(file.value))
      : file;
  return {
    running: succeeded(running),
    values: values.known
      ? known(Object.fromEntries(Object.entries(values.value).filter(([name]) => SHOWN.test(name))))
      : values,
    deviceVotes,
    fileDigest: file.known ? known(digest(file.value)) : file,
  };
}

function fileText(): Fact<string> {
  try {
    const text = readTextIfExists(COROSYNC_CONF);
    return text === undefined ? unknown(`there is no ${COROSYNC_CONF}`) : known(text);
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  }
}
