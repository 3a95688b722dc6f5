/** What is learnt about members outside their refreshes, and their end, in the members table. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { plusSeconds } from '../domain/instant.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Policy } from '../domain/policy.ts';
import type { SeenMembers } from '../domain/ports.ts';
import { type Item, recordToAttribute, toAttribute } from './attribute-values.ts';
import { deleteIf, putIf, updateIf, withMark } from './conditional-write.ts';
import { itemKey, memberAlias } from './member-item.ts';
import { membersTable } from './table-keys.ts';

/** The members in table `tableName`. */
export function seenMembersInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  policy: Pick<Policy, 'minLookGapSeconds'>,
): SeenMembers {
  /** One conditional update of a member that is not deleted; false when its condition did not hold. */
  const update = (key: MemberKey, change: string, condition: string, values: Item): Promise<boolean> =>
    updateIf(
      client,
      tableName,
      withMark({
        key: itemKey(key.userGuid, key.memberGuid),
        change,
        condition: `attribute_not_exists(deleted_at) AND ${condition}`,
        values,
      }),
    );

  async function removeAlias({ userGuid, memberGuid }: MemberKey, memberId: string): Promise<void> {
    await deleteIf(client, tableName, {
      key: memberAlias(userGuid, memberId),
      // The id may be another member's by now.
      condition: 'target_guid = :guid',
      values: { ':guid': { S: memberGuid } },
    });
  }

  return {
    reserveRead: (key, now) =>
      update(
        key,
        'SET glanced_at = :now',
        `attribute_exists(${membersTable.sortKey}) AND (attribute_not_exists(glanced_at) OR glanced_at <= :gap_over)` +
          ' AND (attribute_not_exists(seen_at) OR seen_at <= :gap_over)' +
          ' AND (attribute_not_exists(claim.looked_at) OR claim.looked_at <= :gap_over)' +
          ' AND (attribute_not_exists(last_attempt) OR last_attempt.ended_at <= :gap_over)',
        { ':now': { S: now }, ':gap_over': { S: plusSeconds(now, -policy.minLookGapSeconds) } },
      ),

    recordSighting: (member, readAt, change) =>
      update(
        member.key,
        `SET #member = :member, seen_at = :at${change === null ? '' : ', untold_change = :change'}`,
        '(attribute_not_exists(seen_at) OR seen_at < :at)',
        {
          ':member': toAttribute(member.body),
          ':at': { S: readAt },
          ...(change === null ? {} : { ':change': recordToAttribute(change) }),
        },
      ),

    async settleChange(key, change) {
      await update(key, 'REMOVE untold_change', 'untold_change.#at = :at', { ':at': { S: change.at } });
    },

    async recordBackground(key, attempt) {
      const { refreshId, endedAt } = attempt;
      const observedAt = attempt.observedAt ?? endedAt;
      await update(
        key,
        'SET last_success = :success',
        '(attribute_not_exists(last_success) OR last_success.observed_at < :observed)',
        { ':success': recordToAttribute({ refreshId, observedAt, endedAt }), ':observed': { S: observedAt } },
      );
      await update(
        key,
        'SET last_attempt = :attempt',
        '(attribute_not_exists(last_attempt) OR last_attempt.ended_at < :ended)',
        { ':attempt': recordToAttribute(attempt), ':ended': { S: endedAt } },
      );
    },

    async recordProcessed(key, completedAt) {
      await update(
        key,
        'SET heeded_until = :at',
        `attribute_exists(${membersTable.sortKey}) AND (attribute_not_exists(heeded_until) OR heeded_until < :at)`,
        { ':at': { S: completedAt } },
      );
    },

    async leaveTombstone({ key, body }, now) {
      const { id: memberId } = body;
      if (typeof memberId === 'string') await removeAlias(key, memberId);
      return putIf(client, tableName, {
        // A whole new item: whatever was known, under attributes of later versions too, is gone.
        item: { ...itemKey(key.userGuid, key.memberGuid), deleted_at: { S: now } },
        own: {
          key: itemKey(key.userGuid, key.memberGuid),
          // Of two at the very same moment both do what follows, which may be done twice.
          isDone: (item) => item['deleted_at']?.S === now,
        },
        condition: 'attribute_not_exists(claim) AND attribute_not_exists(deleted_at)',
      });
    },
  };
}
