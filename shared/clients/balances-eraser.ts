/** Deleting a member's balances, once now and once more by a message. */
import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inGroups } from '../domain/in-groups.ts';
import type { Erasure } from '../domain/ports.ts';
import { queryPages } from './query-pages.ts';
import { accountKey, balancesTable } from './table-keys.ts';

/** How many items are deleted at the same time. */
const AT_ONCE = 10;

/** Erases in table `tableName`; `eraseAgain` sends the message. */
export const balancesEraser = (
  client: DynamoDBClient,
  tableName: string,
  eraseAgain: Erasure['eraseAgain'],
): Erasure => ({
  eraseAgain,
  async erase({ userGuid, memberGuid }) {
    const pages = queryPages(client, {
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: `${balancesTable.partitionKey} = :user AND begins_with(${balancesTable.sortKey}, :member)`,
      ExpressionAttributeValues: { ':user': { S: userGuid }, ':member': { S: accountKey(memberGuid, '') } },
      ProjectionExpression: `${balancesTable.partitionKey}, ${balancesTable.sortKey}`,
    });
    for await (const keys of pages) {
      await inGroups(keys, AT_ONCE, (Key) => client.send(new DeleteItemCommand({ TableName: tableName, Key })));
    }
  },
});
