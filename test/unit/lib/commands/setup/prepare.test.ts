import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../../../../../lib/commands/setup/prepare.ts';
import { iniText } from '../../config/builders.ts';

t.test('a config.ini that lies in the current directory', async (t) => {
  const directory = t.testdir();
  const file = join(directory, 'config.ini');
  writeFileSync(file, iniText({ writer_vip: 'x', node2: 'nobody.invalid', pgsql_pgdata: '/none' }));
  const before = process.cwd();
  process.chdir(directory);
  t.teardown(() => process.chdir(before));
  const sentencesOf = async (configFile?: string): Promise<string> => {
    const read = await readConfig({ shell: 'pcs', ...(configFile === undefined ? {} : { configFile }) });
    return read.ok ? '' : read.sentences.join('\n');
  };
  t.match(await sentencesOf('config.ini'), /line 8: the node nobody\.invalid has no address here/);
  chmodSync(file, 0o666);
  t.match(
    await sentencesOf(),
    /config\.ini has the mode 0666, so that others may change it; look at it, then name/,
  );
  t.notMatch(await sentencesOf('config.ini'), /mode 0666, so that/, 'not if it is named');
  chmodSync(file, 0o600);
  t.match(
    await sentencesOf(),
    /\/config\.ini, line 5: writer_vip [\s\S]*line 8: the node nobody[\s\S]*line 15: pgsql_pgdata is \/none, which is not there/,
    'what is wrong with the file and with this machine is said at once',
  );
});
