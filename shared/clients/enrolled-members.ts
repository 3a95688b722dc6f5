/** All members that are on the schedule, for an operator: no function reads the whole table. */
import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EnrolledMember } from '../domain/schedule.ts';
import type { Item } from './attribute-values.ts';
import { itemKey, memberAttribute, toEnrolment } from './member-item.ts';
import { scanPages } from './query-pages.ts';
import { slotPrefix, toEnrolled } from './schedule-table.ts';
import { membersTable } from './table-keys.ts';

/** The most keys of one BatchGetItem (AWS limit). */
const MAX_KEYS = 100;

/** Pauses before keys that DynamoDB has left out are asked for again: it does so when it throttles. */
const PAUSES_MS = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400] as const;

/**
 * The members on the schedule, a page at a time, each as its slot's item says. Reads the whole table once: what is enrolled
 * or moved meanwhile may be left out, or come twice. Items that their members do not point to (any more) are left out.
 *
 * @throws Error when DynamoDB leaves out keys again and again.
 */
export async function* enrolledMembers(
  client: DynamoDBClient,
  tableName: string,
  sleep: (milliseconds: number) => Promise<unknown>,
): AsyncGenerator<readonly EnrolledMember[]> {
  for await (const page of slotItems(client, tableName)) {
    for (let from = 0; from < page.length; from += MAX_KEYS) {
      const some = page.slice(from, from + MAX_KEYS);
      const slots = await slotsOf(some, { client, tableName, sleep });
      yield some.filter(({ member, slot }) => slots.get(textOf(member)) === slot);
    }
  }
}

/** What the slots' items say, a page at a time: also those that their members do not point to. */
export async function* slotItems(client: DynamoDBClient, tableName: string): AsyncGenerator<readonly EnrolledMember[]> {
  const pages = scanPages(client, {
    TableName: tableName,
    FilterExpression: `begins_with(${membersTable.partitionKey}, :slots)`,
    ExpressionAttributeValues: { ':slots': { S: slotPrefix } },
    ConsistentRead: true,
  });
  for await (const items of pages) yield items.flatMap((item) => toEnrolled(item) ?? []);
}

interface Reading {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
}

/** The slot that each member's own item points to; none for one that is deleted or not enrolled. */
async function slotsOf(
  enrolled: readonly EnrolledMember[],
  { client, tableName, sleep }: Reading,
): Promise<ReadonlyMap<string, string>> {
  const slots = new Map<string, string>();
  // A member that stands in two slots is asked for once: DynamoDB refuses doubles.
  const members = new Map(enrolled.map(({ member }) => [textOf(member), member]));
  let left: readonly Item[] = [...members.values()].map(({ userGuid, memberGuid }) => itemKey(userGuid, memberGuid));
  for (const pause of [0, ...PAUSES_MS]) {
    if (pause > 0) await sleep(pause);
    const answer = await client.send(
      new BatchGetItemCommand({
        RequestItems: {
          [tableName]: {
            Keys: [...left],
            ConsistentRead: true,
            ProjectionExpression: `${membersTable.partitionKey}, ${membersTable.sortKey}, ${memberAttribute.enrolment}, deleted_at`,
          },
        },
      }),
    );
    for (const item of answer.Responses?.[tableName] ?? []) {
      const enrolment = toEnrolment(item[memberAttribute.enrolment]);
      if (item['deleted_at'] !== undefined || enrolment === null) continue;
      const [userGuid = '', memberGuid = ''] = [item[membersTable.partitionKey]?.S, item[membersTable.sortKey]?.S];
      slots.set(textOf({ userGuid, memberGuid }), enrolment.slot);
    }
    left = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
    if (left.length === 0) return slots;
  }
  throw new Error(`DynamoDB left ${left.length} members unread after ${PAUSES_MS.length + 1} requests`);
}

const textOf = ({ userGuid, memberGuid }: EnrolledMember['member']): string => `${userGuid}#${memberGuid}`;
