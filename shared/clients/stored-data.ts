/** Finding and deleting what the tables hold of a user, for an erasing on request. */
import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { StoredData } from '../domain/erasure-ports.ts';
import { inGroups } from '../domain/in-groups.ts';
import type { Item } from './attribute-values.ts';
import { deleteIf, putIf } from './conditional-write.ts';
import { aliasPrefix, bodyPrefix, ownIdOf, ownIdPrefix, toBody, userAlias, userTombstone } from './member-item.ts';
import { queryPage, queryPages } from './query-pages.ts';
import { memberKeyText, REFRESH_ITEM } from './refreshes-table.ts';
import { balancesTable, historyTable, membersTable, refreshesTable } from './table-keys.ts';

/** Its tables. */
export interface PersonTables {
  readonly members: string;
  readonly balances: string;
  readonly history: string;
  readonly refreshes: string;
}

/** How many deletions are under way at the same time. */
const AT_ONCE = 10;

/** What an erasing is asked for by. */
export type StoredDataReader = Pick<StoredData, 'membersOf' | 'userIdsOf'>;

/** What is stored in these tables, for reading. */
export function storedDataReader(
  client: DynamoDBClient,
  tables: Pick<PersonTables, 'members' | 'balances' | 'history'>,
): StoredDataReader {
  async function sortKeys(userGuid: string, prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const items of itemsOfUser(client, tables.members, {
      userGuid,
      prefix,
      projection: membersTable.sortKey,
    })) {
      found.push(...items.flatMap((item) => item[membersTable.sortKey]?.S ?? []));
    }
    return found;
  }

  async function membersWithBalances(userGuid: string): Promise<string[]> {
    const found = new Set<string>();
    const pages = queryPages(client, {
      TableName: tables.balances,
      ConsistentRead: true,
      KeyConditionExpression: `${balancesTable.partitionKey} = :user`,
      ExpressionAttributeValues: { ':user': { S: userGuid } },
      ProjectionExpression: balancesTable.sortKey,
    });
    for await (const items of pages) {
      for (const item of items) found.add(item[balancesTable.sortKey]?.S?.split('#')[0] ?? '');
    }
    return [...found];
  }

  /** One read for each member, and not for each row: of one there can be many thousands. */
  async function membersWithHistory(userGuid: string): Promise<string[]> {
    const found: string[] = [];
    // Any key is behind it.
    let behind = ' ';
    for (;;) {
      const { items } = await queryPage(
        client,
        {
          TableName: tables.history,
          ConsistentRead: true,
          KeyConditionExpression: `${historyTable.partitionKey} = :user AND ${historyTable.sortKey} > :behind`,
          ExpressionAttributeValues: { ':user': { S: userGuid }, ':behind': { S: behind } },
          ProjectionExpression: historyTable.sortKey,
          Limit: 1,
        },
        undefined,
      );
      const [memberGuid] = items[0]?.[historyTable.sortKey]?.S?.split('#') ?? [];
      if (memberGuid === undefined) return found;
      found.push(memberGuid);
      // The character after the # that is behind the guid in each of its keys.
      behind = `${memberGuid}$`;
    }
  }

  return {
    async membersOf(userGuid) {
      const [members, bodies, withBalances, withHistory] = await Promise.all([
        sortKeys(userGuid, 'MBR-'),
        sortKeys(userGuid, bodyPrefix),
        membersWithBalances(userGuid),
        membersWithHistory(userGuid),
      ]);
      const ofBodies = bodies.map((key) => key.slice(bodyPrefix.length));
      const guids = [...members, ...ofBodies, ...withBalances, ...withHistory];
      return [...new Set(guids)].sort();
    },

    async userIdsOf(userGuid) {
      const found = new Set<string>();
      for await (const items of itemsOfUser(client, tables.members, {
        userGuid,
        prefix: bodyPrefix,
        projection: 'body, seen_at',
      })) {
        for (const item of items) {
          const id = toBody(item)?.body['user_id'];
          if (typeof id === 'string') found.add(id);
        }
      }
      return [...found];
    },
  };
}

