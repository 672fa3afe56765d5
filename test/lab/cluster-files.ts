/** What an operator has on a node before the cluster is set up: config.ini, and the definition made of it. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dataDirectory, type Lab, writeVip } from '../../lab/index.ts';

const templates = join(import.meta.dirname, '..', '..', 'templates');

export type Shell = 'pcs' | 'crm';

export const CONFIG = '/etc/pha/config.ini';
export const definitionFor = (shell: Shell): string => `/etc/pha/config.${shell}`;

export const writeNodeFile = async (lab: Lab, node: string, path: string, text: string): Promise<void> => {
  const script = 'mkdir -p "$(dirname "$0")" && cat >"$0" && chmod 600 "$0"';
  await lab.exec(node, ['sh', '-c', script, path], { input: text });
};

/** The sample of templates/muti, with what differs on nodes of the lab. */
const labConfig = async (lab: Lab): Promise<string> => {
  const changes: Readonly<Record<string, string>> = {
    pgsql_pgctl: join(lab.binDirectory, 'pg_ctl'),
    pgsql_pgdata: dataDirectory,
    writer_vip: writeVip,
  };
  const sample = await readFile(join(templates, 'muti', 'config.ini.sample'), 'utf8');
  return Object.entries(changes).reduce(
    (text, [key, value]) => text.replace(new RegExp(`^${key}=.*$`, 'm'), () => `${key}=${value}`),
    sample,
  );
};

/** Writes config.ini and the template on a node, and has cls_setup make the definition. */
export const prepareSetup = async (lab: Lab, node: string, shell: Shell = 'pcs'): Promise<void> => {
  await writeNodeFile(lab, node, CONFIG, await labConfig(lab));
  const name = `muti.${shell}.template`;
  const template = await readFile(join(templates, 'muti', name), 'utf8');
  await writeNodeFile(lab, node, join(dirname(CONFIG), 'templates', name), template);
  const write = ['--shell', shell, '--write', definitionFor(shell)];
  await lab.exec(node, ['cls_setup', '--config', CONFIG, ...write]);
};

/** The cluster's configuration as it is, without what Pacemaker notes of who changed it. */
export const configurationOf = async (lab: Lab, node: string): Promise<string> =>
  (await lab.exec(node, ['cibadmin', '--query', '--scope=configuration'])).stdout;
