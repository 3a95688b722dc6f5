/** Between values and DynamoDB's attribute values. Numbers stay text on both sides: no amount passes through a double. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { Decimal, type ExactJson } from '../domain/decimal.ts';
import { camelCased, snakeCased } from '../domain/snake-case.ts';

/** Attributes by their names: an item, a key, or the values of an expression's placeholders. */
export type Item = Record<string, AttributeValue>;

/** An attribute value for `value`: a `Decimal` becomes N, null becomes NULL (which is not the same as absent). */
export function toAttribute(value: unknown): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value instanceof Decimal) return { N: value.text };
  // Counts of this service. An amount is never a `number` in this code.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return { N: String(value) };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  if (typeof value === 'object') return { M: toAttributes(value) };
  throw new TypeError(`no attribute value for a ${typeof value}`);
}

/** The attributes of `object`; a key with `undefined` is left out. */
export function toAttributes(object: object): Item {
  const attributes: Item = {};
  for (const [name, value] of Object.entries(object)) if (value !== undefined) attributes[name] = toAttribute(value);
  return attributes;
}

/** The value of an attribute, numbers as `Decimal`. @throws TypeError for sets and binary, which are not used here. */
export function fromAttribute(attribute: AttributeValue): ExactJson {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Decimal.of(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.NULL !== undefined) return null;
  if (attribute.L !== undefined) return attribute.L.map(fromAttribute);
  if (attribute.M !== undefined) return fromAttributes(attribute.M);
  throw new TypeError('an attribute of a type that this service does not write');
}

/** The values of an item or a map. */
export const fromAttributes = (attributes: Item): Record<string, ExactJson> =>
  Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, fromAttribute(attribute)]));

/** One of our own records as a map: keys in snake_case, null left out, so that conditions can ask `attribute_not_exists`. */
export function recordToAttribute(record: object): AttributeValue {
  const present = Object.entries(snakeCased(record) as object).filter(([, value]) => value !== null);
  return { M: toAttributes(Object.fromEntries(present)) };
}

/**
 * The way back from `recordToAttribute`: `empty` names what may be absent and what it is then. Numbers in our own
 * records are counts.
 */
export function recordFromAttribute<T extends object>(
  attribute: AttributeValue | undefined,
  empty: Partial<T>,
): T | null {
  if (attribute?.M === undefined) return null;
  const record = camelCased(withCounts(fromAttributes(attribute.M))) as object;
  // An `as`, because only this service writes these records; the contract tests read back every shape.
  return { ...empty, ...record } as T;
}

function withCounts(value: ExactJson): unknown {
  if (value instanceof Decimal) return Number(value.text);
  if (Array.isArray(value)) return value.map(withCounts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withCounts(inner as ExactJson)]));
}
