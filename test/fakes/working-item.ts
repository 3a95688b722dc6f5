/** A member's own item as DynamoDB holds it, from the plain data that the fakes keep, by the codec of the real client. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../shared/clients/attribute-values.ts';
import { claimToAttribute, phaseCode, statusAttribute } from '../../shared/clients/claim-attributes.ts';
import { flag, milliseconds, present, text } from '../../shared/clients/compact-values.ts';
import {
  attemptToAttribute,
  attentionAttributes,
  changeToAttribute,
  enrolmentToAttribute,
  heldToAttribute,
  itemKey,
  memberAttribute,
  startsToAttribute,
} from '../../shared/clients/member-item.ts';
import type { Instant } from '../../shared/domain/instant.ts';
import type { MemberRecord } from '../../shared/domain/member.ts';
import type { EndedClaim } from '../../shared/domain/refresh.ts';

/** One write unit pays for this many bytes, and the item may not have more (docs/adr/0002). */
export const MAX_WORKING_ITEM_BYTES = 1024;

/** What of a member's item is not part of its record. */
export interface Unrecorded {
  /** When a read of it outside a refresh was reserved. */
  readonly reservedAt: Instant | null;
  /** How many changes its enrolment has seen. */
  readonly enrolmentVersion: number;
}

/** The item of `record`. */
export function workingItem(record: MemberRecord, { reservedAt, enrolmentVersion }: Unrecorded): Item {
  const { key, claim, lastAttempt, lastSuccess, enrolment, untoldChange, deletedAt } = record;
  const itself = itemKey(key.userGuid, key.memberGuid);
  if (deletedAt !== null) return { ...itself, deleted_at: { S: deletedAt } };
  return {
    ...itself,
    ...present({
      // One of every write's, of always the same length.
      mark: text('12345678'),
      claim: claim === null ? undefined : claim.phase === 'ended' ? endedClaim(claim) : claimToAttribute(claim),
      open_shard: claim === null ? undefined : text('0'),
      open_since: milliseconds(claim?.acceptedAt),
      starts: record.startsVersion === 0 ? undefined : startsToAttribute(record.starts),
      [memberAttribute.startsVersion]: record.startsVersion === 0 ? undefined : { N: String(record.startsVersion) },
      [memberAttribute.startNotBefore]: milliseconds(record.startNotBefore),
      last_attempt: lastAttempt === null ? undefined : attemptToAttribute(lastAttempt),
      last_success: lastSuccess === null ? undefined : successOf(lastSuccess),
      [memberAttribute.enrolment]: enrolment === null ? undefined : enrolmentToAttribute(enrolment),
      [memberAttribute.enrolmentVersion]: enrolmentVersion === 0 ? undefined : { N: String(enrolmentVersion) },
      [memberAttribute.institutionCode]: text(record.institutionCode),
      [memberAttribute.aliases]: text(record.aliasMark),
      [memberAttribute.seenAt]: milliseconds(record.seenAt),
      [memberAttribute.readAt]: milliseconds(reservedAt),
      [memberAttribute.processedUntil]: milliseconds(record.processedUntil),
      [memberAttribute.untoldChange]: untoldChange === null ? undefined : changeToAttribute(untoldChange),
      [memberAttribute.importsMove]: flag(record.importsMove),
      [memberAttribute.missing]: milliseconds(record.missing),
      [memberAttribute.held]: record.held === null ? undefined : heldToAttribute(record.held),
      ...attentionAttributes(record.attention),
    }),
  };
}

/** What is left of a claim whose refresh has ended: the attributes that only an open one has are removed. */
function endedClaim(claim: EndedClaim): AttributeValue {
  const { M: facts } = claimToAttribute({
    ...claim,
    phase: 'running',
    callerTag: null,
    baseline: null,
    start: { state: 'none' },
    flagSeen: false,
    jobAggregatedAt: null,
    seenStatus: null,
    questions: null,
    unanswered: null,
  });
  return { M: present({ ...facts, p: phaseCode.ended, bs: statusAttribute(claim.baseline) }) };
}

const successOf = ({ refreshId, observedAt, incomplete }: NonNullable<MemberRecord['lastSuccess']>) => ({
  M: present({ refresh_id: text(refreshId), observed_at: text(observedAt), incomplete: flag(incomplete) }),
});
