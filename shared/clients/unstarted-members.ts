/** What is remembered of members whose refresh was not started: attributes of the member's own item. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Unstarted } from '../domain/members-ports.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Item } from './attribute-values.ts';
import { claimPath, phaseCode } from './claim-attributes.ts';
import { millisecondsOf } from './compact-values.ts';
import { updateIf } from './conditional-write.ts';
import { attemptToAttribute, heldToAttribute, itemKey, memberAttribute } from './member-item.ts';
import { membersTable } from './table-keys.ts';

const { missing, seenAt, held: why } = memberAttribute;

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
      note(key, `SET ${missing} = :now`, `attribute_not_exists(${missing}) OR ${missing} <= ${seenAt}`, {
        ':now': millisecondsOf(now),
      }),

    recordRefused: (key, attempt) =>
      note(
        key,
        'SET last_attempt = :attempt',
        // Until it is published, the end of a claim is stored only in `last_attempt`.
        `(attribute_not_exists(last_attempt) OR last_attempt.ended_at < :ended) AND (attribute_not_exists(${claimPath.phase}) OR ${claimPath.phase} <> :phase)`,
        { ':attempt': attemptToAttribute(attempt), ':ended': { S: attempt.endedAt }, ':phase': phaseCode.ended },
      ),

    recordHeld: (key, held) =>
      note(key, `SET ${why} = :held`, `attribute_not_exists(${why}) OR ${why}.t < :since`, {
        ':held': heldToAttribute(held),
        ':since': millisecondsOf(held.since),
      }),
  };
}
