/** What is remembered of members whose refresh was not started: attributes of the member's own item. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Unstarted } from '../domain/members-ports.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Item } from './attribute-values.ts';
import { claimPath, phaseCode } from './claim-attributes.ts';
import { millisecondsOf } from './compact-values.ts';
import { updateIf } from './conditional-write.ts';
import { attemptToAttribute, attentionAttributes, heldToAttribute, itemKey, memberAttribute } from './member-item.ts';
import { membersTable } from './table-keys.ts';
import { type Change, changeOf } from './update-expression.ts';

const { missing, seenAt, held: why, attentionAsOf } = memberAttribute;

/** The notes in table `tableName`. Each write is repeatable: written twice, it says the same. */
export function unstartedInDynamoDb(client: DynamoDBClient, tableName: string): Unstarted {
  /** False: the condition did not hold. */
  const note = (
    key: MemberKey,
    { change, values: changed }: Change,
    condition: string,
    values: Item,
  ): Promise<boolean> =>
    updateIf(client, tableName, {
      key: itemKey(key.userGuid, key.memberGuid),
      change,
      condition: `attribute_exists(${membersTable.sortKey}) AND attribute_not_exists(deleted_at) AND (${condition})`,
      values: { ...changed, ...values },
    });

  return {
    async recordMissing(key, now) {
      await note(
        key,
        { change: `SET ${missing} = :now`, values: { ':now': millisecondsOf(now) } },
        `attribute_not_exists(${missing}) OR ${missing} <= ${seenAt}`,
        {},
      );
    },

    async recordRefused(key, attempt, attention = 'as_it_is') {
      // Until it is published, the end of a claim is stored only in `last_attempt`.
      const condition = `(attribute_not_exists(last_attempt) OR last_attempt.ended_at < :ended) AND (attribute_not_exists(${claimPath.phase}) OR ${claimPath.phase} <> :phase)`;
      const values = { ':ended': { S: attempt.endedAt }, ':phase': phaseCode.ended };
      const attributes = { last_attempt: attemptToAttribute(attempt) };
      if (attention !== 'as_it_is') {
        const both = changeOf({ ...attributes, ...attentionAttributes(attention) });
        const isNewest = `${condition} AND (${isNoLater(attentionAsOf)})`;
        if (await note(key, both, isNewest, { ...values, ':as_of': millisecondsOf(attempt.endedAt) })) return;
      }
      await note(key, changeOf(attributes), condition, values);
    },

    async recordHeld(key, held, attention = 'as_it_is') {
      const attributes = { [why]: heldToAttribute(held) };
      const since = { ':since': millisecondsOf(held.since) };
      const condition = `attribute_not_exists(${why}) OR ${why}.t < :since`;
      if (attention !== 'as_it_is' && attention !== null) {
        const { asOf } = attention;
        const both = changeOf({ ...attributes, ...attentionAttributes(attention) });
        const isNewest =
          // Also the same note once more.
          `(${condition} OR (${why}.t = :since AND ${why}.c = :code)) AND attribute_not_exists(claim)` +
          ` AND (attribute_not_exists(last_attempt) OR last_attempt.ended_at <= :found)` +
          ` AND (${isNoLater(seenAt)}) AND (${isNoLater(attentionAsOf)})`;
        const found = { ':found': { S: asOf }, ':as_of': millisecondsOf(asOf), ':code': { S: held.code } };
        if (await note(key, both, isNewest, { ...since, ...found })) return;
        // A reading since may have found that the member needs no person any more.
        const isUnseen = `(${condition}) AND (${isNoLater(seenAt)})`;
        await note(key, changeOf(attributes), isUnseen, { ...since, ':as_of': millisecondsOf(asOf) });
        return;
      }
      await note(key, changeOf(attributes), condition, since);
    },
  };
}

/** The instant in this attribute is not later than `:as_of`, or there is none. */
const isNoLater = (attribute: string): string => `attribute_not_exists(${attribute}) OR ${attribute} <= :as_of`;
