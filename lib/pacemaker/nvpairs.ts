import { childrenOf, type XmlElement } from './xml.ts';

/** Where an attribute stands in the CIB, so that it is changed in place and never written a second time. */
export interface NvPairPlace {
  readonly setId: string;
  readonly id: string;
}

export interface NvPairs {
  readonly values: ReadonlyMap<string, string>;
  readonly places: ReadonlyMap<string, readonly NvPairPlace[]>;
}

/** Pacemaker's booleans (crm_str_to_boolean). */
export const isTrue = (value: string | undefined): boolean =>
  value !== undefined && ['true', 'on', 'yes', 'y', '1'].includes(value.toLowerCase());

function scoreOf(set: XmlElement): number {
  const score = set.attributes.get('score') ?? '0';
  if (/^[+]?INFINITY$/i.test(score)) return 1_000_000;
  if (/^-INFINITY$/i.test(score)) return -1_000_000;
  return Number.parseInt(score, 10) || 0;
}

/**
 * Merges attribute sets as Pacemaker does: `first` before all others, then the higher score, then document order; the
 * first set that has a name decides its value. Sets with a rule apply only at times and are left alone.
 */
export function mergeSets(sets: readonly XmlElement[], first?: string): NvPairs {
  const ranked = sets
    .filter((set) => childrenOf(set, 'rule').length === 0)
    .sort((a, b) => rank(b, first) - rank(a, first));
  const values = new Map<string, string>();
  const places = new Map<string, NvPairPlace[]>();
  for (const set of ranked) {
    for (const pair of childrenOf(set, 'nvpair')) {
      const name = pair.attributes.get('name');
      const id = pair.attributes.get('id');
      if (name === undefined || id === undefined) continue;
      if (!values.has(name)) values.set(name, pair.attributes.get('value') ?? '');
      places.set(name, [...(places.get(name) ?? []), { setId: set.attributes.get('id') ?? '', id }]);
    }
  }
  return { values, places };
}

const rank = (set: XmlElement, first: string | undefined): number =>
  first !== undefined && set.attributes.get('id') === first ? Number.POSITIVE_INFINITY : scoreOf(set);
