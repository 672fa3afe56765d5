import { showValue } from '../../../heartbeat-ocf/index.ts';
import { mergeSets } from '../../pacemaker/nvpairs.ts';
import { idOf } from '../../pacemaker/resource-tree.ts';
import { childOf, childrenOf, type XmlElement } from '../../pacemaker/xml.ts';
import { sameXml } from '../../pacemaker/xml-writer.ts';
import { resourcesIn } from './merge.ts';

export interface Changes {
  /** What loading would change, a line each. */
  readonly lines: readonly string[];
  /** Resources whose parameters or agent change, which Pacemaker restarts where they run. */
  readonly restarted: readonly string[];
}

type Pairs = ReadonlyMap<string, string>;

/** How two configurations differ, for operators. Pure. */
export function changesBetween(before: XmlElement, after: XmlElement): Changes {
  const restarted: string[] = [];
  const resources = compareById(
    resourcesIn(childOf(before, 'resources')),
    resourcesIn(childOf(after, 'resources')),
    {
      added: (each) => `resource ${idOf(each)} is new${agentOf(each) === '' ? '' : ` (${agentOf(each)})`}`,
      removed: (each) => `resource ${idOf(each)} is removed`,
      changed: (old, now) => {
        const own = resourceChanges(old, now);
        if (own.some(({ restarts }) => restarts)) restarted.push(idOf(now));
        return own.map(({ what }) => `resource ${idOf(now)}: ${what}`);
      },
    },
  );
  const constraints = compareById(
    childOf(before, 'constraints')?.children ?? [],
    childOf(after, 'constraints')?.children ?? [],
    {
      added: (each) => `constraint ${idOf(each)} is new`,
      removed: (each) => `constraint ${idOf(each)} is removed`,
      changed: (_old, now) => [`constraint ${idOf(now)} is changed`],
    },
  );
  const others = ['rsc_defaults', 'op_defaults', 'fencing-topology', 'tags', 'alerts'].flatMap((name) =>
    sameXml(childOf(before, name), childOf(after, name)) ? [] : otherChanges(name, before, after),
  );
  const properties = pairChanges(
    pairsOf(childOf(before, 'crm_config'), 'cluster_property_set'),
    pairsOf(childOf(after, 'crm_config'), 'cluster_property_set'),
  ).map((what) => `property ${what}`);
  return { lines: [...properties, ...others, ...resources, ...constraints], restarted };
}

const otherChanges = (name: string, before: XmlElement, after: XmlElement): readonly string[] => {
  const pairs = pairChanges(
    pairsOf(childOf(before, name), 'meta_attributes'),
    pairsOf(childOf(after, name), 'meta_attributes'),
  );
  return pairs.length === 0 ? [`${name} changed`] : pairs.map((what) => `${name} ${what}`);
};

interface Wording {
  readonly added: (element: XmlElement) => string;
  readonly removed: (element: XmlElement) => string;
  readonly changed: (before: XmlElement, after: XmlElement) => readonly string[];
}

function compareById(
  before: readonly XmlElement[],
  after: readonly XmlElement[],
  { added, removed, changed }: Wording,
): readonly string[] {
  const old = new Map(before.map((each) => [idOf(each), each]));
  const now = new Set(after.map(idOf));
  return [
    ...after.flatMap((each) => {
      const same = old.get(idOf(each));
      if (same === undefined) return [added(each)];
      return sameXml(same, each) ? [] : changed(same, each);
    }),
    ...before.filter((each) => !now.has(idOf(each))).map(removed),
  ];
}

interface ResourceChange {
  readonly what: string;
  readonly restarts: boolean;
}

function resourceChanges(before: XmlElement, after: XmlElement): readonly ResourceChange[] {
  const of = (what: string, restarts = false): ResourceChange => ({ what, restarts });
  const pairs = (tag: string) => pairChanges(pairsOf(before, tag), pairsOf(after, tag));
  const agents = [agentOf(before), agentOf(after)];
  const operations = ['operations'].every((tag) => sameXml(childOf(before, tag), childOf(after, tag)));
  return [
    ...(agents[0] === agents[1] ? [] : [of(`agent ${agents[0]} -> ${agents[1]}`, true)]),
    ...pairs('instance_attributes').map((what) => of(what, true)),
    ...pairs('meta_attributes').map((what) => of(`meta ${what}`)),
    ...(operations ? [] : [of('operations changed')]),
  ];
}

const agentOf = ({ attributes }: XmlElement): string =>
  ['class', 'provider', 'type'].flatMap((name) => attributes.get(name) ?? []).join(':');

const pairsOf = (element: XmlElement | undefined, tag: string): Pairs =>
  mergeSets(childrenOf(element, tag)).values;

function pairChanges(before: Pairs, after: Pairs): readonly string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === now) return [];
    if (/passw/i.test(name)) return [`${name} changed`];
    if (old === undefined) return [`${name}=${shown(now)}`];
    return now === undefined
      ? [`${name} removed (was ${shown(old)})`]
      : [`${name}: ${shown(old)} -> ${shown(now)}`];
  });
}

/** Without passwords; quoted only where needed. */
const shown = (value = ''): string => (/^[\w./:@%+-]+$/.test(value) ? value : showValue(value));
