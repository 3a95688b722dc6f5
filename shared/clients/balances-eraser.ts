/** Erasing a member's balances and their history. */
import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inGroups } from '../domain/in-groups.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Erasure } from '../domain/ports.ts';
import type { Item } from './attribute-values.ts';
import { queryPages } from './query-pages.ts';
import { accountKey, balancesTable, historyTable } from './table-keys.ts';

/** How many items are deleted at the same time. */
const AT_ONCE = 10;

/** The two tables. */
export interface ErasedTables {
  readonly balances: string;
  readonly history: string;
}

/** Erases in these tables; `eraseAgain` sends the message. */
export function balancesEraser(
  client: DynamoDBClient,
  tables: ErasedTables,
  eraseAgain: Erasure['eraseAgain'],
): Erasure {
  /** Keys of the member's items, a page at a time. In both tables they begin with its guid. */
  const keysOf = (
    tableName: string,
    { partitionKey, sortKey }: typeof balancesTable | typeof historyTable,
    { userGuid, memberGuid }: MemberKey,
  ) =>
    queryPages(client, {
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: `${partitionKey} = :user AND begins_with(${sortKey}, :member)`,
      ExpressionAttributeValues: { ':user': { S: userGuid }, ':member': { S: accountKey(memberGuid, '') } },
      ProjectionExpression: `${partitionKey}, ${sortKey}`,
    });

  const remove = (tableName: string) => (Key: Item) =>
    client.send(new DeleteItemCommand({ TableName: tableName, Key }));

  return {
    eraseAgain,
    async erase(key) {
      for await (const keys of keysOf(tables.balances, balancesTable, key)) {
        await inGroups(keys, AT_ONCE, remove(tables.balances));
      }
    },
    async eraseHistory(key, isLate) {
      let erased = 0;
      for await (const keys of keysOf(tables.history, historyTable, key)) {
        for (let from = 0; from < keys.length; from += AT_ONCE) {
          if (isLate()) return { erased, isAll: false };
          const some = keys.slice(from, from + AT_ONCE);
          await Promise.all(some.map(remove(tables.history)));
          erased += some.length;
        }
      }
      return { erased, isAll: true };
    },
  };
}
