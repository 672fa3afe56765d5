import type { Deadline } from '../system/clock.ts';
import { type Fact, known, unknown } from '../system/fact.ts';
import { describeFailure, type RunResult, run, succeeded } from '../system/process.ts';
import { DONE, type Outcome } from './outcome.ts';
import { childrenOf, parseXml, unescapeXml } from './xml.ts';

/**
 * Attributes that live in attrd alone. Every write to the CIB makes Pacemaker abort what it is doing and plan again; in
 * an election that would be once for each node. These reach the other nodes in the same way, without that.
 */
export const writePrivate = async (name: string, value: string, deadline: Deadline): Promise<Outcome> => {
  const result = await run('attrd_updater', [`--name=${name}`, `--update=${value}`, '--private'], {
    deadline,
  });
  return succeeded(result) ? DONE : { ok: false, reason: describeFailure(result) };
};

/** The values of all nodes that have one. Offline nodes have none. */
export const queryPrivate = async (
  name: string,
  deadline: Deadline,
): Promise<Fact<ReadonlyMap<string, string>>> => {
  const query = [`--name=${name}`, '--query', '--all'];
  const result = await run('attrd_updater', [...query, '--output-as=xml'], { deadline });
  if (succeeded(result)) return known(parseAttributesXml(result.stdout));
  if (neverWritten(result)) return known(new Map());
  // Before 2.1 there is no XML, and the text below never changed.
  const text = await run('attrd_updater', query, { deadline });
  if (succeeded(text)) return known(parseAttributesText(text.stdout));
  return neverWritten(text) ? known(new Map()) : unknown(describeFailure(text));
};

const neverWritten = (result: RunResult): boolean =>
  /attribute does not exist/.test(`${result.stdout}${result.stderr}`);

/** Total: what is not understood is no value. */
export const parseAttributesXml = (xml: string): ReadonlyMap<string, string> => {
  const parsed = parseXml(xml);
  const values = new Map<string, string>();
  for (const element of parsed.ok ? childrenOf(parsed.root, 'attribute') : []) {
    const host = element.attributes.get('host');
    const value = element.attributes.get('value');
    if (host !== undefined && value) values.set(host, value);
  }
  return values;
};

/** Lines such as `name="pgsql-election" host="node1" value="…"`. */
export const parseAttributesText = (text: string): ReadonlyMap<string, string> => {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, host, value] = /^name="[^"]*" host="([^"]*)" value="(.*)"$/.exec(line.trim()) ?? [];
    if (host !== undefined && value) values.set(unescapeXml(host), value);
  }
  return values;
};
