/** Thrown inside of a parser of this folder, and turned into its reason at its border. */
export class Malformed extends Error {}

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const objectOf = (value: unknown, what: string): JsonObject => {
  if (!isObject(value)) throw new Malformed(`${what} is not an object`);
  return value;
};

/** Own keys only: `constructor` is not a field. */
export const fieldOf = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

export const textOf = (object: JsonObject, name: string): string | undefined => {
  const value = fieldOf(object, name);
  return typeof value === 'string' ? value : undefined;
};

export const numberOf = (object: JsonObject, name: string): number | undefined => {
  const value = fieldOf(object, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};

export const booleanOf = (object: JsonObject, name: string): boolean | undefined => {
  const value = fieldOf(object, name);
  return typeof value === 'boolean' ? value : undefined;
};

/** json_agg() of no rows is null. */
export const listOf = (object: JsonObject, name: string): readonly unknown[] => {
  const value = fieldOf(object, name) ?? [];
  if (!Array.isArray(value)) throw new Malformed(`${name} is not a list`);
  return value;
};

/** The value, or a complaint that names what is missing. */
export const required = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Malformed(`${what} is missing or malformed`);
  return value;
};
