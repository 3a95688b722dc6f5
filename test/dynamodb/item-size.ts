/**
 * How large DynamoDB takes an item to be, by the rules of its developer guide ("DynamoDB item sizes and formats"). The
 * local engine counts alike; this checks it, and is the only count for parts of items.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** An item as DynamoDB's JSON has it. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** A write unit pays for this many bytes. */
const WRITE_UNIT_BYTES = 1024;

/** Bytes of names and values. @throws TypeError for sets and binary, which this service does not write. */
export const itemBytes = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

/** Write units of a write that leaves `after` where `before` was (null: nothing): the larger of the two decides. */
export const writeUnits = (before: Item | null, after: Item | null): number =>
  Math.max(1, ...[before, after].map((item) => (item === null ? 0 : Math.ceil(itemBytes(item) / WRITE_UNIT_BYTES))));

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  // A list and a map cost 3 bytes, and each of their elements one more.
  if (value.L !== undefined) return 3 + value.L.reduce((sum, element) => sum + 1 + valueBytes(element), 0);
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemBytes(value.M);
  throw new TypeError('an attribute of a type that this service does not write');
}

/** One byte, one more for two significant digits (zeros at both ends do not count), and one for a minus sign. */
function numberBytes(text: string): number {
  const negative = text.startsWith('-');
  const [mantissa = ''] = text.replace('-', '').split(/[eE]/);
  const digits = mantissa.replace('.', '').replace(/^0+/, '').replace(/0+$/, '');
  return 1 + Math.ceil(digits.length / 2) + (negative && digits !== '' ? 1 : 0);
}
