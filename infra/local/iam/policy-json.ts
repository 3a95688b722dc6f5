/** Reads the values of a policy document; everything unexpected is an error. */

/** An error that names the place. */
export const fault = (place: string, what: string): Error => new Error(`${place}: ${what}`);

/** A value that IAM takes alone or in a list. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** @throws Error for anything but text, and for a policy variable: what it stands for is not known here */
export function textOf(value: unknown, place: string): string {
  if (typeof value !== 'string') throw fault(place, `has ${JSON.stringify(value)} where text belongs`);
  if (value.includes('${')) throw fault(place, `has a policy variable, and none is known: ${value}`);
  return value;
}

/** @throws Error for anything but an object */
export function objectOf(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault(place, 'must be an object');
  return Object.fromEntries(Object.entries(value));
}
