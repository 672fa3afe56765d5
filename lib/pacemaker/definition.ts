import { type Constraints, readConstraints } from './constraints.ts';
import { childOf, childrenOf, descendantsOf, parseXml, withoutElements, type XmlElement } from './xml.ts';

/** A recurring or one-time action of a resource. */
export interface Operation {
  readonly name: string;
  /** 0 for one that does not recur. */
  readonly intervalMs: number;
  readonly timeoutMs?: number;
  /** `Promoted`, `Master`, …, as it is written. */
  readonly role?: string;
}

/** What a CIB says beyond its resources' parameters: how often they are looked at, and where they may be. */
export interface Definition extends Constraints {
  /** By primitive. */
  readonly operations: ReadonlyMap<string, readonly Operation[]>;
  /** Members of each group, in the order in which they are started. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1000,
  s: 1000,
  sec: 1000,
  ms: 1,
  msec: 1,
  us: 0.001,
  usec: 0.001,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
};

/** `3`, `3s`, `3000ms`, `1min`, `PT3S` (crm_parse_interval_spec) in milliseconds; undefined for anything else. */
export function parseInterval(text: string): number | undefined {
  const [, iso, isoUnit] = /^PT(\d+)([HMS])$/i.exec(text.trim()) ?? [];
  const [, number = iso, unit = isoUnit ?? ''] = /^(\d+)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

export const operationsOf = (primitive: XmlElement | undefined): readonly Operation[] =>
  childrenOf(childOf(primitive, 'operations'), 'op').map(({ attributes }) => {
    const timeoutMs = parseInterval(attributes.get('timeout') ?? '');
    const role = attributes.get('role');
    return {
      name: attributes.get('name') ?? '',
      intervalMs: parseInterval(attributes.get('interval') ?? '0') ?? 0,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(role === undefined ? {} : { role }),
    };
  });

/** Total: any text gives a definition or a reason. */
export function parseDefinition(
  xml: string,
): { readonly ok: true; readonly definition: Definition } | { readonly ok: false; readonly reason: string } {
  const parsed = parseXml(withoutElements(xml, ['status', 'acls', 'alerts']));
  if (!parsed.ok) return parsed;
  const configuration = childOf(parsed.root, 'configuration');
  if (configuration === undefined) return { ok: false, reason: 'the CIB has no <configuration>' };
  const primitives = descendantsOf(configuration, 'primitive');
  return {
    ok: true,
    definition: {
      operations: new Map(
        primitives.map((primitive) => [primitive.attributes.get('id') ?? '', operationsOf(primitive)]),
      ),
      groups: new Map(
        descendantsOf(configuration, 'group').map((group) => [
          group.attributes.get('id') ?? '',
          childrenOf(group, 'primitive').map(({ attributes }) => attributes.get('id') ?? ''),
        ]),
      ),
      ...readConstraints(childOf(configuration, 'constraints')),
    },
  };
}
