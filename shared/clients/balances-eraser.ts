/** Deleting a member's balances, once now and once more by a message. */
import { type AttributeValue, DeleteItemCommand, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Erasure } from '../domain/ports.ts';
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
    let from: Record<string, AttributeValue> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: `${balancesTable.partitionKey} = :user AND begins_with(${balancesTable.sortKey}, :member)`,
          ExpressionAttributeValues: { ':user': { S: userGuid }, ':member': { S: accountKey(memberGuid, '') } },
          ProjectionExpression: `${balancesTable.partitionKey}, ${balancesTable.sortKey}`,
          ExclusiveStartKey: from,
        }),
      );
      const keys = page.Items ?? [];
      for (let first = 0; first < keys.length; first += AT_ONCE) {
        await Promise.all(
          keys
            .slice(first, first + AT_ONCE)
            .map((Key) => client.send(new DeleteItemCommand({ TableName: tableName, Key }))),
        );
      }
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
  },
});
