/**
 * Something that was asked: its value, or why it could not be learnt. A fact that is not known is never
 * read as `false` or as zero; whoever needs a fallback says so with {@link factOr}.
 */
export type Fact<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly reason: string };

export const known = <T>(value: T): Fact<T> => ({ known: true, value });

export const unknown = (reason: string): Fact<never> => ({ known: false, reason });

export const factOr = <T>(fact: Fact<T>, fallback: T): T => (fact.known ? fact.value : fallback);

export const mapFact = <T, U>(fact: Fact<T>, change: (value: T) => U): Fact<U> =>
  fact.known ? known(change(fact.value)) : fact;
