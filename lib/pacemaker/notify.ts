/** Names of nodes, as they were when Pacemaker planned the transition that this action belongs to. */
export interface NotifyLists {
  readonly active: readonly string[];
  readonly promoted: readonly string[];
  readonly unpromoted: readonly string[];
  readonly start: readonly string[];
  readonly stop: readonly string[];
  readonly promote: readonly string[];
  readonly demote: readonly string[];
}

export interface NotifyContext extends NotifyLists {
  readonly type: 'pre' | 'post';
  readonly operation: 'start' | 'stop' | 'promote' | 'demote';
}

type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'OCF_RESKEY_CRM_meta_notify_';

/** Pacemaker 2.1 sets both vocabularies, 2.0 only the old one, and the old one may go some day. */
function names(env: Environment, ...lists: readonly string[]): readonly string[] {
  const value = lists.map((list) => env[`${PREFIX}${list}_uname`]).find((text) => text !== undefined) ?? '';
  return value.split(/\s+/).filter((name) => name !== '');
}

/** The lists, which start, stop, promote and demote of a clone with notify=true have in their environment, too. */
export const parseNotifyLists = (env: Environment): NotifyLists => ({
  active: names(env, 'active'),
  promoted: names(env, 'promoted', 'master'),
  unpromoted: names(env, 'unpromoted', 'slave'),
  start: names(env, 'start'),
  stop: names(env, 'stop'),
  promote: names(env, 'promote'),
  demote: names(env, 'demote'),
});

/** What a notify action is about; undefined when the environment is not that of a notification. */
export function parseNotify(env: Environment): NotifyContext | undefined {
  const type = env[`${PREFIX}type`];
  const operation = env[`${PREFIX}operation`];
  if (type !== 'pre' && type !== 'post') return undefined;
  if (operation !== 'start' && operation !== 'stop' && operation !== 'promote' && operation !== 'demote') {
    return undefined;
  }
  return { type, operation, ...parseNotifyLists(env) };
}