/** What is stored in these tables, to be erased too. */
export function storedDataInDynamoDb(client: DynamoDBClient, tables: PersonTables): StoredData {
  const remove = (tableName: string, Key: Item) => client.send(new DeleteItemCommand({ TableName: tableName, Key }));

  /** A refresh: its own item, and those of its callbacks beside it. False: it was gone. */
  async function removeRefresh(refreshId: string): Promise<boolean> {
    const { partitionKey, sortKey } = refreshesTable;
    const pages = queryPages(client, {
      TableName: tables.refreshes,
      ConsistentRead: true,
      KeyConditionExpression: `${partitionKey} = :refresh`,
      ExpressionAttributeValues: { ':refresh': { S: refreshId } },
      ProjectionExpression: `${partitionKey}, ${sortKey}`,
    });
    for await (const keys of pages) {
      // The item that the index lists comes last: after a crash the next try still finds the refresh by it.
      const others = keys.filter((key) => key[sortKey]?.S !== REFRESH_ITEM);
      await inGroups(others, AT_ONCE, (key) => remove(tables.refreshes, key));
    }
    const Key = { [partitionKey]: { S: refreshId }, [sortKey]: { S: REFRESH_ITEM } };
    // The index may list what is gone already.
    const last = await client.send(
      new DeleteItemCommand({ TableName: tables.refreshes, Key, ReturnValues: 'ALL_OLD' }),
    );
    return last.Attributes !== undefined;
  }

  return {
    ...storedDataReader(client, tables),

    async leaveUserTombstone(userGuid, at) {
      // False: there is one.
      await putIf(client, tables.members, {
        item: { ...userTombstone(userGuid), deleted_at: { S: at } },
        condition: 'attribute_not_exists(deleted_at)',
      });
    },

    async eraseNames({ userGuid, memberGuid }, userIds) {
      let erased = 0;
      for await (const items of itemsOfUser(client, tables.members, {
        userGuid,
        prefix: aliasPrefix,
        projection: 'user_guid, item_key, target_guid',
      })) {
        const own = items.filter((item) => memberGuid === null || item['target_guid']?.S === memberGuid);
        await inGroups(own, AT_ONCE, ({ target_guid: _, ...key }) => remove(tables.members, key));
        erased += own.length;
      }
      if (memberGuid !== null) return erased;
      const owns: string[] = [];
      for await (const items of itemsOfUser(client, tables.members, {
        userGuid,
        prefix: ownIdPrefix,
        projection: membersTable.sortKey,
      })) {
        owns.push(...items.flatMap((item) => item[membersTable.sortKey]?.S?.slice(ownIdPrefix.length) ?? []));
      }
      for (const userId of new Set([...userIds, ...owns])) {
        // The id may be another user's by now.
        const isGone = await deleteIf(client, tables.members, {
          key: userAlias(userId),
          condition: 'target_guid = :guid',
          values: { ':guid': { S: userGuid } },
        });
        if (isGone) erased += 1;
        // Last: it is the way to the one before.
        await remove(tables.members, ownIdOf(userGuid, userId));
      }
      return erased;
    },

    async eraseRefreshes(key, isLate) {
      let erased = 0;
      const pages = queryPages(client, {
        TableName: tables.refreshes,
        IndexName: refreshesTable.byMemberIndex.name,
        KeyConditionExpression: `${refreshesTable.byMemberIndex.partitionKey} = :member`,
        ExpressionAttributeValues: { ':member': { S: memberKeyText(key) } },
        ProjectionExpression: refreshesTable.partitionKey,
      });
      for await (const items of pages) {
        const ids = items.flatMap((item) => item[refreshesTable.partitionKey]?.S ?? []);
        for (let from = 0; from < ids.length; from += AT_ONCE) {
          if (isLate()) return { erased, isAll: false };
          const some = ids.slice(from, from + AT_ONCE);
          erased += (await Promise.all(some.map(removeRefresh))).filter(Boolean).length;
        }
      }
      return { erased, isAll: true };
    },
  };
}

/** The items of a user's partition of the members table whose key begins with `prefix`. */
const itemsOfUser = (
  client: DynamoDBClient,
  tableName: string,
  { userGuid, prefix, projection }: { readonly userGuid: string; readonly prefix: string; readonly projection: string },
) =>
  queryPages(client, {
    TableName: tableName,
    ConsistentRead: true,
    KeyConditionExpression: `${membersTable.partitionKey} = :user AND begins_with(${membersTable.sortKey}, :prefix)`,
    ExpressionAttributeValues: { ':user': { S: userGuid }, ':prefix': { S: prefix } },
    ProjectionExpression: projection,
  });
