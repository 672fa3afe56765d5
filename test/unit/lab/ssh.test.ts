import t from 'tap';
import { sshFiles } from '../../../lab/ssh.ts';
import { topology } from '../../../lab/topology.ts';

const pair = (name: string) => ({ secret: `secret of ${name}\n`, open: `ssh-ed25519 ${name} a comment` });
const files = sshFiles(topology(['node1', 'DB-2']), { host: pair('HOST'), root: pair('ROOT') });
const fileAt = (path: string) => files.find((file) => file.path === path);

t.test('a node is known by its name and its address', async (t) => {
  t.equal(
    fileAt('/etc/ssh/ssh_known_hosts')?.content,
    'node1,192.168.0.231,DB-2,192.168.0.232 ssh-ed25519 HOST\n',
  );
});

t.test('nobody but root reads a secret, and nothing lies in a home directory', async (t) => {
  const secrets = files.filter(({ content }) => String(content).includes('secret of'));
  t.equal(secrets.length, 2);
  for (const { mode } of secrets) t.equal(mode, 0o600);
  t.ok(files.every(({ path }) => path.startsWith('/etc/ssh/')));
});
