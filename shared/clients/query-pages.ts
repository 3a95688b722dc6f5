/** Reading all that a query finds: DynamoDB answers with at most 1 MB at a time (AWS limit). */
import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Item } from './attribute-values.ts';

/**
 * The items that `query` finds, a page at a time; a page can be empty and not be the last. The next page is asked for
 * when the caller is done with the one before.
 *
 * The SDK's own `paginateQuery` refuses a client from another copy of the SDK, which a project that uses the reader may
 * have.
 */
export async function* queryPages(
  client: DynamoDBClient,
  query: Omit<QueryCommandInput, 'ExclusiveStartKey'>,
): AsyncGenerator<readonly Item[]> {
  let from: Item | undefined;
  do {
    const page = await client.send(new QueryCommand({ ...query, ExclusiveStartKey: from }));
    yield page.Items ?? [];
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
}
