/** Reading what is kept of institutions, to show it. Nothing of it is a scan. */
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../domain/instant.ts';
import type { DayCounts, InstitutionsReader } from '../domain/institutions-ports.ts';
import { allBreakers, storedBreaker } from './breakers-table.ts';
import { countsSince, DIRECTORY, dayCountsIn, directoryKey, listedIn } from './institutions-table.ts';
import { queryPage, queryPages } from './query-pages.ts';
import { refreshesTable } from './table-keys.ts';
import { hasExpired } from './time-to-live.ts';

/** What is kept of institutions in table `tableName`. Rejects with the SDK's errors. */
export function institutionsReader(client: DynamoDBClient, tableName: string, now: Clock): InstitutionsReader {
  return {
    async page(limit, after) {
      const { items, last } = await queryPage(
        client,
        {
          TableName: tableName,
          KeyConditionExpression: `${refreshesTable.partitionKey} = :directory`,
          ExpressionAttributeValues: { ':directory': { S: DIRECTORY } },
          Limit: limit,
        },
        after === null ? undefined : directoryKey(after),
      );
      return {
        institutions: items.filter((item) => !hasExpired(item[refreshesTable.timeToLive], now())).map(listedIn),
        next: last === undefined ? null : listedIn(last).code,
      };
    },

    async listed(code) {
      const { Item: item } = await client.send(new GetItemCommand({ TableName: tableName, Key: directoryKey(code) }));
      return item === undefined || hasExpired(item[refreshesTable.timeToLive], now()) ? null : listedIn(item);
    },

    async counts(code, fromDay) {
      const found: DayCounts[] = [];
      for await (const items of queryPages(client, { TableName: tableName, ...countsSince(code, fromDay) })) {
        found.push(...items.map(dayCountsIn));
      }
      return found;
    },

    async troubles() {
      const all = await allBreakers(client, tableName);
      return new Map(all.map(({ code, breaker, checks }) => [code, { breaker, checks }]));
    },

    async trouble(code) {
      const found = await storedBreaker(client, tableName, code);
      return found && { breaker: found.breaker, checks: found.checks };
    },
  };
}
