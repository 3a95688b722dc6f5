/** What is learnt about members outside their refreshes, and their end, in the members table. */
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { TakenAway } from '../domain/attention.ts';
import { type Instant, plusSeconds } from '../domain/instant.ts';
import type { SeenMembers } from '../domain/members-ports.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Policy } from '../domain/policy.ts';
import type { Item } from './attribute-values.ts';
import { claimPath, phaseCode } from './claim-attributes.ts';
import { milliseconds, millisecondsOf } from './compact-values.ts';
import { deleteIf, putIf, updateIf, withMark } from './conditional-write.ts';
import {
  attemptToAttribute,
  attentionAttributes,
  bodyKey,
  changeToAttribute,
  itemKey,
  memberAlias,
  memberAttribute,
  successToAttribute,
} from './member-item.ts';
import { rememberedAttributes } from './remembered-attributes.ts';
import { membersTable } from './table-keys.ts';
import { changeOf } from './update-expression.ts';

const { seenAt, readAt, attentionAsOf, held: hold } = memberAttribute;

const nothing: TakenAway = { attention: false, held: false };

/** The members in table `tableName`. */
export function seenMembersInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  policy: Pick<Policy, 'minLookGapSeconds'>,
): SeenMembers {
  /** One conditional update of a member that is not deleted; false when its condition did not hold. */
  const update = (
    key: MemberKey,
    attributes: Parameters<typeof changeOf>[0],
    condition: string,
    values: Item,
  ): Promise<boolean> => {
    const changed = changeOf(attributes);
    return updateIf(
      client,
      tableName,
      withMark({
        key: itemKey(key.userGuid, key.memberGuid),
        change: changed.change,
        condition: `attribute_not_exists(deleted_at) AND ${condition}`,
        values: { ...changed.values, ...values },
      }),
    );
  };

  /**
   * The same; with it, what the member waits for, and its hold, are taken away, unless the first was found later than `at`, or
   * the second is of a later turn: then the rest is written alone.
   */
  async function updateOver(
    { attention, held, at: overAt }: TakenAway & { readonly at: Instant },
    key: MemberKey,
    attributes: Parameters<typeof changeOf>[0],
    condition: string,
    values: Item,
  ): Promise<boolean> {
    const alone = () => update(key, attributes, condition, values);
    if (!attention && !held) return alone();
    const conditions = [
      condition,
      `(attribute_not_exists(${attentionAsOf}) OR ${attentionAsOf} <= :over)`,
      ...(held ? [`(attribute_not_exists(${hold}) OR ${hold}.t <= :over)`] : []),
    ];
    const all = {
      ...attributes,
      ...(attention ? attentionAttributes(null) : {}),
      ...(held ? { [hold]: undefined } : {}),
    };
    const over = { ...values, ':over': millisecondsOf(overAt) };
    return (await update(key, all, conditions.join(' AND '), over)) || alone();
  }

  async function removeAlias({ userGuid, memberGuid }: MemberKey, memberId: string): Promise<void> {
    await deleteIf(client, tableName, {
      key: memberAlias(userGuid, memberId),
      // The id may be another member's by now.
      condition: 'target_guid = :guid',
      values: { ':guid': { S: memberGuid } },
    });
  }

  return {
    reserveRead(key, now) {
      const gapOver = plusSeconds(now, -policy.minLookGapSeconds);
      return update(
        key,
        { [readAt]: milliseconds(now) },
        `attribute_exists(${membersTable.sortKey}) AND (attribute_not_exists(${readAt}) OR ${readAt} <= :gap_over)` +
          ` AND (attribute_not_exists(${seenAt}) OR ${seenAt} <= :gap_over)` +
          ` AND (attribute_not_exists(${claimPath.lookedAt}) OR ${claimPath.lookedAt} <= :gap_over)` +
          ' AND (attribute_not_exists(last_attempt) OR last_attempt.ended_at <= :ended)',
        { ':gap_over': millisecondsOf(gapOver), ':ended': { S: gapOver } },
      );
    },

    recordSighting: (member, at, change, over = nothing) =>
      updateOver(
        { ...over, at },
        member.key,
        {
          ...rememberedAttributes(member),
          [seenAt]: milliseconds(at),
          ...(change === null ? {} : { [memberAttribute.untoldChange]: changeToAttribute(change) }),
        },
        `(attribute_not_exists(${seenAt}) OR ${seenAt} < :at)`,
        { ':at': millisecondsOf(at) },
      ),

    async settleChange(key, { at }) {
      const { untoldChange } = memberAttribute;
      await update(key, { [untoldChange]: undefined }, `${untoldChange}.t = :at`, { ':at': millisecondsOf(at) });
    },

    async recordBackground(key, attempt) {
      const { endedAt } = attempt;
      const observedAt = attempt.observedAt ?? endedAt;
      // A hold from before is void by this attempt.
      await updateOver(
        { attention: true, held: false, at: observedAt },
        key,
        { last_success: successToAttribute(attempt) },
        '(attribute_not_exists(last_success) OR last_success.observed_at < :observed)',
        { ':observed': { S: observedAt } },
      );
      await update(
        key,
        { last_attempt: attemptToAttribute(attempt) },
        // Until it is published, the end of a claim is stored only in `last_attempt`.
        `(attribute_not_exists(last_attempt) OR last_attempt.ended_at < :ended) AND (attribute_not_exists(${claimPath.phase}) OR ${claimPath.phase} <> :phase)`,
        { ':ended': { S: endedAt }, ':phase': phaseCode.ended },
      );
    },

    async recordProcessed(key, completedAt) {
      await update(
        key,
        { [memberAttribute.processedUntil]: milliseconds(completedAt) },
        `attribute_exists(${membersTable.sortKey}) AND (attribute_not_exists(${memberAttribute.processedUntil}) OR ${memberAttribute.processedUntil} < :at)`,
        { ':at': millisecondsOf(completedAt) },
      );
    },

    async leaveTombstone(key, memberId, now) {
      if (memberId !== null) await removeAlias(key, memberId);
      return putIf(client, tableName, {
        // A whole new item: every attribute is deleted, also those of later versions.
        item: { ...itemKey(key.userGuid, key.memberGuid), deleted_at: { S: now } },
        own: {
          key: itemKey(key.userGuid, key.memberGuid),
          // Two at the same moment both do what follows, which is repeatable.
          isDone: (item) => item['deleted_at']?.S === now,
        },
        condition: 'attribute_not_exists(claim) AND attribute_not_exists(deleted_at)',
      });
    },

    async eraseBody(key, deletedAt) {
      const item = { ...bodyKey(key), deleted_at: { S: deletedAt } };
      await client.send(new PutItemCommand({ TableName: tableName, Item: item }));
    },
  };
}
