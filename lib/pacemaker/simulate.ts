import type { Deadline } from '../system/clock.ts';
import { type Fact, known, unknown } from '../system/fact.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { childOf, childrenOf, escapeXml, parseXml } from './xml.ts';

/** What Pacemaker would do to a resource. */
export interface PlannedAction {
  /** `start`, `stop`, `promote`, `demote`, `move`, `restart` and so on. */
  readonly action: string;
  /** Name of the primitive. */
  readonly resource: string;
  /** Where to, if it moves. */
  readonly node: string;
}

export interface Prediction {
  readonly actions: readonly PlannedAction[];
  /** Resources that it would probe first: what it would do then depends on what it finds. */
  readonly probes: readonly string[];
}

/**
 * What Pacemaker would do if this pair of the CIB had another value: the scheduler's own answer, from a copy of the CIB.
 * Nothing is changed.
 */
export async function foresee(
  change: { readonly nvpair: string; readonly value: string },
  deadline: Deadline,
): Promise<Fact<Prediction>> {
  const cib = await run('cibadmin', ['--query', '--local'], { deadline });
  if (!succeeded(cib)) return unknown(describeFailure(cib));
  const simulated = await run('crm_simulate', ['--xml-pipe', '--simulate', '--output-as=xml'], {
    deadline,
    input: withValue(cib.stdout, change.nvpair, change.value),
  });
  if (!succeeded(simulated)) return unknown(describeFailure(simulated));
  return parseSimulation(simulated.stdout);
}

/** The CIB with another value in the pair of this id. */
export const withValue = (cib: string, nvpair: string, value: string): string =>
  cib.replace(/<nvpair\b[^>]*>/g, (tag) =>
    tag.includes(` id="${escapeXml(nvpair)}"`)
      ? tag.replace(/ value="[^"]*"/, () => ` value="${escapeXml(value)}"`)
      : tag,
  );

/** Total: any text gives a prediction or a reason. */
export function parseSimulation(xml: string): Fact<Prediction> {
  const parsed = parseXml(xml);
  if (!parsed.ok) return unknown(`crm_simulate: ${parsed.reason}`);
  const actions = childOf(parsed.root, 'actions');
  const transition = childOf(parsed.root, 'transition');
  if (transition === undefined) return unknown('crm_simulate: no transition in its answer');
  const withoutInstance = (name = ''): string => name.replace(/:\d+$/, '');
  return known({
    actions: childrenOf(actions, 'rsc_action').map(({ attributes }) => ({
      action: attributes.get('action') ?? '',
      resource: withoutInstance(attributes.get('resource')),
      node: attributes.get('dest') ?? attributes.get('node') ?? attributes.get('source') ?? '',
    })),
    probes: childrenOf(transition, 'rsc_action')
      .filter(({ attributes }) => attributes.get('op') === 'monitor' && !attributes.has('interval'))
      .map(({ attributes }) => withoutInstance(attributes.get('resource'))),
  });
}
