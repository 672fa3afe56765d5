import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer, Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { query, type ServerAddress } from '../../../../lib/postgres/client.ts';
import type { SslMode } from '../../../../lib/postgres/tls.ts';
import { deadlineIn, sleep } from '../../../../lib/system/clock.ts';
import { signalProcess } from '../../../../lib/system/proc.ts';
import { createServer, needsServer, postgresUser, tempDirectory } from './temp-server.ts';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createTcpServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const OPENSSL = '/usr/bin/openssl';

const selfSigned = (directory: string): void => {
  const [key, cert] = [join(directory, 'server.key'), join(directory, 'server.crt')];
  const subject = ['-subj', '/CN=node1', '-addext', 'subjectAltName=DNS:node1'];
  execFileSync(
    OPENSSL,
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    { stdio: 'ignore' },
  );
  for (const path of [key, cert]) chownSync(path, postgresUser().uid, postgresUser().gid);
  chmodSync(key, 0o600);
};

const skip = needsServer().skip || (existsSync(OPENSSL) ? false : `there is no ${OPENSSL}`);

t.test('encryption, as libpq understands sslmode', { skip }, async (t) => {
  const port = await freePort();
  const server = createServer(port);
  t.teardown(() => server.stop());
  selfSigned(server.pgdata);
  server.configure("listen_addresses = '127.0.0.1'\nssl = on");
  const pid = await server.startReady();

  const reload = async (hba: string, ssl: 'on' | 'off'): Promise<void> => {
    writeFileSync(join(server.pgdata, 'pg_hba.conf'), `${hba}\n`);
    server.configure(`ssl = ${ssl}`);
    signalProcess(pid, 'SIGHUP');
    await sleep(300);
  };
  const outcome = async (mode: SslMode | undefined, more: object = {}): Promise<unknown> => {
    const address: ServerAddress = {
      host: '127.0.0.1',
      port,
      database: 'postgres',
      user: 'postgres',
      ...(mode ? { tls: { mode, ...more } } : {}),
    };
    const answer = await query(
      address,
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      deadlineIn(5000),
    );
    return answer.ok ? answer.rows[0]?.[0]?.ssl : answer.failure.kind;
  };

  await reload('host all all 127.0.0.1/32 trust', 'on');
  t.equal(await outcome(undefined), true, 'encrypted where possible');
  t.equal(await outcome('disable'), false);
  t.equal(await outcome('require'), true, 'the certificate is not verified');
  const rootCertFile = join(server.pgdata, 'server.crt');
  t.equal(await outcome('verify-ca'), 'other', 'self-signed');
  t.equal(await outcome('verify-ca', { rootCertFile }), true);
  t.equal(await outcome('verify-full', { rootCertFile }), 'other', 'it is not the certificate of this name');
  t.equal(await outcome('verify-full', { rootCertFile: '/no/such/file' }), 'other');

  await reload('hostssl all all 127.0.0.1/32 trust', 'on');
  t.equal(await outcome('prefer'), true);
  t.equal(await outcome('disable'), 'auth');

  await reload('hostnossl all all 127.0.0.1/32 trust', 'on');
  t.equal(await outcome('prefer'), false, 'the second attempt');
  t.equal(await outcome('require'), 'auth');

  await reload('host all all 127.0.0.1/32 trust', 'off');
  t.equal(await outcome('prefer'), false, 'the server does not know TLS');
  t.equal(await outcome('require'), 'other');
});

t.test('a Unix socket whose queue is full, as a frozen server leaves it', async (t) => {
  const directory = tempDirectory();
  const path = join(directory, '.s.PGSQL.1');
  const script = `require('net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => console.log('ready'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const waiting: Socket[] = [];
  t.teardown(() => {
    for (const socket of waiting) socket.destroy();
    child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGSTOP');
  await sleep(50);
  for (let i = 0; i < 5; i++) waiting.push(new Socket().on('error', () => {}).connect(path));
  const answer = await query(
    { host: directory, port: 1, database: 'd', user: 'u' },
    'SELECT 1',
    deadlineIn(2000),
  );
  t.match(answer, { ok: false, failure: { kind: 'timeout', message: /EAGAIN/ } });
});
