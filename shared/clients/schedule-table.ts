/** The schedule's items in the members table: slots with their members, and the bookmark of the ticks. */
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { Failure } from '../domain/failure.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Schedule } from '../domain/ports.ts';
import { type EnrolledMember, isEveryHours } from '../domain/schedule.ts';
import { isLostCondition, recordToAttribute } from './attribute-values.ts';
import { membersTable } from './table-keys.ts';

type Item = Record<string, AttributeValue>;

/** Where the ticks remember how far they have come. */
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
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: { [membersTable.partitionKey]: { S: key.userGuid }, [membersTable.sortKey]: { S: key.memberGuid } },
            UpdateExpression: 'SET enrolment = :enrolment',
            ConditionExpression: `attribute_exists(${membersTable.sortKey}) AND attribute_not_exists(deleted_at)`,
            ExpressionAttributeValues: { ':enrolment': recordToAttribute(enrolment) },
          }),
        );
      } catch (error) {
        if (!isLostCondition(error)) throw error;
        throw new Failure('member_deleted', 'the member was deleted and cannot be scheduled');
      }
      if (former !== null && former.everyHours !== 0 && former.slot !== enrolment.slot) {
        await removeSlotItem(key, former.slot);
      }
    },

    async membersOf(slot) {
      const members: EnrolledMember[] = [];
      let from: Item | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'user_guid = :slot',
            ExpressionAttributeValues: { ':slot': { S: slot } },
            ExclusiveStartKey: from,
          }),
        );
        for (const item of page.Items ?? []) {
          const [userGuid, memberGuid] = (item['item_key']?.S ?? '').split('#');
          const everyHours = Number(item['every_hours']?.N);
          if (userGuid && memberGuid && isEveryHours(everyHours)) {
            members.push({ member: { userGuid, memberGuid }, everyHours, slot });
          }
        }
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
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
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: BOOKMARK,
            UpdateExpression: 'SET #minute = :minute',
            ConditionExpression: 'attribute_not_exists(#minute) OR #minute < :minute',
            ExpressionAttributeNames: { '#minute': 'minute' },
            ExpressionAttributeValues: { ':minute': { N: String(minute) } },
          }),
        );
      } catch (error) {
        // Another tick has come further.
        if (!isLostCondition(error)) throw error;
      }
    },
  };
}

const slotItemKey = (key: MemberKey, slot: string): Item => ({
  [membersTable.partitionKey]: { S: slot },
  [membersTable.sortKey]: { S: `${key.userGuid}#${key.memberGuid}` },
});
