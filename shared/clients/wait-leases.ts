/** Places for requests that wait, in the refreshes table, where items expire. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Clock, epochMillisecondsOf } from '../domain/instant.ts';
import type { WaitLeases } from '../domain/ports.ts';
import { putIf } from './conditional-write.ts';
import { refreshesTable } from './table-keys.ts';
import { expiresAt } from './time-to-live.ts';

/** The places in table `tableName`. `newToken`: another one for each lease. */
export const waitLeasesInDynamoDb = (
  client: DynamoDBClient,
  tableName: string,
  now: Clock,
  newToken: () => string,
): WaitLeases => ({
  take(place, until) {
    const token = newToken();
    const key = {
      [refreshesTable.partitionKey]: { S: `WAIT#${place}` },
      [refreshesTable.sortKey]: { S: 'WAIT' },
    };
    return putIf(client, tableName, {
      item: {
        ...key,
        lease_until: { N: String(epochMillisecondsOf(until)) },
        token: { S: token },
        [refreshesTable.timeToLive]: expiresAt(until, { days: 1 }),
      },
      condition: `attribute_not_exists(${refreshesTable.partitionKey}) OR lease_until <= :now`,
      values: { ':now': { N: String(epochMillisecondsOf(now())) } },
      own: { key, isDone: (item) => item['token']?.S === token },
    });
  },
});
