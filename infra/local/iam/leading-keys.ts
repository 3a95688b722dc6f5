/**
 * `dynamodb:LeadingKeys`: the partition keys of the items that a call is about, one for each item.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
import { listOf, objectOf } from './policy-json.ts';

/** Of a call, the part that is about one table. */
export interface KeyedCall {
  /** `service:Operation`, as the SDK names it. */
  readonly call: string;
  readonly input: unknown;
  /** Whether a table's name or ARN in the request is the table that is asked about. */
  readonly isTable: (name: string) => boolean;
  /** The attribute that is the table's partition key. */
  readonly partitionKey: string;
}

type Item = Readonly<Record<string, unknown>>;

/** The items of a call, each at least with its key. */
const itemsOf: Readonly<Record<string, (input: Item, isTable: KeyedCall['isTable']) => readonly unknown[]>> = {
  'dynamodb:GetItem': ({ Key }) => [Key],
  'dynamodb:UpdateItem': ({ Key }) => [Key],
  'dynamodb:DeleteItem': ({ Key }) => [Key],
  'dynamodb:PutItem': ({ Item }) => [Item],
  'dynamodb:BatchGetItem': (input, isTable) => requestsIn(input, isTable).flatMap(({ Keys }) => listOf(Keys)),
  'dynamodb:BatchWriteItem': (input, isTable) =>
    requestsIn(input, isTable).map(({ PutRequest, DeleteRequest }) =>
      PutRequest === undefined ? Object(DeleteRequest).Key : Object(PutRequest).Item,
    ),
};

/** What a batch has for one table, a list or an object. */
const requestsIn = ({ RequestItems }: Item, isTable: KeyedCall['isTable']): readonly Item[] =>
  Object.entries(objectOf(RequestItems, 'RequestItems'))
    .filter(([name]) => isTable(name))
    .flatMap(([, requests]) => listOf(requests))
    .map((request) => objectOf(request, 'RequestItems'));

/**
 * The keys.
 *
 * @throws Error with a sentence for a call whose items are not known, such as a query's, and for a key that is no text
 */
export function leadingKeysOf({ call, input, isTable, partitionKey }: KeyedCall): readonly string[] {
  const items = Object.hasOwn(itemsOf, call) ? itemsOf[call] : undefined;
  if (items === undefined) {
    throw new Error(
      `it is not known which partition keys ${call} is about: teach it in infra/local/iam/leading-keys.ts`,
    );
  }
  return items(objectOf(input, call), isTable).map((item) => {
    const { S: key } = Object(Object(item)[partitionKey]);
    if (typeof key !== 'string')
      throw new Error(`an item of ${call} has no text for its partition key ${partitionKey}`);
    return key;
  });
}
