import { isBlankOrComment, parseGucLine, quoteGuc } from './guc-file.ts';

/** The mark of the original, which its users look for. */
const MARK = '# added by pgsql RA';

const includeLine = (includePath: string): string => `include ${quoteGuc(includePath)} ${MARK}`;

const isIncludeOf =
  (includePath: string) =>
  (line: string): boolean => {
    const setting = parseGucLine(line);
    return (
      (setting?.name === 'include' || setting?.name === 'include_if_exists') && setting.value === includePath
    );
  };

/**
 * The text of postgresql.conf with the include as its last line, or undefined when it is that already. It
 * must be the last one, since a later setting beats an earlier one: an include that is followed by settings
 * is moved.
 */
export const ensureInclude = (postgresqlConf: string, includePath: string): string | undefined => {
  const lines = postgresqlConf.split('\n');
  const isOurs = isIncludeOf(includePath);
  const effective = lines.filter((line) => !isBlankOrComment(line));
  const isLast = effective.at(-1) !== undefined && isOurs(effective.at(-1) ?? '');
  if (isLast && effective.filter(isOurs).length === 1) return undefined;
  const others = lines
    .filter((line) => !isOurs(line))
    .join('\n')
    .replace(/\n+$/, '');
  return `${others === '' ? '' : `${others}\n`}${includeLine(includePath)}\n`;
};

/** The text without the include, or undefined when there is none. */
export const removeInclude = (postgresqlConf: string, includePath: string): string | undefined => {
  const lines = postgresqlConf.split('\n');
  const others = lines.filter((line) => !isIncludeOf(includePath)(line));
  return others.length === lines.length ? undefined : others.join('\n');
};

/**
 * The text of postgresql.auto.conf without these settings: the server reads it last, so that an old `ALTER
 * SYSTEM`, or what pg_basebackup -R wrote there, would beat the file that the agent owns.
 */
export const withoutSettings = (
  autoConf: string,
  names: readonly string[],
): { readonly text: string; readonly removed: readonly string[] } => {
  const unwanted = new Set(names.map((name) => name.toLowerCase()));
  const removed = new Set<string>();
  const lines = autoConf.split('\n').filter((line) => {
    const name = parseGucLine(line)?.name;
    if (name === undefined || !unwanted.has(name)) return true;
    removed.add(name);
    return false;
  });
  return { text: lines.join('\n'), removed: [...removed] };
};

/** What the agent writes itself, and therefore must not stand in postgresql.auto.conf. */
export const MANAGED_SETTINGS = [
  'synchronous_standby_names',
  'primary_conninfo',
  'primary_slot_name',
  'restore_command',
  'archive_cleanup_command',
  'recovery_end_command',
  'recovery_target_timeline',
] as const;
