/** The open claims, read from their index, for the sweep and for operators: two calls a page, however many are healthy. */
import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Instant } from '../domain/instant.ts';
import type { MemberRecord } from '../domain/member.ts';
import type { Members, OpenCursor } from '../domain/members-ports.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Item } from './attribute-values.ts';
import { instantIn, millisecondsOf, textIn } from './compact-values.ts';
import { itemKey, toRecord } from './member-item.ts';
import { queryPage } from './query-pages.ts';
import { membersTable } from './table-keys.ts';

/** Claims in a page: as many items as one BatchGetItem reads (AWS limit). */
const PAGE = 100;

/**
 * Pages of the open claims in `tableName`. Read with half a read unit each: eventually consistent. What the BatchGetItem
 * leaves unread (more than 16 MB, a throttled partition) is `unreadable`.
 */
export function openClaims(client: DynamoDBClient, tableName: string): Members['openPage'] {
  const page = openMembers(client, tableName);
  return async (shard, before, after) => {
    const { listed, next } = await page(shard, before, after);
    return {
      listed: listed.map(({ record, ...place }) => ({
        ...place,
        claim: record === 'unreadable' ? record : (record?.claim ?? null),
      })),
      next,
    };
  };
}

/** A member with an open claim. Null: it is gone. `unreadable`: reading the member alone says why. */
export interface OpenMember extends OpenCursor {
  readonly record: MemberRecord | 'unreadable' | null;
}

/** The same pages, with the members' whole items. */
export function openMembers(
  client: DynamoDBClient,
  tableName: string,
): (
  shard: number,
  before: Instant,
  after: OpenCursor | null,
) => Promise<{ readonly listed: readonly OpenMember[]; readonly next: OpenCursor | null }> {
  const { name, partitionKey, sortKey } = membersTable.openIndex;

  return async (shard, before, after) => {
    const page = await queryPage(
      client,
      {
        TableName: tableName,
        IndexName: name,
        KeyConditionExpression: `${partitionKey} = :shard AND ${sortKey} <= :before`,
        ExpressionAttributeValues: { ':shard': { S: String(shard) }, ':before': millisecondsOf(before) },
        Limit: PAGE,
      },
      after === null ? undefined : startKey(shard, after),
    );
    const places = page.items.flatMap((item) => placeIn(item) ?? []);
    const next = page.last === undefined ? null : placeIn(page.last);
    if (places.length === 0) return { listed: [], next };
    // The index can list a member twice for a moment, and a BatchGetItem that names a key twice is refused.
    const keys = new Map(places.map(({ member }) => [textOf(member), itemKey(member.userGuid, member.memberGuid)]));
    const read = await client.send(
      new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: [...keys.values()] } } }),
    );
    const records = new Map<string, OpenMember['record']>();
    for (const item of read.Responses?.[tableName] ?? []) records.set(keyText(item), recordIn(item));
    for (const key of read.UnprocessedKeys?.[tableName]?.Keys ?? []) records.set(keyText(key), 'unreadable');
    return { listed: places.map((place) => ({ ...place, record: records.get(textOf(place.member)) ?? null })), next };
  };

  function startKey(shard: number, { member, acceptedAt }: OpenCursor): Item {
    return {
      ...itemKey(member.userGuid, member.memberGuid),
      [partitionKey]: { S: String(shard) },
      [sortKey]: millisecondsOf(acceptedAt),
    };
  }
}

const textOf = ({ userGuid, memberGuid }: MemberKey): string => `${userGuid}/${memberGuid}`;

const keyText = (item: Item): string =>
  `${textIn(item, membersTable.partitionKey)}/${textIn(item, membersTable.sortKey)}`;

function placeIn(item: Item): OpenCursor | null {
  const [userGuid, memberGuid] = [textIn(item, membersTable.partitionKey), textIn(item, membersTable.sortKey)];
  const acceptedAt = instantIn(item, membersTable.openIndex.sortKey);
  return userGuid === null || memberGuid === null || acceptedAt === null
    ? null
    : { member: { userGuid, memberGuid }, acceptedAt };
}

function recordIn(item: Item): OpenMember['record'] {
  try {
    return toRecord(item);
  } catch {
    // One item that cannot be read must not stop the others of its page.
    return 'unreadable';
  }
}
