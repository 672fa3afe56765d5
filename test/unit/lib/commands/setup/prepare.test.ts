import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readConfig, readDefinitionFile } from '../../../../../lib/commands/setup/prepare.ts';
import { writeDefinition } from '../../../../../lib/commands/setup/write.ts';
import { deadlineIn } from '../../../../../lib/system/clock.ts';
import { findUser } from '../../../../../lib/system/os-user.ts';
import { configOf, iniText } from '../../config/builders.ts';

t.test('a name that leads to no file is a wrong argument', async (t) => {
  const directory = t.testdir({ 'config.ini': iniText() });
  const missing = join(directory, 'none');
  const read = (configFile: string) => readConfig({ shell: 'pcs', configFile });
  t.match(await read(missing), { ok: false, code: 100, sentences: [`there is no ${missing}; make one of`] });
  const objection = [`${directory} is not a regular file; name a file`];
  t.match(await read(directory), { ok: false, code: 100, sentences: objection });

  const config = { configFile: join(directory, 'config.ini'), config: configOf(), templateFolders: [] };
  const definition = (named?: string) => readDefinitionFile(named, config, 'pcs');
  t.match(definition(directory), { ok: false, code: 100, sentences: objection });
  t.match(definition(missing), { ok: false, code: 100, sentences: [`there is no ${missing}; make it of`] });
  t.match(definition(), { ok: false, code: 1, sentences: [/there is no .*config\.pcs; make it of/] });
});

t.test('a definition is only written into a folder that is there', async (t) => {
  const directory = t.testdir();
  const config = { configFile: join(directory, 'config.ini'), config: configOf(), templateFolders: [] };
  const user = findUser('root');
  if (user === undefined) throw new Error('there is no root');
  const write = (file: string) =>
    writeDefinition(file, config, { shell: 'pcs', dryRun: false, user, deadline: deadlineIn(1000) });
  const folder = join(directory, 'none');
  t.match(await write(join(folder, 'o.pcs')), {
    code: 100,
    sentences: [`there is no directory ${folder} to write ${folder}/o.pcs into; make it`],
  });
  t.match(await write(directory), { code: 100, sentences: [`${directory} is not a regular file; name`] });
});

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
