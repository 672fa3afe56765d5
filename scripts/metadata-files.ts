import { createHash } from 'node:crypto';
import type { AgentDeclaration, ParameterTable } from '../heartbeat-ocf/index.ts';
import { metadataXml, type RoleWords } from '../heartbeat-ocf/metadata.ts';
import { roleWordsInShell } from '../heartbeat-ocf/role-words.ts';

const ROLE_WORDS: readonly RoleWords[] = ['promoted', 'master'];

export interface MetadataFiles {
  /** by their names, beside the executable */
  readonly files: Readonly<Record<string, string>>;
  /** what a shell does before Node.js is started; it goes on where it has no answer */
  readonly inShell: string;
}

/**
 * The answers to `meta-data`, made by the build. Pacemaker's controller asks before it starts a resource, and loses the
 * start when the resource is cleaned up between question and answer ("No such device", a fail count of INFINITY; seen
 * with 2.1.5): so the answer must not wait for Node.js.
 *
 * The first line of a file is the name of its content, which the executable knows: one that another version left
 * behind, or that is not whole, is not used.
 */
export const metadataFiles = (agent: AgentDeclaration<ParameterTable>): MetadataFiles => {
  const texts = ROLE_WORDS.map((words) => metadataXml(agent, words));
  const id = createHash('sha256').update(texts.join('')).digest('hex').slice(0, 32);
  return {
    files: Object.fromEntries(
      ROLE_WORDS.map((words, index) => [`.${agent.name}.${words}.xml`, `${id}\n${texts[index]}`]),
    ),
    inShell: [
      `case "$1" in meta-data) ${roleWordsInShell()}`,
      `f="\${0%/*}/.\${0##*/}.$words.xml";`,
      `[ ! -r "$f" ] || { IFS= read -r id && [ "$id" = ${id} ] && exec cat; } <"$f";; esac;`,
    ].join(' '),
  };
};
