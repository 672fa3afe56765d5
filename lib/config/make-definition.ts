import type { Deadline } from '../system/clock.ts';
import { readTextIfExists } from '../system/files.ts';
import { findUser } from '../system/os-user.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import type { ClusterConfig } from './config.ts';
import { definitionText, isAtLeast, type Shell, templateName } from './definition.ts';
import { findTemplate } from './observe-machine.ts';

/** Who runs the database: the user of every package of PostgreSQL. */
export const DATABASE_USER = 'postgres';

/** Clones with names of their own, and `resource defaults update` (pcs, CHANGELOG.md). */
const OLDEST_PCS = '0.10.7';

export type MadeDefinition =
  | { readonly ok: true; readonly text: string; readonly template: string }
  | { readonly ok: false; readonly sentences: readonly string[] };

/** Makes the cluster definition of config.ini as the installed pcs, or crmsh and Pacemaker, want it. Reads only. */
export async function makeDefinition(
  config: ClusterConfig,
  { shell, templateFolders, deadline }: MakeOptions,
): Promise<MadeDefinition> {
  const refused = (...sentences: string[]): MadeDefinition => ({ ok: false, sentences });
  const template = findTemplate(config, shell, templateFolders);
  if (template === undefined) {
    return refused(`there is no template ${templateName(config, shell)} in ${templateFolders.join(' or ')}`);
  }
  const user = findUser(DATABASE_USER);
  if (user === undefined)
    return refused(`there is no user ${DATABASE_USER} on this machine; install PostgreSQL`);
  const version = await shellVersion(shell, deadline);
  if (!version.ok) return refused(version.sentence);
  const rendered = definitionText(config, {
    shell,
    ...(shell === 'pcs' ? { pcsVersion: version.version } : { pacemakerVersion: version.version }),
    template: readTextIfExists(template) ?? '',
    passfile: `${user.home}/.pgpass`,
  });
  return rendered.ok
    ? { ok: true, text: rendered.text, template }
    : refused(...rendered.problems.map((problem) => `${template}, ${problem}`));
}

export interface MakeOptions {
  readonly shell: Shell;
  readonly templateFolders: readonly string[];
  readonly deadline: Deadline;
}

type Version =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly sentence: string };

async function shellVersion(shell: Shell, deadline: Deadline): Promise<Version> {
  if (shell === 'crm') {
    const { stdout, stderr } = await run('crmadmin', ['--version'], { deadline });
    // Pacemaker 2.0 prints it on standard error.
    return { ok: true, version: /Pacemaker (\d[\d.]*)/.exec(stdout + stderr)?.[1] ?? '' };
  }
  const result = await run('pcs', ['--version'], { deadline });
  if (result.notFound) {
    return { ok: false, sentence: 'pcs is not installed; install it, or use crmsh with --shell crm' };
  }
  const version = /^\d[\d.]*/m.exec(result.stdout)?.[0];
  if (!succeeded(result) || version === undefined) {
    return { ok: false, sentence: `pcs --version gave no version (${describeFailure(result)})` };
  }
  return isAtLeast(version, OLDEST_PCS.split('.').map(Number))
    ? { ok: true, version }
    : { ok: false, sentence: `pcs is ${version}, and ${OLDEST_PCS} is the oldest that will do; update it` };
}
