import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { logTargets, openLog } from '../../../heartbeat-ocf/logging.ts';

const linesOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];

t.test('targets are those that the executor names', async (t) => {
  t.match(logTargets({}), { facility: undefined, file: undefined, debugFile: undefined, debug: false });
  t.match(
    logTargets({ HA_LOGFACILITY: 'none', HA_LOGFILE: 'none', HA_DEBUGLOG: '/dev/null', HA_debug: '0' }),
    {
      facility: undefined,
      file: undefined,
      debugFile: undefined,
      debug: false,
    },
  );
  t.match(logTargets({ HA_LOGFACILITY: 'daemon', HA_LOGFILE: '/l', HA_DEBUGLOG: '/d', HA_debug: '1' }), {
    facility: 'daemon',
    file: '/l',
    debugFile: '/d',
    debug: true,
  });
});

t.test('files at once, syslog in one go', async (t) => {
  const folder = t.testdir();
  const [file, debugFile] = [join(folder, 'log'), join(folder, 'debug')];
  const sent: string[] = [];
  const log = openLog({
    env: { HA_LOGFACILITY: 'daemon', HA_LOGFILE: file, HA_DEBUGLOG: debugFile, HA_debug: '1' },
    tag: 'pgsql(pgsql)[1]',
    sendToSyslog: async (tag, lines) => void sent.push(`${tag} ${lines}`),
  });
  log.debug('looking');
  log.info('found\nit');
  t.match(linesOf(file), [/pgsql\(pgsql\)\[1\]: {4}INFO: found it$/]);
  t.match(linesOf(debugFile), [/DEBUG: looking$/, /INFO: found it$/]);
  log.exitReason('it is gone');
  t.match(linesOf(file)[1], /ERROR: it is gone$/);
  await log.flush();
  t.same(sent, ['pgsql(pgsql)[1] <31>DEBUG: looking\n<30>INFO: found it\n<27>ERROR: it is gone\n']);
  await log.flush();
  t.equal(sent.length, 1);
});

t.test('nothing above debug: no process for syslog', async (t) => {
  const sent: string[] = [];
  const send = async (_tag: string, lines: string): Promise<void> => void sent.push(lines);
  const log = openLog({ env: { HA_LOGFACILITY: 'daemon', HA_debug: '1' }, tag: 'x', sendToSyslog: send });
  log.debug('looking');
  await log.flush();
  const quiet = openLog({ env: { HA_LOGFACILITY: 'daemon' }, tag: 'x', sendToSyslog: send });
  quiet.debug('looking');
  await quiet.flush();
  t.same(sent, []);
});

t.test('without debug logging, debug lines go nowhere', async (t) => {
  const folder = t.testdir();
  const log = openLog({
    env: { HA_LOGFILE: join(folder, 'log'), HA_DEBUGLOG: join(folder, 'debug') },
    tag: 'x',
  });
  log.debug('looking');
  t.notOk(existsSync(join(folder, 'log')));
  t.notOk(existsSync(join(folder, 'debug')));
});

t.test('a log that cannot be written fails nothing', async (t) => {
  const log = openLog({ env: { HA_LOGFILE: '/nonexistent/folder/log' }, tag: 'x' });
  t.doesNotThrow(() => log.error('x'));
});
