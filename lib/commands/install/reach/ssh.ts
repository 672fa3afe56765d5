/** The words of an OpenSSH client's command lines, and what its failures mean. Pure. */

const CONNECT_SECONDS = 10;

/** One connection for each node, on which everything after the first call travels: a password is asked for once. */
const KEPT_SECONDS = 60;

export interface SshSettings {
  /** Of root alone; short, since the path of a socket must be. */
  readonly folder: string;
  /** Whether there is somebody to answer when a password or a host key is asked about. */
  readonly mayAsk: boolean;
  /** For a dry run: host keys that a person accepts are forgotten afterwards. */
  readonly leavesNoTrace: boolean;
}

export const sshOptions = ({ folder, mayAsk, leavesNoTrace }: SshSettings): readonly string[] =>
  [
    `BatchMode=${mayAsk ? 'no' : 'yes'}`,
    `ConnectTimeout=${CONNECT_SECONDS}`,
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    'ControlMaster=auto',
    `ControlPath=${folder}/%C`,
    `ControlPersist=${KEPT_SECONDS}`,
    'ForwardAgent=no',
    'ForwardX11=no',
    // New keys go into the first of these files.
    ...(leavesNoTrace
      ? [
          `UserKnownHostsFile=${folder}/known_hosts ~/.ssh/known_hosts ~/.ssh/known_hosts2`,
          'UpdateHostKeys=no',
        ]
      : []),
  ].flatMap((option) => ['-o', option]);

/** How ssh says that it failed itself, and not the command. */
export const SSH_FAILED = 255;

/** Why a node could not be reached, from what ssh wrote, with what helps. */
export function sshReason(node: string, stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const said = (lines.at(-1) ?? 'ssh does not say why').replace(/^ssh: /, '').replace(/\.$/, '');
  if (/Permission denied/.test(said)) {
    return `${said}: let root in with ssh-copy-id ${node}, or run this at a terminal, where ssh can ask for the password`;
  }
  if (/Host key verification failed/.test(stderr)) {
    return `${said}: its host key is not known here or has changed; run ssh ${node} once and look at what it says`;
  }
  if (/Could not resolve hostname/.test(said)) return `${said}: add it to /etc/hosts`;
  return said;
}

/** Whether a person could get past this failure: by a password, or by a look at a new host key. */
export const needsPerson = (stderr: string): boolean =>
  /Permission denied|Host key verification failed/.test(stderr);
