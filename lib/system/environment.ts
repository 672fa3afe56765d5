import type { OsUser } from './os-user.ts';

/**
 * What the database's user must not inherit from root and from the cluster manager: libpq's settings (a
 * PGHOST or PGPASSWORD of root's), and the operation's parameters, which hold passwords and would be
 * readable in /proc/<pid>/environ for as long as the server lives. PG_OOM_ADJUST_* is meant for the server.
 */
const PRIVATE_TO_ROOT = /^(OCF_|HA_|PCMK_|CRM_|PG(?!_OOM_ADJUST_)|SUDO_|XDG_|MAIL$|OLDPWD$)/;

/**
 * An operation's parameters are for the agent alone. Pacemaker's own tools read some of them: with
 * OCF_RESKEY_CRM_meta_on_node, `attrd_updater --query --all` answers for that one node (seen in 2.1.5).
 */
const PARAMETER = /^OCF_RESKEY_/;

/** The environment of a command; of a command under another user's id, one fit for that user. */
export const environmentFor = (
  own: Readonly<Record<string, string | undefined>>,
  user: OsUser | undefined,
): Record<string, string> => {
  const entries = Object.entries(own).filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (user === undefined) return Object.fromEntries(entries.filter(([name]) => !PARAMETER.test(name)));
  return {
    ...Object.fromEntries(entries.filter(([name]) => !PRIVATE_TO_ROOT.test(name))),
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
  };
};
