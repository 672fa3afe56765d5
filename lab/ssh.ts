/** Nodes that root can reach from each other with ssh. The keys are the lab's own; nothing of root's own files is used. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { NodeFile } from './backend.ts';
import { cleanEnv } from './environment.ts';
import { LabError } from './failure.ts';
import type { NodeSpec } from './topology.ts';

export interface KeyPair {
  readonly secret: string;
  /** `ssh-ed25519 AAAA… comment` */
  readonly open: string;
}

export interface SshKeys {
  /** By which a node proves who it is: one for all nodes, which are recreated with every lab. */
  readonly host: KeyPair;
  /** By which root is let in. */
  readonly root: KeyPair;
}

const createPair = async (directory: string, name: string): Promise<KeyPair> => {
  const path = join(directory, name);
  const args = ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path];
  const result = await execa('ssh-keygen', args, { reject: false, extendEnv: false, env: cleanEnv });
  if (result.failed) throw new LabError(`ssh-keygen failed: ${result.stderr || result.shortMessage}`);
  const read = async (file: string): Promise<string> => (await readFile(file, 'utf8')).trim();
  return { secret: `${await read(path)}\n`, open: await read(`${path}.pub`) };
};

/** @param directory the lab's own */
export const createKeys = async (directory: string): Promise<SshKeys> => ({
  host: await createPair(directory, 'ssh-host-key'),
  root: await createPair(directory, 'ssh-root-key'),
});

const hostKey = '/etc/ssh/ssh_host_ed25519_key';
const rootKey = '/etc/ssh/pha-lab-root-key';
const authorizedKeys = '/etc/ssh/pha-lab-authorized-keys';
const knownHosts = '/etc/ssh/ssh_known_hosts';

const serverSettings = `HostKey ${hostKey}
AuthorizedKeysFile ${authorizedKeys}
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
UseDNS no
Subsystem sftp internal-sftp
`;

/** /root is the machine's in every node, so neither its keys nor its known hosts are looked at. */
const clientSettings = `Host *
  IdentityFile ${rootKey}
  IdentitiesOnly yes
  GlobalKnownHostsFile ${knownHosts}
  UserKnownHostsFile /dev/null
`;

/** For the first two fields of a public key: a comment would become a part of the line's meaning. */
const withoutComment = (open: string): string => open.split(' ').slice(0, 2).join(' ');

/** The same for every node. */
export const sshFiles = (nodes: readonly NodeSpec[], keys: SshKeys): NodeFile[] => {
  const hosts = nodes.flatMap(({ name, address }) => [name, address]).join(',');
  return [
    { path: hostKey, content: keys.host.secret, mode: 0o600 },
    { path: rootKey, content: keys.root.secret, mode: 0o600 },
    { path: authorizedKeys, content: `${keys.root.open}\n`, mode: 0o600 },
    { path: knownHosts, content: `${hosts} ${withoutComment(keys.host.open)}\n`, mode: 0o644 },
    { path: '/etc/ssh/sshd_config', content: serverSettings, mode: 0o600 },
    { path: '/etc/ssh/ssh_config.d/pha-lab.conf', content: clientSettings, mode: 0o644 },
  ];
};
