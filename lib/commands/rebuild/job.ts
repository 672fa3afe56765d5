import { baseBackup } from '../../postgres/basebackup.ts';
import { outpostsOf, placeTablespaces } from '../../postgres/layout.ts';
import type { ToolResult } from '../../postgres/rewind.ts';
import { parseToolLine } from '../../postgres/tool-output.ts';
import { toolSource } from '../../postgres/tool-source.ts';
import { parsePgVersionFile, type ServerVersion } from '../../postgres/version.ts';
import { workAreaOf } from '../../postgres/work-area.ts';
import { factOr } from '../../system/fact.ts';
import { describeFailure, run, succeeded } from '../../system/process.ts';
import type { StepContext } from '../plan.ts';
import type { RebuildSnapshot } from './snapshot.ts';

export const NAME = 'cls_rebuild_slave';

/** The parts of a new copy and where they go, for every step alike. */
export function jobOf(snapshot: RebuildSnapshot) {
  const { installation, layout, origin } = snapshot;
  const { pgdata, owner } = installation;
  const facts = factOr(origin.facts, undefined);
  const tablespaces = placeTablespaces(layout, facts?.tablespaces);
  const placed = { walDirectory: layout.walDirectory, tablespaces };
  return { pgdata, owner, area: workAreaOf(pgdata), layout: placed, outposts: outpostsOf(placed) };
}

export type Job = ReturnType<typeof jobOf>;

/** Of the programs: there may be no data here yet that could tell. */
export async function serverVersion(
  { installation, disk }: Pick<RebuildSnapshot, 'installation' | 'disk'>,
  { deadline, interrupted }: Pick<StepContext, 'deadline' | 'interrupted'>,
): Promise<ServerVersion> {
  if (disk.version.known) return disk.version.value;
  const program = `${installation.binDirectory}/pg_basebackup`;
  const result = await run(program, ['--version'], { deadline, interrupted });
  if (!succeeded(result)) throw new Error(describeFailure(result));
  const said = result.stdout.trim();
  const [, major = ''] = /\b(9\.\d|\d+)/.exec(said) ?? [];
  const version = parsePgVersionFile(major);
  if (version === undefined) throw new Error(`pg_basebackup --version says "${said}"`);
  return version;
}

export interface Target {
  readonly pgdata: string;
  readonly walDirectory: string | undefined;
  /** Where the copy of a tablespace is collected, by where it will be. */
  readonly placeOf: (path: string) => string;
}

/** Runs pg_basebackup. */
export async function copyTo(
  target: Target,
  snapshot: RebuildSnapshot,
  { layout, owner }: Job,
  version: ServerVersion,
  context: StepContext,
): Promise<ToolResult> {
  const { installation, config, origin } = snapshot;
  const { progress, deadline, interrupted } = context;
  const address = { host: origin.host, port: config.port, user: config.replicationUser };
  return baseBackup({
    binDirectory: installation.binDirectory,
    version,
    pgdata: target.pgdata,
    user: owner,
    source: toolSource(address, config.primaryConninfoOptions, NAME),
    walDirectory: target.walDirectory,
    mappings: layout.tablespaces.map(({ from, path }) => ({ from, to: target.placeOf(path) })),
    deadline,
    interrupted,
    onLine: (line) => {
      const said = parseToolLine(line);
      if (said.kind === 'amount') progress.amount(said.doneBytes, said.totalBytes);
    },
  });
}
