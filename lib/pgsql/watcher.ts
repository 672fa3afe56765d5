/**
 * The watcher of fast_detection: a process that waits for the end of PostgreSQL and reports it to Pacemaker. Monitors start it;
 * whatever else the agent does to PostgreSQL ends it first, so that nothing is reported that the agent itself does or finds.
 */
import { closeSync } from 'node:fs';
import { DONE, type Outcome } from '../pacemaker/outcome.ts';
import { openDeathPipe } from '../postgres/death-pipe.ts';
import type { Postmaster } from '../postgres/process.ts';
import { endInBackground, keepInBackground, runsInBackground, wasStarted } from '../system/background.ts';
import type { WatcherState } from './snapshot.ts';

type Server = Pick<Postmaster, 'pid' | 'startTicks'>;

/**
 * In a shell, which has it all built in and takes 2 MB where Node.js takes 45: it waits in the kernel and costs nothing. $1 is the
 * resource and $2 this node; nothing else is put into it.
 *
 * - A resource that is not managed, as in maintenance mode, may be stopped by an operator; a Pacemaker that does not say whether
 *   it is managed is told nothing.
 * - Pacemaker before 2.1.6 counts a failure that is reported to it twice (ClusterLabs/pacemaker #2947), which would halve
 *   migration-threshold. So one is taken back, and before the report, since each node's attrd reckons by what it has heard so
 *   far. Of 2.1.5 the release itself counts like that; a distributor's build may have the correction.
 */
export const WATCH_SCRIPT = `read -r _
now=$(crm_mon --one-shot --output-as=xml --exclude=all --include=dc,resources --resource "$1" --node "$2")
case $now in
  *' managed="false"'*) exit ;;
  *' managed="true"'*) ;;
  *) exit ;;
esac
case $now in
  *' version="2.0.'*|*' version="2.1.'[0-4]-*|*' version="2.1.5-a3f44794f94"'*)
    attrd_updater --name="fail-count-$1#asyncmon_0" --node="$2" --update=value+=-1 ;;
esac
exec crm_resource --fail --resource "$1" --node "$2"`;

/** One word for this server and no other one. */
const purposeOf = ({ pid, startTicks }: Server): string => `${pid}:${startTicks}`;

/** @param server what runs now, if anything */
export const watcherState = (file: string, server: Server | undefined): WatcherState => {
  if (server === undefined) return wasStarted(file) ? 'saw-the-end' : 'none';
  return runsInBackground(file, purposeOf(server)) ? 'watches' : 'none';
};

export const watch = (
  file: string,
  server: Server,
  { resource, self }: { readonly resource: string; readonly self: string },
): Outcome => {
  const pipe = openDeathPipe(server.pid, server.startTicks);
  if (!pipe.ok) return pipe;
  try {
    const command = ['/bin/sh', '-c', WATCH_SCRIPT, 'pha-watcher', resource, self];
    keepInBackground(file, purposeOf(server), command, pipe.value);
    return DONE;
  } finally {
    closeSync(pipe.value);
  }
};

export const endWatch = endInBackground;
