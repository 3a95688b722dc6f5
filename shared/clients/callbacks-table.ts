/** The callbacks asked for: items in the refreshes table, beside their refresh, that expire with it. */
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Callback, Callbacks } from '../domain/ports.ts';
import { queryPages } from './query-pages.ts';
import { refreshesTable } from './table-keys.ts';
import { expiresAt } from './time-to-live.ts';

const PREFIX = 'CALLBACK#';

/** The callbacks in table `tableName`, kept for `retentionDays`. */
export const callbacksInDynamoDb = (client: DynamoDBClient, tableName: string, retentionDays: number): Callbacks => ({
  async put({ id, refreshId, url, registeredAt }) {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: {
          [refreshesTable.partitionKey]: { S: refreshId },
          [refreshesTable.sortKey]: { S: PREFIX + id },
          url: { S: url },
          registered_at: { S: registeredAt },
          [refreshesTable.timeToLive]: expiresAt(registeredAt, { days: retentionDays }),
        },
      }),
    );
  },

  async ofRefresh(refreshId) {
    const callbacks: Callback[] = [];
    const pages = queryPages(client, {
      TableName: tableName,
      // Consistent: a caller that has just written its callback and found the refresh running relies on this read.
      ConsistentRead: true,
      KeyConditionExpression: `${refreshesTable.partitionKey} = :refresh AND begins_with(${refreshesTable.sortKey}, :prefix)`,
      ExpressionAttributeValues: { ':refresh': { S: refreshId }, ':prefix': { S: PREFIX } },
    });
    for await (const items of pages) {
      for (const { [refreshesTable.sortKey]: key, url, registered_at: registeredAt } of items) {
        if (!key?.S || !url?.S || !registeredAt?.S) throw new TypeError('a callback’s item lacks its key or its url');
        callbacks.push({ id: key.S.slice(PREFIX.length), refreshId, url: url.S, registeredAt: registeredAt.S });
      }
    }
    return callbacks;
  },
});

/** For a deployment without allowed hosts, where no callback can have been asked for. */
export const noCallbacks: Callbacks = {
  put: () => Promise.reject(new TypeError('callbacks are off, so no callback_url is accepted')),
  ofRefresh: async () => [],
};
