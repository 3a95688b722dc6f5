/** What is remembered of members whose refresh was not started: attributes of the member's own item. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { MemberKey } from '../domain/mx.ts';
import type { Unstarted } from '../domain/ports.ts';
import type { Item } from './attribute-values.ts';
import { millisecondsOf } from './compact-values.ts';
import { updateIf } from './conditional-write.ts';
import { attemptToAttribute, heldToAttribute, itemKey } from './member-item.ts';
import { membersTable } from './table-keys.ts';

/** The notes in table `tableName`. Each write is repeatable: written twice, it says the same. */
export function unstartedInDynamoDb(client: DynamoDBClient, tableName: string): Unstarted {
  async function note(key: MemberKey, change: string, condition: string, values: Item): Promise<void> {
    await updateIf(client, tableName, {
      key: itemKey(key.userGuid, key.memberGuid),
      change,
      condition: `attribute_exists(${membersTable.sortKey}) AND attribute_not_exists(deleted_at) AND (${condition})`,
      values,
    });
  }

  return {
    recordMissing: (key, now) =>
      note(key, 'SET missing_since = :now', 'attribute_not_exists(missing_since) OR missing_since <= seen_at', {
        ':now': millisecondsOf(now),
      }),

    recordRefused: (key, attempt) =>
      note(key, 'SET last_attempt = :attempt', 'attribute_not_exists(last_attempt) OR last_attempt.ended_at < :ended', {
        ':attempt': attemptToAttribute(attempt),
        ':ended': { S: attempt.endedAt },
      }),

    recordHeld: (key, held) =>
      note(key, 'SET held = :held', 'attribute_not_exists(held) OR held.since < :since', {
        ':held': heldToAttribute(held),
        ':since': millisecondsOf(held.since),
      }),
  };
}
