import type { NotifyContext } from '../pacemaker/notify.ts';
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

/** What Pacemaker announces, without the blank that a list of no nodes is. */
const list = (name: string): string => `\${${META}${name}_uname# }`;

/** The successor of a planned switch, and nobody else, has this score: given by a primary that was well (hand-over.ts). */
const ASK_SCORE = `timeout 2 attrd_updater --query --name="master-\${OCF_RESOURCE_INSTANCE%%:*}" --node=${list('promote')} --output-as=xml`;

/**
 * The same to a shell, and one more: no election is held where a synchronous standby takes over from a primary that was
 * well and is demoted for it, while nobody stops. It has every acknowledged write, and a shutdown in good order sends
 * everything to all standbys; after another one it takes the score back (decideDemote). Where that cannot be told, Node.js
 * is started, and a position too many is published.
 */
export const ENDS_UNHEEDED = [
  `case "$1 $${META}type-$${META}operation" in`,
  `${UNHEEDED_NOTIFICATIONS.map((notification) => `'notify ${notification}'`).join('|')}) exit 0;;`,
  `'notify pre-promote') case "$OCF_RESKEY_rep_mode/${list('demote')}/${list('stop')}" in sync/?*/)`,
  `case "$(${ASK_SCORE} 2>/dev/null)" in *'value="${Score.successor}"'*) exit 0;; esac;; esac;;`,
  'esac;',
].join(' ');
