/**
 * The watcher of fast_detection: a process that waits for the end of PostgreSQL and reports it to Pacemaker. Monitors start it;
 * whatever else the agent does to PostgreSQL ends it first, so that nothing is reported that the agent itself does or finds.
 */
import { closeSync } from 'node:fs';
import { DONE, type Outcome } from '../pacemaker/outcome.ts';
import { openDeathPipe } from '../postgres/death-pipe.ts';
import type { Postmaster } from '../postgres/process.ts';
import { ROOT } from '../system/as-user.ts';
import { endInBackground, keepInBackground, lastPurpose, runsInBackground } from '../system/background.ts';
import { sinceBootMs } from '../system/clock.ts';
import { readTextUnlinked, removeFile } from '../system/files.ts';
import type { WatcherState } from './snapshot.ts';

type Server = Pick<Postmaster, 'pid' | 'startTicks'>;

/** Longest time for one thing that it asks or tells Pacemaker; see REPORTING_MS in decide/watch.ts. */
const LIMIT_SECONDS = 5;

/**
 * In a shell, which has all that waits built in and takes 2 MB where Node.js takes 45: it waits in the kernel and costs nothing.
 * $1 is the resource, $2 this node, $3 the server, $4 the record of this very process, $5 where it leaves word that it has
 * reported; nothing else is put into it.
 *
 * - Only the process that is recorded reports: the agent may have been killed before it wrote that down, or have ended the watch.
 * - A resource that is not managed, as in maintenance mode, may be stopped by an operator; a Pacemaker that does not say whether
 *   it is managed is told nothing.
 * - Where PostgreSQL may not go on here in any case, its status is told beside the report: told by the stop that follows, it would make
 *   Pacemaker plan anew, and wait for whatever is under way.
 * - A crm_resource that does not end in time (124 of timeout) may have been heard.
 * - Pacemaker before 2.1.6 counts a failure that is reported to it twice (ClusterLabs/pacemaker #2947), which would halve
 *   migration-threshold; on a busy machine it may be once (attrd adds to what it has heard so far). So for a second after the
 *   report a count that is too high is put right: before the plans differ that Pacemaker makes of the two, since both begin with
 *   a demotion or a stop. Where they do not differ, since PostgreSQL may not go on here in any case, that can wait until writes are
 *   back: each change makes Pacemaker plan anew. Of 2.1.5 the release itself counts like that; a distributor's build may have the correction.
 */
export const WATCH_SCRIPT = `read -r _
resource=$1 node=$2 server=$3 record=$4 mark=$5
recorded() { read -r pid _ < "$record" && [ "$pid" = $$ ]; }
ask() { timeout ${LIMIT_SECONDS} "$@"; }
count() { ask attrd_updater --name="fail-count-$resource#asyncmon_0" --node="$node" "$@"; }
failures() {
  found=$(count --query)
  found=\${found##*value='"'}
  found=\${found%%'"'*}
  case $found in
    ''|*[!0-9]*) echo 0 ;;
    *) echo "$found" ;;
  esac
}
recorded || exit
now=$(ask crm_mon --one-shot --output-as=xml --exclude=all --include=dc,resources,operations --resource "$resource" --node "$node")
case $now in
  *' managed="false"'*) exit ;;
  *' managed="true"'*) ;;
  *) exit ;;
esac
threshold=\${now#*' migration-threshold="'}
threshold=\${threshold%%'"'*}
case $threshold in ''|0|*[!0-9]*) threshold=1000000 ;; esac
most=
case $now in
  *' version="2.0.'*|*' version="2.1.'[0-4]-*|*' version="2.1.5-a3f44794f94"'*)
    trap : TERM
    most=$(($(failures) + 1)) ;;
esac
ends=
case $threshold in
  1) ends=yes ;;
  1000000) ;;
  *) [ "\${most:-$(($(failures) + 1))}" -lt "$threshold" ] || ends=yes ;;
esac
recorded || exit
[ -z "$ends" ] || ask attrd_updater --name="$resource-status" --node="$node" --update=STOP &
ask crm_resource --fail --resource "$resource" --node "$node"
case $? in 0|124) ;; *) exit ;; esac
read -r uptime _ < /proc/uptime
echo "$server $uptime" > "$mark"
[ "$most" ] || exit
[ -z "$ends" ] || sleep 10
looks=0
until [ "$(failures)" -gt "$most" ]; do
  looks=$((looks + 1))
  [ $looks -lt 10 ] || exit
  sleep 0.05
done
count --update="$most"`;

/** One word for this server and no other one. */
const purposeOf = ({ pid, startTicks }: Server): string => `${pid}:${startTicks}`;

/** Beside the record, in a directory for root alone: for which server Pacemaker was told, and when, in seconds since boot. */
const markOf = (file: string): string => `${file}.reported`;

/**
 * Pacemaker may have to wait for an action that is under way before it heeds a report. After this time a report is taken for lost (a
 * failure-timeout may have been shorter): that an end is counted twice costs less than one that is not seen to.
 */
const HEEDED_MS = 60_000;

const isReported = (file: string): boolean => {
  const watched = lastPurpose(file);
  const [server, uptimeSeconds] = (readTextUnlinked(markOf(file)) ?? '').trim().split(' ');
  return (
    watched !== undefined &&
    server === watched &&
    sinceBootMs() - Number.parseFloat(uptimeSeconds ?? '') * 1000 < HEEDED_MS
  );
};

/** @param server what runs now, if anything */
export const watcherState = (file: string, server: Server | undefined): WatcherState => {
  if (server !== undefined) return runsInBackground(file, purposeOf(server)) ? 'watches' : 'none';
  // Read in this order: it leaves its mark before it ends.
  const runs = runsInBackground(file);
  if (isReported(file)) return 'reported';
  return runs ? 'reports' : 'none';
};

export const watch = (
  file: string,
  server: Server,
  { resource, self }: { readonly resource: string; readonly self: string },
): Outcome => {
  const pipe = openDeathPipe(server.pid, server.startTicks);
  if (!pipe.ok) return pipe;
  try {
    const args = [resource, self, purposeOf(server), file, markOf(file)];
    const command = ['/bin/sh', '-c', WATCH_SCRIPT, 'pha-watcher', ...args];
    keepInBackground(file, purposeOf(server), command, pipe.value);
    return DONE;
  } finally {
    closeSync(pipe.value);
  }
};

export const endWatch = (file: string): void => {
  endInBackground(file);
  removeFile(markOf(file), ROOT);
};
