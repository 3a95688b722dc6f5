/**
 * Write units of a global secondary index, by the rules of DynamoDB's developer guide ("Write capacity units" of global
 * secondary indexes). The local engine counts none.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Item, writeUnits } from '../dynamodb/item-size.ts';

/** What of a table's items stands in an index. */
export interface IndexDefinition {
  readonly name: string;
  /** The index's own key: an item without one of them is not in the index. */
  readonly keys: readonly string[];
  /** Names of all attributes in it, keys of table and index included; null: the whole item. */
  readonly projected: ReadonlySet<string> | null;
}

/**
 * Units that a write to the table costs in one index: none when nothing that it projects has changed; one write to put,
 * replace or remove the item; two (remove and put) when the index's key has changed.
 */
export function indexWriteUnits(index: IndexDefinition, before: Item | null, after: Item | null): number {
  const [was, is] = [projection(index, before), projection(index, after)];
  if (isDeepStrictEqual(was, is)) return 0;
  const moved = was !== null && is !== null && index.keys.some((key) => !isDeepStrictEqual(was[key], is[key]));
  return moved ? writeUnits(was, null) + writeUnits(null, is) : writeUnits(was, is);
}

/** The item as it stands in the index; null when it does not. */
function projection({ keys, projected }: IndexDefinition, item: Item | null): Item | null {
  if (item === null || keys.some((key) => item[key] === undefined)) return null;
  if (projected === null) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => projected.has(name)));
}
