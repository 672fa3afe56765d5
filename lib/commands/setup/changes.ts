import { showValue } from '../../../heartbeat-ocf/index.ts';
import { isSecretName, secretIn } from '../../config/index.ts';
import { mergeSets } from '../../pacemaker/nvpairs.ts';
import { idOf, RESOURCE_TAGS } from '../../pacemaker/resource-tree.ts';
import { childOf, childrenOf, type XmlElement } from '../../pacemaker/xml.ts';
import { pgsqlParameters } from '../../pgsql/params.ts';
import { meansTheSame } from './canonical.ts';
import { resourcesIn } from './merge.ts';

export interface Changes {
  /** What loading would change, a line each; none where it would change nothing at all. */
  readonly lines: readonly string[];
  /** What of it is taken away from the cluster: `resource x`, `constraint y`. */
  readonly removed: readonly string[];
  /** Resources whose parameters or agent change, which Pacemaker restarts where they run. */
  readonly restarted: readonly string[];
}

type Pairs = ReadonlyMap<string, string>;

/** How two configurations differ, for operators. Pure. */
export function changesBetween(before: XmlElement, after: XmlElement): Changes {
  const restarted: string[] = [];
  const removed: string[] = [];
  const reloads = reloadsAgents(before);
  const remove = (what: string): string => {
    removed.push(what);
    return `${what} is removed`;
  };
  const resources = compareById(
    resourcesIn(childOf(before, 'resources')),
    resourcesIn(childOf(after, 'resources')),
    {
      added: (each) => `resource ${idOf(each)} is new${agentOf(each) === '' ? '' : ` (${agentOf(each)})`}`,
      removed: (each) => remove(`resource ${idOf(each)}`),
      changed: (old, now) => {
        const own = resourceChanges(old, now, reloads);
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
      removed: (each) => remove(`constraint ${idOf(each)}`),
      changed: (_old, now) => [`constraint ${idOf(now)} is changed`],
    },
  );
  const others = [...new Set([...before.children, ...after.children].map(({ tag }) => tag))]
    .filter((tag) => !['resources', 'constraints'].includes(tag))
    .flatMap((tag) => sectionChanges(tag, childOf(before, tag), childOf(after, tag)));
  return { lines: [...others, ...resources, ...constraints], restarted, removed };
}

/** Properties, defaults, and whatever else there is. */
function sectionChanges(
  name: string,
  before: XmlElement | undefined,
  after: XmlElement | undefined,
): readonly string[] {
  if (meansTheSame(before, after)) return [];
  const set = name === 'crm_config' ? 'cluster_property_set' : 'meta_attributes';
  const title = name === 'crm_config' ? 'property' : name;
  const pairs = pairChanges(pairsOf(before, set), pairsOf(after, set));
  return pairs.length === 0
    ? [`${name} changes in its details`]
    : pairs.map(({ what }) => `${title} ${what}`);
}

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
      return meansTheSame(same, each) ? [] : changed(same, each);
    }),
    ...before.filter((each) => !now.has(idOf(each))).map(removed),
  ];
}

interface ResourceChange {
  readonly what: string;
  readonly restarts: boolean;
}

function resourceChanges(before: XmlElement, after: XmlElement, reloads: boolean): readonly ResourceChange[] {
  const of = (what: string, restarts = false): ResourceChange => ({ what, restarts });
  const pairs = (tag: string) => pairChanges(pairsOf(before, tag), pairsOf(after, tag));
  const agents = [agentOf(before), agentOf(after)];
  const members = [membersOf(before), membersOf(after)];
  const found = [
    ...(agents[0] === agents[1] ? [] : [of(`agent ${agents[0]} -> ${agents[1]}`, true)]),
    ...pairs('instance_attributes').map(({ name, what }) =>
      of(what, !(reloads && isReloadable(agents[1], name))),
    ),
    ...pairs('meta_attributes').map(({ what }) => of(`meta ${what}`)),
    ...pairs('utilization').map(({ what }) => of(`utilization ${what}`)),
    ...(meansTheSame(childOf(before, 'operations'), childOf(after, 'operations'))
      ? []
      : [of('operations changed')]),
    ...(members[0] === members[1] ? [] : [of(`members ${members[0]} -> ${members[1]}`)]),
  ];
  // What is inside has lines of its own.
  return found.length > 0 || meansTheSame(withoutInside(before), withoutInside(after))
    ? found
    : [of('other details changed')];
}

const inside = (element: XmlElement): readonly XmlElement[] =>
  element.children.filter(({ tag }) => RESOURCE_TAGS.some((each) => each === tag));

const membersOf = (element: XmlElement): string => inside(element).map(idOf).join(', ');

const withoutInside = (element: XmlElement): XmlElement => ({
  ...element,
  children: element.children.filter((child) => !inside(element).includes(child)),
});

const agentOf = ({ attributes }: XmlElement): string =>
  ['class', 'provider', 'type'].flatMap((name) => attributes.get(name) ?? []).join(':');

const pairsOf = (element: XmlElement | undefined, tag: string): Pairs =>
  mergeSets(childrenOf(element, tag)).values;

/**
 * Pacemaker has the action reload-agent from 2.1 on; one that does not tell its version may be older. The DC is of the
 * oldest version in the cluster.
 */
function reloadsAgents(configuration: XmlElement): boolean {
  const properties = pairsOf(childOf(configuration, 'crm_config'), 'cluster_property_set');
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(properties.get('dc-version') ?? '') ?? [];
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 1);
}

/** Parameters that take effect without a restart where Pacemaker has reload-agent. */
const isReloadable = (agent: string | undefined, name: string): boolean =>
  agent === 'ocf:pha:pgsql' &&
  Object.entries(pgsqlParameters).some(
    ([each, spec]) => each === name && 'reloadable' in spec && spec.reloadable,
  );

interface PairChange {
  readonly name: string;
  readonly what: string;
}

function pairChanges(before: Pairs, after: Pairs): readonly PairChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({ name, what: pairChange(name, before.get(name), after.get(name)) }));
}

function pairChange(name: string, old: string | undefined, now: string | undefined): string {
  if ([old, now].some((value) => isSecretName(name) || secretIn(value ?? ''))) return `${name} changed`;
  if (old === undefined) return `${name}=${shown(now)}`;
  return now === undefined
    ? `${name} removed (was ${shown(old)})`
    : `${name}: ${shown(old)} -> ${shown(now)}`;
}

/** Without passwords; quoted only where needed. */
const shown = (value = ''): string => (/^[\w./:@%+-]+$/.test(value) ? value : showValue(value));
