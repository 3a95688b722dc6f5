/**
 * Reading everything that is stored of one user: its members, and the balances of all of them. Both tables have the user's
 * guid as their partition key, so each takes one query. Reads are strongly consistent.
 */
import { type DynamoDBClient, GetItemCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { StoredBalance } from '../domain/balance.ts';
import { Failure } from '../domain/failure.ts';
import type { MemberBody, MemberRecord } from '../domain/member.ts';
import type { Item } from './attribute-values.ts';
import { fromItem } from './balances-table.ts';
import { bodyPrefix, toBody, toRecord, userAlias } from './member-item.ts';
import { queryPages } from './query-pages.ts';
import { balancesTable, membersTable } from './table-keys.ts';

/** What is stored of one user. */
export interface UserReader {
  /** The guid behind MX's guid or the user's own id; null for an own id that this service has not met. */
  resolve(userIdentifier: string): Promise<string | null>;
  /** The members that are not deleted, by guid. @throws Failure `too_many_to_list` */
  members(userGuid: string): Promise<readonly MemberRecord[]>;
  /** MX's member objects as last stored, by the member's guid; none of deleted members. @throws Failure `too_many_to_list` */
  bodies(userGuid: string): Promise<ReadonlyMap<string, MemberBody>>;
  /** The balances of all members, those of deleted ones too until they are erased. @throws Failure `too_many_to_list` */
  balances(userGuid: string): Promise<readonly StoredBalance[]>;
}

/** Answers of DynamoDB, of 1 MB each, that are read for one list: about 20,000 accounts or as many members. */
export const MAX_PAGES = 32;

/** Who reads; its tables. */
export interface UserTables {
  readonly members: string;
  readonly balances: string;
}

/** The users in these tables. */
export function userReader(client: DynamoDBClient, tables: UserTables): UserReader {
  async function all(query: QueryCommandInput): Promise<Item[]> {
    const items: Item[] = [];
    let pages = 0;
    for await (const page of queryPages(client, { ...query, ConsistentRead: true })) {
      if (pages === MAX_PAGES) throw new Failure('too_many_to_list', 'the user has more than one list can be made of');
      items.push(...page);
      pages += 1;
    }
    return items;
  }

  /** The items of the user whose key begins so, without tombstones. */
  const itemsOf = (userGuid: string, prefix: string): Promise<Item[]> =>
    all({
      TableName: tables.members,
      KeyConditionExpression: `${membersTable.partitionKey} = :user AND begins_with(${membersTable.sortKey}, :prefix)`,
      FilterExpression: 'attribute_not_exists(deleted_at)',
      ExpressionAttributeValues: { ':user': { S: userGuid }, ':prefix': { S: prefix } },
    });

  return {
    async resolve(userIdentifier) {
      // Own ids must not begin like MX's guids (MX facts 1, "Identifiers"), so the prefix decides.
      if (userIdentifier.startsWith('USR-')) return userIdentifier;
      const key = { TableName: tables.members, Key: userAlias(userIdentifier), ConsistentRead: true };
      return (await client.send(new GetItemCommand(key))).Item?.['target_guid']?.S ?? null;
    },

    members: async (userGuid) => (await itemsOf(userGuid, 'MBR-')).map(toRecord),

    async bodies(userGuid) {
      const bodies = (await itemsOf(userGuid, bodyPrefix)).flatMap((item): [string, MemberBody][] => {
        const body = toBody(item);
        const memberGuid = item[membersTable.sortKey]?.S?.slice(bodyPrefix.length);
        return body === null || memberGuid === undefined ? [] : [[memberGuid, body]];
      });
      return new Map(bodies);
    },

    async balances(userGuid) {
      const items = await all({
        TableName: tables.balances,
        KeyConditionExpression: `${balancesTable.partitionKey} = :user`,
        ExpressionAttributeValues: { ':user': { S: userGuid } },
      });
      return items.map(fromItem);
    },
  };
}
