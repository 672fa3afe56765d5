/** Reading JSON that may be damaged, of another version, or somebody else's: what does not have its form is left out. */

/** undefined for what is no JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isText = (value: unknown): value is string => typeof value === 'string';

export const isNumber = (value: unknown): value is number => typeof value === 'number';

/** The members of an object that have the form; none of what is no object. */
export const membersOf = <T>(
  value: unknown,
  is: (each: unknown) => each is T,
): Readonly<Record<string, T>> =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).filter((entry): entry is [string, T] => is(entry[1])))
    : {};

/** The items of a list that have the form; none of what is no list. */
export const itemsOf = <T>(value: unknown, is: (each: unknown) => each is T): readonly T[] =>
  Array.isArray(value) ? value.filter(is) : [];
