import {
  type ClusterConfig,
  clusterNodes,
  DATABASE_USER,
  type MadeDefinition,
  pgpassLine,
} from '../../config/index.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { readTextIfExists } from '../../system/files.ts';
import { isThisMachine } from '../../system/host.ts';
import { withProgress } from '../cli/progress.ts';
import type { Terminal } from '../cli/terminal.ts';
import { enumerate } from '../cli/text.ts';
import { builtFiles } from './built-files.ts';
import type { LookRequest, PasswordLine } from './on-node/request.ts';
import type { Place, Reach, Reply } from './reach/connection.ts';
import type { InstallSnapshot, NodeState } from './snapshot.ts';

export interface Sources {
  readonly config: ClusterConfig;
  readonly configText: string;
  /** The folder that the build fills. */
  readonly dist: string;
  readonly definitionPath: string;
  readonly templates: string;
  readonly makeDefinition: () => Promise<MadeDefinition>;
}

export const CONFIG_TARGET = '/etc/pha/config.ini';

const LOOK_MS = 30_000;

interface Conditions {
  readonly terminal: Terminal;
  readonly mayAsk: boolean;
  readonly deadline: Deadline;
  readonly interrupted: AbortSignal;
}

/** What is on the nodes, all at once; it only reads. */
export async function observe(
  sources: Sources,
  reach: Reach,
  { terminal, mayAsk, deadline, interrupted }: Conditions,
): Promise<InstallSnapshot> {
  const { values } = sources.config;
  const files = builtFiles(sources.dist, sources.templates, values.OCF_ROOT);
  const password = passwordLine(sources.config);
  const look: LookRequest = {
    targets: [...files.map(({ target }) => target), CONFIG_TARGET],
    ocfRoot: values.OCF_ROOT,
    ...(password === undefined ? {} : { password }),
  };
  const places = await Promise.all(
    clusterNodes(sources.config).map(async (node) => ({ node, here: await isThisMachine(node) })),
  );
  const ask = (place: Place, asking: boolean): Promise<Reply> =>
    reach.ask(place, { kind: 'look', look }, within(deadline, LOOK_MS), asking);
  const waiting = new Set(places.map(({ node }) => node));
  const [made, nodes] = await withProgress(terminal, 'looking at the nodes', ({ state }) =>
    Promise.all([
      // Its user, paths and pcs are those of a node, or they are the wrong ones.
      places.some(({ here }) => here) ? sources.makeDefinition() : undefined,
      Promise.all(
        places.map(async (place) => {
          const reply = await ask(place, false);
          waiting.delete(place.node);
          if (waiting.size > 0) state(`waiting for ${enumerate([...waiting])}`);
          return { place, reply };
        }),
      ),
    ]),
  );
  for (const entry of nodes) {
    // One after the other: two questions at once cannot be answered.
    const isForPerson = mayAsk && entry.reply.kind === 'not-reached' && entry.reply.needsPerson;
    if (!isForPerson || interrupted.aborted) continue;
    terminal.err(`${entry.place.node}: logging in\n`);
    entry.reply = await ask(entry.place, true);
  }
  return {
    nodes: nodes.map(({ place, reply }) => ({ ...place, found: foundOf(reply) })),
    files,
    ocfRoot: values.OCF_ROOT,
    config: { text: sources.configText, target: CONFIG_TARGET },
    password,
    definition: {
      path: sources.definitionPath,
      existing: readTextIfExists(sources.definitionPath),
      made,
    },
  };
}

function foundOf(reply: Reply): NodeState['found'] {
  if (reply.kind === 'room' || reply.kind === 'done')
    return { kind: 'failed', reason: 'an unexpected answer' };
  if (reply.kind === 'no-answer') return { kind: 'failed', reason: reply.reason };
  return reply;
}

function passwordLine(config: ClusterConfig): PasswordLine | undefined {
  const { values } = config;
  const line = pgpassLine(config);
  if (line === undefined) return undefined;
  return {
    owner: DATABASE_USER,
    user: values.pgsql_repuser,
    password: values.pgsql_reppassord,
    line,
    hosts: [values.writer_vip, ...clusterNodes(config)],
    port: values.pgsql_pgport,
  };
}
