import { afterTheLast, goingOnAfter } from '../../heartbeat-ocf/index.ts';
import type { NotifyContext } from '../pacemaker/notify.ts';
import { promotionFileOf, watcherFileOf } from './from-parameters.ts';
import { Score } from './names.ts';

/**
 * Notifications in which no node has anything to do. A planned switch makes Pacemaker wait for three rounds of them, on all
 * nodes, while nobody can write. So the executable answers them before it starts Node.js: see scripts/bundle.ts.
 */
export const UNHEEDED_NOTIFICATIONS: readonly `${NotifyContext['type']}-${NotifyContext['operation']}`[] = [
  'pre-start',
  'post-promote',
  'pre-demote',
  'post-demote',
];

export const isUnheeded = ({ type, operation }: NotifyContext): boolean =>
  UNHEEDED_NOTIFICATIONS.includes(`${type}-${operation}`);

const META = 'OCF_RESKEY_CRM_meta_notify_';
const NODE = '$OCF_RESKEY_CRM_meta_on_node';
const RESOURCE = `\${OCF_RESOURCE_INSTANCE%%:*}`;

/** What Pacemaker announces, without the blank that a list of no nodes is. */
const list = (name: string): string => `\${${META}${name}_uname# }`;

const askScore = (node: string): string =>
  `"$(timeout 2 attrd_updater --query --name="master-${RESOURCE}" --node=${node} --output-as=xml 2>/dev/null)"`;
const isScore = (value: string): string => `*'value="${value}"'*`;

/** Only a primary that goes on looks after who comes and goes: see concerns() in decide/notify.ts. Pacemaker 2.0 says `master`. */
const ENDS_FOR_OTHERS = [
  `case " \${${META}promoted_uname-$${META}master_uname} " in *" ${NODE} "*) ;; *) exit 0;; esac;`,
  `case " $${META}demote_uname $${META}stop_uname " in *" ${NODE} "*) exit 0;; esac`,
].join(' ');

const HERE_STOPS = `" $${META}stop_uname " in *" ${NODE} "*`;

/** Without a lock, which would have to be given back. */
const ifStopped = (then: string): string =>
  [
    `case "$OCF_RESKEY_rep_mode/$OCF_RESKEY_enable_distlock" in sync/|sync/false|async/|async/false)`,
    `case ${HERE_STOPS}) ${then};; esac;; esac`,
  ].join(' ');

/**
 * A primary that has ended, by its watcher and by its lock file. Another server that was started meanwhile has a lock file of its
 * own; who waits to be read (a FIFO) is no file.
 */
const IS_DEAD = [
  `{ record="${watcherFileOf(RESOURCE)}"; lock="$OCF_RESKEY_pgdata/postmaster.pid";`,
  `[ -f "$record" ] && [ -f "$lock" ] && read -r _ _ watched <"$record" && read -r lock <"$lock"`,
  `&& [ -n "$lock" ] && [ "$lock" = "\${watched%%:*}" ] && [ ! -e "/proc/$lock" ]`,
  `&& why="PostgreSQL (process $lock) has ended by itself"; }`,
].join(' ');

/** A primary that its demotion has stopped: it takes its lock file away. */
const IS_DEMOTED = `{ why=; case " $${META}demote_uname " in *" ${NODE} "*) [ ! -e "$OCF_RESKEY_pgdata/postmaster.pid" ];; *) false;; esac; }`;

/** As in decideDemote (`demote.stops-next`) there is nothing to do but the stop, and the next primary waits for both. */
const ENDS_DEAD = ifStopped(`if ${IS_DEAD}; then exit 0; fi`);

const tell = (attribute: string, value: string): string =>
  `timeout 5 attrd_updater --name="${RESOURCE}-${attribute}" ${value} >/dev/null 2>&1`;

/**
 * As in decideStop. A process of PostgreSQL that is left works in the data directory, and may be about to answer a client. What is to
 * be told is that its note is void, and that it is stopped, unless it is started next: that would make Pacemaker plan anew. Any score
 * but that of a primary would have to go, too.
 */
const STOPS_ENDED = ifStopped(
  [
    `if ${IS_DEAD} || ${IS_DEMOTED}; then`,
    `free=; if [ "$OCF_RESKEY_pgdata" -ef "$OCF_RESKEY_pgdata/." ]; then free=yes; fi;`,
    `for process in /proc/[0-9]*; do if [ "$process/cwd" -ef "$OCF_RESKEY_pgdata" ]; then free=; fi; done;`,
    // Side by side: each takes some time, and the next primary waits for it.
    `if [ -n "$free" ]; then ${tell('election', '--update= --private')} & note=$!;`,
    `case " $${META}start_uname " in *" ${NODE} "*) true;; *) ${tell('status', `--node="${NODE}" --update=STOP`)};; esac & status=$!;`,
    `case ${askScore(NODE)} in ${isScore(Score.primary)}) if wait "$status" && wait "$note";`,
    `then rm -f "$record" "$record.reported"; if [ -n "$why" ]; then echo "$why" >&2; fi; exit 0; fi;; esac; fi; fi`,
  ].join(' '),
);

/**
 * The same to a shell, and four more. Whatever cannot be told here is left to Node.js, which comes to the same.
 *
 * - No election is held where a synchronous standby takes over from a primary that was well (nobody else gives a standby the
 *   score of a successor: hand-over.ts) and is demoted for it, while nobody stops. It has every acknowledged write, and a shutdown in
 *   good order sends everything to all standbys; after another one it takes the score back (decideDemote). Where that cannot be
 *   told, a position too many is published.
 * - ENDS_FOR_OTHERS, ENDS_DEAD, STOPS_ENDED
 *
 * Everything else waits for what a promotion of this node has left to do (afterPromotion in decide/monitor.ts).
 */
export const ENDS_UNHEEDED = [
  `case "$1 $${META}type-$${META}operation" in`,
  `${UNHEEDED_NOTIFICATIONS.map((notification) => `'notify ${notification}'`).join('|')}) exit 0;; esac;`,
  afterTheLast(promotionFileOf(RESOURCE)),
  `case "$1 $${META}type-$${META}operation\${OCF_RESKEY_CRM_meta_on_node:+ here}" in`,
  `'notify pre-promote'*) case "$OCF_RESKEY_rep_mode/${list('demote')}/${list('stop')}" in sync/?*/)`,
  `case ${askScore(list('promote'))} in ${isScore(Score.successor)}) exit 0;; esac;; esac;;`,
  `'notify post-start here'|'notify pre-stop here'|'notify post-stop here') ${ENDS_FOR_OTHERS};;`,
  `'demote - here') ${ENDS_DEAD};;`,
  `'stop - here') ${STOPS_ENDED};;`,
  'esac;',
].join(' ');

/** For the shell: the write VIP is started while the promoting process finishes what commits wait for. */
export const GOES_ON = goingOnAfter('promote', promotionFileOf(RESOURCE));
