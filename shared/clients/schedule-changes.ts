/** How many members' schedules each caller has changed today: one item per caller in the members table. */
import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ScheduleChanges } from '../domain/ports.ts';
import { updateIf } from './conditional-write.ts';
import { membersTable } from './table-keys.ts';

/**
 * The counts in table `tableName`. A change is counted before it is made, so a crash in between counts one that was not
 * made, and so does an answer that is lost: the count is of attempts. A new day begins at 0, which repairs both.
 */
export const scheduleChangesInDynamoDb = (client: DynamoDBClient, tableName: string): ScheduleChanges => ({
  async take(caller, most, at) {
    const key = {
      [membersTable.partitionKey]: { S: `CALLER#${createHash('sha256').update(caller).digest('hex').slice(0, 32)}` },
      [membersTable.sortKey]: { S: 'SCHEDULE_CHANGES' },
    };
    const today = { ':today': { S: at.slice(0, 10) }, ':one': { N: '1' } };
    const countOne = () =>
      updateIf(client, tableName, {
        key,
        change: 'SET changes = changes + :one',
        condition: 'changed_on = :today AND changes < :most',
        values: { ...today, ':most': { N: String(most) } },
      });
    if (await countOne()) return true;
    const isNewDay = await updateIf(client, tableName, {
      key,
      change: 'SET changed_on = :today, changes = :one',
      condition: 'attribute_not_exists(changed_on) OR changed_on < :today',
      values: today,
    });
    // Another request may have begun the day in between.
    return isNewDay || countOne();
  },
});
