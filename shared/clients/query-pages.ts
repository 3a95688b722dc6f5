/** Reading all that a query or a scan finds: DynamoDB answers with at most 1 MB at a time (AWS limit). */
import {
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './attribute-values.ts';

/** One answer to a query. */
export interface QueryPage {
  /** None when only their number was asked for (`Select: 'COUNT'`). */
  readonly items: readonly Item[];
  readonly count: number;
  /** The key to go on behind; undefined: that was all. */
  readonly last: Item | undefined;
}

/** What `query` finds behind the key `from`; undefined: from the beginning. */
export async function queryPage(
  client: DynamoDBClient,
  query: Omit<QueryCommandInput, 'ExclusiveStartKey'>,
  from: Item | undefined,
): Promise<QueryPage> {
  const answer = await client.send(new QueryCommand({ ...query, ExclusiveStartKey: from }));
  const { Items = [], Count = Items.length, LastEvaluatedKey } = answer;
  return { items: Items, count: Count, last: LastEvaluatedKey };
}

/**
 * The items that `query` finds, a page at a time; a page can be empty and not be the last. The next page is asked for
 * when the caller is done with the one before.
 *
 * The SDK's own `paginateQuery` refuses a client from another copy of the SDK, which a project that uses the reader may
 * have.
 */
export const queryPages = (
  client: DynamoDBClient,
  query: Omit<QueryCommandInput, 'ExclusiveStartKey'>,
): AsyncGenerator<readonly Item[]> =>
  pages((from) => client.send(new QueryCommand({ ...query, ExclusiveStartKey: from })));

/** The items of a whole table that `scan` finds, a page at a time, as `queryPages` does. What it leaves out is paid for too. */
export const scanPages = (
  client: DynamoDBClient,
  scan: Omit<ScanCommandInput, 'ExclusiveStartKey'>,
): AsyncGenerator<readonly Item[]> =>
  pages((from) => client.send(new ScanCommand({ ...scan, ExclusiveStartKey: from })));

interface Page {
  readonly Items?: readonly Item[] | undefined;
  readonly LastEvaluatedKey?: Item | undefined;
}

async function* pages(read: (from: Item | undefined) => Promise<Page>): AsyncGenerator<readonly Item[]> {
  let from: Item | undefined;
  do {
    const page = await read(from);
    yield page.Items ?? [];
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
}
