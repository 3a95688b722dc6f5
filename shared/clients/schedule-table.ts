/** The schedule's items in the members table: slots with their members, and the bookmark of the ticks. */
import { DeleteItemCommand, type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { Failure } from '../domain/failure.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Schedule } from '../domain/ports.ts';
import { type EnrolledMember, isEveryHours } from '../domain/schedule.ts';
import { type Item, recordToAttribute } from './attribute-values.ts';
import { updateIf } from './conditional-write.ts';
import { queryPages } from './query-pages.ts';
import { membersTable } from './table-keys.ts';

/** Where the ticks remember how far they have come. A renamed item would lose the minutes missed during the deployment. */
const BOOKMARK: Item = {
  [membersTable.partitionKey]: { S: 'TICK' },
  [membersTable.sortKey]: { S: 'scheduled-refresh' },
};

/** The schedule in table `tableName`. */
export function scheduleInDynamoDb(client: DynamoDBClient, tableName: string): Schedule {
  const removeSlotItem = async (key: MemberKey, slot: string): Promise<void> => {
    await client.send(new DeleteItemCommand({ TableName: tableName, Key: slotItemKey(key, slot) }));
  };

  return {
    async enrol(key, enrolment, former) {
      // Slot, member, former slot: a crash in between leaves a slot item that its member does not point to. The start
      // function finds it by that and removes it; the other way round a member could be enrolled and never be due.
      if (enrolment.everyHours !== 0) {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { ...slotItemKey(key, enrolment.slot), every_hours: { N: String(enrolment.everyHours) } },
          }),
        );
      }
      const isKnown = await updateIf(client, tableName, {
        key: { [membersTable.partitionKey]: { S: key.userGuid }, [membersTable.sortKey]: { S: key.memberGuid } },
        change: 'SET enrolment = :enrolment',
        condition: `attribute_exists(${membersTable.sortKey}) AND attribute_not_exists(deleted_at)`,
        values: { ':enrolment': recordToAttribute(enrolment) },
      });
      if (!isKnown) {
        throw new Failure('member_deleted', 'the member was deleted and cannot be scheduled');
      }
      if (former !== null && former.everyHours !== 0 && former.slot !== enrolment.slot) {
        await removeSlotItem(key, former.slot);
      }
    },

    async membersOf(slot) {
      const members: EnrolledMember[] = [];
      const pages = queryPages(client, {
        TableName: tableName,
        KeyConditionExpression: 'user_guid = :slot',
        ExpressionAttributeValues: { ':slot': { S: slot } },
      });
      for await (const items of pages) {
        for (const item of items) {
          const [userGuid, memberGuid] = (item['item_key']?.S ?? '').split('#');
          const everyHours = Number(item['every_hours']?.N);
          if (userGuid && memberGuid && isEveryHours(everyHours)) {
            members.push({ member: { userGuid, memberGuid }, everyHours, slot });
          }
        }
      }
      return members;
    },

    removeStray: ({ member, slot }) => removeSlotItem(member, slot),

    async lastMinute() {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: BOOKMARK, ConsistentRead: true }),
      );
      return Item?.['minute']?.N === undefined ? null : Number(Item['minute'].N);
    },

    async setLastMinute(minute) {
      // False: another tick has come further.
      await updateIf(client, tableName, {
        key: BOOKMARK,
        change: 'SET #minute = :minute',
        condition: 'attribute_not_exists(#minute) OR #minute < :minute',
        values: { ':minute': { N: String(minute) } },
      });
    },
  };
}

const slotItemKey = (key: MemberKey, slot: string): Item => ({
  [membersTable.partitionKey]: { S: slot },
  [membersTable.sortKey]: { S: `${key.userGuid}#${key.memberGuid}` },
});
