/** Reading the index of members that wait for a person, and their items. */
import {
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { AttentionAction } from '../domain/action.ts';
import { inGroups } from '../domain/in-groups.ts';
import type { MemberRecord } from '../domain/member.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { AttentionReader, WaitingPlace } from '../domain/waiting-members.ts';
import type { Item } from './attribute-values.ts';
import { instantIn, millisecondsOf, textIn } from './compact-values.ts';
import { itemKey, toRecord } from './member-item.ts';
import { queryPage } from './query-pages.ts';
import { membersTable } from './table-keys.ts';

/** How many items are read at the same time that a BatchGetItem has left out. */
const AT_ONCE = 10;

/** The members that wait in table `tableName`. Rejects with the SDK's errors. */
export function attentionReader(client: DynamoDBClient, tableName: string): AttentionReader {
  const { name, partitionKey, sortKey } = membersTable.attentionIndex;

  const waitingFor = (action: AttentionAction) =>
    ({
      TableName: tableName,
      IndexName: name,
      KeyConditionExpression: `${partitionKey} = :action`,
      ExpressionAttributeValues: { ':action': { S: action } },
    }) satisfies QueryCommandInput;

  /** The items, by user and member; one that cannot be read is missing. */
  async function read(members: readonly MemberKey[]): Promise<ReadonlyMap<string, MemberRecord>> {
    // The index can list a member twice for a moment, and a BatchGetItem that names a key twice is refused.
    const keys = new Map(members.map((member) => [textOf(member), itemKey(member.userGuid, member.memberGuid)]));
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: [...keys.values()], ConsistentRead: true } } }),
    );
    // More than 16 MB, or a throttled partition.
    const left = await inGroups(UnprocessedKeys?.[tableName]?.Keys ?? [], AT_ONCE, async (Key) => {
      const { Item: item } = await client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }));
      return item ?? [];
    });
    return new Map([...(Responses?.[tableName] ?? []), ...left.flat()].flatMap(recordIn));
  }

  return {
    async page(action, limit, after) {
      const from =
        after === null
          ? undefined
          : {
              ...itemKey(after.member.userGuid, after.member.memberGuid),
              [partitionKey]: { S: action },
              [sortKey]: millisecondsOf(after.since),
            };
      const page = await queryPage(client, { ...waitingFor(action), Limit: limit }, from);
      const places = page.items.flatMap(placeIn);
      const [next = null] = page.last === undefined ? [] : placeIn(page.last);
      if (places.length === 0) return { listed: [], next };
      const records = await read(places.map(({ member }) => member));
      return { listed: places.map((place) => ({ ...place, record: records.get(textOf(place.member)) ?? null })), next };
    },

    async count(action, mostPages) {
      const query = waitingFor(action);
      const { items } = await queryPage(client, { ...query, Limit: 1 }, undefined);
      const [oldest] = items.flatMap(placeIn);
      if (oldest === undefined) return { members: 0, isAll: true, oldestSince: null };
      let members = 0;
      let from: Item | undefined;
      for (let pages = 0; pages < mostPages; pages += 1) {
        const { count, last } = await queryPage(client, { ...query, Select: 'COUNT' }, from);
        members += count;
        from = last;
        if (from === undefined) break;
      }
      return { members, isAll: from === undefined, oldestSince: oldest.since };
    },
  };
}

const textOf = ({ userGuid, memberGuid }: MemberKey): string => `${userGuid}/${memberGuid}`;

function placeIn(item: Item): readonly WaitingPlace[] {
  const [userGuid, memberGuid] = [textIn(item, membersTable.partitionKey), textIn(item, membersTable.sortKey)];
  const since = instantIn(item, membersTable.attentionIndex.sortKey);
  return userGuid === null || memberGuid === null || since === null
    ? []
    : [{ member: { userGuid, memberGuid }, since }];
}

/** None: one item that cannot be read must not stop the others of its page. */
function recordIn(item: Item): readonly (readonly [string, MemberRecord])[] {
  try {
    const record = toRecord(item);
    return [[textOf(record.key), record]];
  } catch {
    return [];
  }
}
