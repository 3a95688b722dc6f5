/** Update expressions from what attributes are to be. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from './attribute-values.ts';

/** A change as DynamoDB takes it: an update expression and the values of its placeholders. */
export interface Change {
  readonly change: string;
  readonly values: Item;
}

/**
 * The change that sets each attribute (by its document path) to its value, and removes it where that is undefined.
 *
 * @param also further assignments, for example `claim.g = if_not_exists(claim.g, :began)`, and counters to raise by one.
 */
export function changeOf(
  attributes: Readonly<Record<string, AttributeValue | undefined>>,
  also: { readonly set?: readonly string[]; readonly addOne?: readonly string[] } = {},
): Change {
  const values: Item = {};
  const set: string[] = [...(also.set ?? [])];
  const remove: string[] = [];
  for (const [path, value] of Object.entries(attributes)) {
    if (value === undefined) {
      remove.push(path);
      continue;
    }
    const placeholder = `:to${set.length}`;
    values[placeholder] = value;
    set.push(`${path} = ${placeholder}`);
  }
  const { addOne = [] } = also;
  if (addOne.length > 0) values[':one'] = { N: '1' };
  const clauses = [
    clause('SET', set),
    clause('REMOVE', remove),
    clause(
      'ADD',
      addOne.map((path) => `${path} :one`),
    ),
  ];
  return { change: clauses.filter((text) => text !== '').join(' '), values };
}

const clause = (word: string, actions: readonly string[]): string =>
  actions.length === 0 ? '' : `${word} ${actions.join(', ')}`;
