import { type Operation, operationsOf } from './definition.ts';
import { isTrue, mergeSets } from './nvpairs.ts';
import { childOf, childrenOf, descendantsOf, parseXml, withoutElements, type XmlElement } from './xml.ts';

/** A primitive as the CIB configures it. */
export interface PrimitiveConfig {
  readonly id: string;
  readonly standard: string;
  readonly provider: string;
  readonly type: string;
  /** Instance attributes as they are written; what is not written has the agent's default. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Meta attributes of the primitive; what it does not set comes from its clone. */
  readonly meta: ReadonlyMap<string, string>;
  readonly operations: readonly Operation[];
  readonly clone?: { readonly id: string; readonly promotable: boolean };
}

/** All primitives of a CIB, those in groups and clones included. Total: any text gives a list or a reason. */
export function parsePrimitives(
  xml: string,
):
  | { readonly ok: true; readonly primitives: readonly PrimitiveConfig[] }
  | { readonly ok: false; readonly reason: string } {
  const parsed = parseXml(withoutElements(xml, ['status', 'constraints', 'acls', 'alerts']));
  if (!parsed.ok) return parsed;
  const resources = childOf(childOf(parsed.root, 'configuration'), 'resources');
  if (resources === undefined) return { ok: false, reason: 'the CIB has no <resources>' };
  const templates = new Map(
    childrenOf(resources, 'template').map((template) => [template.attributes.get('id') ?? '', template]),
  );
  const clones = descendantsOf(resources, 'clone', 'master');
  const cloneOf = (primitive: XmlElement) =>
    clones.find((clone) => descendantsOf(clone, 'primitive').includes(primitive));
  return {
    ok: true,
    primitives: descendantsOf(resources, 'primitive').map((primitive) =>
      readPrimitive(primitive, templates.get(primitive.attributes.get('template') ?? ''), cloneOf(primitive)),
    ),
  };
}

function readPrimitive(
  primitive: XmlElement,
  template: XmlElement | undefined,
  clone: XmlElement | undefined,
): PrimitiveConfig {
  const attribute = (name: string) => primitive.attributes.get(name) ?? template?.attributes.get(name) ?? '';
  const pairs = (tag: string, ...elements: readonly (XmlElement | undefined)[]) =>
    mergeSets(elements.flatMap((element) => childrenOf(element, tag))).values;
  return {
    id: attribute('id'),
    standard: attribute('class'),
    provider: attribute('provider'),
    type: attribute('type'),
    parameters: pairs('instance_attributes', primitive, template),
    meta: pairs('meta_attributes', primitive, template, clone),
    operations: [...operationsOf(primitive), ...operationsOf(template)],
    ...(clone === undefined ? {} : { clone: readClone(clone) }),
  };
}

/** `<master>` is how Pacemaker 1.1 wrote a promotable clone, and how a CIB that was never upgraded still does. */
function readClone(clone: XmlElement): { readonly id: string; readonly promotable: boolean } {
  const meta = mergeSets(childrenOf(clone, 'meta_attributes')).values;
  return {
    id: clone.attributes.get('id') ?? '',
    promotable: clone.tag === 'master' || isTrue(meta.get('promotable')),
  };
}
