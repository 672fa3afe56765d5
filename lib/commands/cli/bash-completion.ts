import {
  allOptions,
  type CommandDescription,
  type Completion,
  type OptionSpec,
  valueName,
} from './declaration.ts';

/** Only what a declaration can hold without harm stands between single quotes. */
const quoted = (words: readonly string[]): string => {
  const unsafe = words.find((word) => !/^[\w@=.,:/-]*$/.test(word));
  if (unsafe !== undefined) throw new Error(`${unsafe} cannot be completed: it has to be quoted`);
  return `'${words.join(' ')}'`;
};

/** `@node`, `@file` and `@directory` are looked up; other words are the values themselves. */
const wordsFor = ({
  values,
  complete,
}: {
  readonly values?: readonly string[];
  readonly complete?: Completion;
}): readonly string[] => values ?? (complete === undefined ? [] : [`@${complete}`]);

const valuesOf = (option: OptionSpec): readonly string[] => (option.kind === 'text' ? wordsFor(option) : []);

const entries = (command: CommandDescription) => {
  const options = allOptions(command);
  const takingValues = options.filter((option) => valueName(option) !== undefined);
  const [operand] = command.operands;
  const words = operand === undefined ? [] : wordsFor(operand);
  return {
    options: `  [${command.name}]=${quoted(options.map((option) => `--${option.long}${valueName(option) === undefined ? '' : '='}`))}`,
    operands: words.length === 0 ? [] : [`  [${command.name}]=${quoted(words)}`],
    values: takingValues.flatMap((option) =>
      [`--${option.long}`, ...(option.short === undefined ? [] : [`-${option.short}`])].map(
        (spelling) => `  ['${command.name} ${spelling}']=${quoted(valuesOf(option))}`,
      ),
    ),
  };
};

/** One file for all commands. It needs bash 4.2 and nothing else, and asks neither Pacemaker nor for root's rights. */
export function bashCompletion(commands: readonly CommandDescription[]): string {
  const made = commands.map(entries);
  return `# Completion of pha's commands for bash. Generated from the commands' declarations; do not edit.

declare -gA _pha_options=(
${made.map(({ options }) => options).join('\n')}
)

# What stands for the first word that is no option.
declare -gA _pha_operands=(
${made.flatMap(({ operands }) => operands).join('\n')}
)

declare -gA _pha_values=(
${made.flatMap(({ values }) => values).join('\n')}
)

# Anyone may read corosync.conf, and it is there without a running cluster.
_pha_nodes() {
  sed -n 's/^[[:space:]]*name:[[:space:]]*\\([^[:space:]]*\\).*/\\1/p' "\${COROSYNC_CONF:-/etc/corosync/corosync.conf}" 2>/dev/null
}

_pha() {
  local command=\${1##*/} current=$2 previous=$3 kind
  COMPREPLY=()
  # \`--shell=pcs\` comes as three words, since the equals sign parts words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if [[ \${_pha_values[$command $previous]+is there} ]]; then
    kind=\${_pha_values[$command $previous]}
  elif [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "\${_pha_options[$command]}" -- "$current")
    [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
  else
    kind=\${_pha_operands[$command]-}
  fi
  case $kind in
    '') ;;
    @node) mapfile -t COMPREPLY < <(compgen -W "$(_pha_nodes)" -- "$current") ;;
    @file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    @directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$kind" -- "$current") ;;
  esac
}

complete -F _pha ${commands.map(({ name }) => name).join(' ')}
`;
}
