import { join } from 'node:path';
import type { Deadline } from '../system/clock.ts';
import { type Fact, known, unknown } from '../system/fact.ts';
import { readTextIfExists } from '../system/files.ts';
import { withPrivateDirectory } from '../system/private-directory.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { readCibText } from './cib-text.ts';
import { childOf, childrenOf, descendantsOf, escapeXml, parseXml, type XmlElement } from './xml.ts';

/** What Pacemaker would do to a resource. */
export interface PlannedAction {
  /** `stop`, `start`, `demote`, `promote`, `reload` or `migrate`. */
  readonly action: string;
  /** Name of the primitive. */
  readonly resource: string;
  readonly node: string;
}

export interface Prediction {
  readonly actions: readonly PlannedAction[];
  /** Resources that it would probe first: what it would do then depends on what it finds. */
  readonly probes: readonly string[];
}

/**
 * What Pacemaker would do if this pair of the CIB had another value: the scheduler's own answer, from a copy of the CIB.
 * Nothing is changed. It is read from the transition graph, since crm_simulate of Pacemaker 2.0 prints no XML.
 */
export async function foresee(
  change: { readonly nvpair: string; readonly value: string },
  deadline: Deadline,
): Promise<Fact<Prediction>> {
  const cib = await readCibText(['--local'], { deadline });
  if (!cib.ok) return unknown(cib.reason);
  return withPrivateDirectory(async (directory) => {
    const graph = join(directory, 'graph.xml');
    const simulated = await run('crm_simulate', ['--xml-pipe', `--save-graph=${graph}`], {
      deadline,
      input: withValue(cib.text, change.nvpair, change.value),
    });
    return succeeded(simulated)
      ? parseGraph(readTextIfExists(graph) ?? '')
      : unknown(describeFailure(simulated));
  });
}

/** The CIB with another value in the pair of this id. */
export const withValue = (cib: string, nvpair: string, value: string): string =>
  cib.replace(/<nvpair\b[^>]*>/g, (tag) =>
    tag.includes(` id="${escapeXml(nvpair)}"`)
      ? tag.replace(/ value="[^"]*"/, () => ` value="${escapeXml(value)}"`)
      : tag,
  );

const ACTIONS: Readonly<Record<string, string>> = {
  demote: 'demote',
  stop: 'stop',
  migrate_to: 'migrate',
  reload: 'reload',
  'reload-agent': 'reload',
  start: 'start',
  promote: 'promote',
};

/** Total: any text gives a prediction or a reason. */
export function parseGraph(xml: string): Fact<Prediction> {
  const parsed = parseXml(xml);
  if (!parsed.ok) return unknown(`crm_simulate: ${parsed.reason}`);
  if (parsed.root.tag !== 'transition_graph') return unknown('crm_simulate: no transition in its answer');
  const operations = descendantsOf(parsed.root, 'action_set')
    .flatMap((set) => childrenOf(set, 'rsc_op'))
    .map((op) => ({
      name: op.attributes.get('operation') ?? '',
      resource: childOf(op, 'primitive')?.attributes.get('id')?.replace(/:\d+$/, '') ?? '',
      node: op.attributes.get('on_node') ?? '',
      isOnce: intervalOf(op) === 0,
    }));
  return known({
    // What ends comes first, as it does in the cluster.
    actions: Object.entries(ACTIONS).flatMap(([operation, action]) =>
      operations
        .filter(({ name }) => name === operation)
        .map(({ resource, node }) => ({ action, resource, node })),
    ),
    probes: operations
      .filter(({ name, isOnce }) => name === 'monitor' && isOnce)
      .map(({ resource }) => resource),
  });
}

/** `pgsql_monitor_3000`, in milliseconds. */
const intervalOf = ({ attributes }: XmlElement): number =>
  Number(/_(\d+)$/.exec(attributes.get('operation_key') ?? '')?.[1]);
