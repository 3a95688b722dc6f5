/** What DynamoDB does with much data and many replicas, and the engine of the tests does not do by itself. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

const PAGED: ReadonlySet<string> = new Set(['QueryCommand', 'ScanCommand']);

/** No answer to a query or scan of `client` holds more than `items` items, as 1 MB does where items are large. */
export function withPagesOf(items: number, client: DynamoDBClient): DynamoDBClient {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (!PAGED.has(commandName ?? '')) return next(args);
        const asked = 'Limit' in args.input && typeof args.input.Limit === 'number' ? args.input.Limit : items;
        return next({ ...args, input: { ...args.input, Limit: Math.min(asked, items) } });
      },
    { step: 'initialize' },
  );
  return client;
}

/** Every read of `client` that is not strongly consistent finds nothing: no write has reached the replica it asks. */
export function withLateReplicas(client: DynamoDBClient): DynamoDBClient {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const isRead = ['GetItemCommand', 'QueryCommand'].includes(commandName);
        const isConsistent = 'ConsistentRead' in args.input && args.input.ConsistentRead === true;
        return isRead && !isConsistent ? { output: { $metadata: {} }, response: {} } : next(args);
      },
    { step: 'initialize' },
  );
  return client;
}
