/** The items of the members table: keys and the codec of a member's own item. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { ExactObject } from '../domain/decimal.ts';
import type { ConnectionChange } from '../domain/event.ts';
import type { MemberRecord, Success } from '../domain/member.ts';
import type { Attempt, Claim, Start } from '../domain/refresh.ts';
import type { Enrolment } from '../domain/schedule.ts';
import { fromAttributes, type Item, recordFromAttribute } from './attribute-values.ts';
import { membersTable } from './table-keys.ts';

/** The key of any item of the table. */
export const itemKey = (userGuid: string, itemKeyText: string): Item => ({
  [membersTable.partitionKey]: { S: userGuid },
  [membersTable.sortKey]: { S: itemKeyText },
});

/** Leads from a user's own id to its guid. */
export const userAlias = (userId: string): Item => itemKey(`ALIAS#${userId}`, 'USER');
/** Leads from a member's own id to its guid, within its user. */
export const memberAlias = (userGuid: string, memberId: string): Item => itemKey(userGuid, `ALIAS#${memberId}`);

const emptyResult = { userMessage: null, connectionStatus: null, challenges: [], observedAt: null } as const;

/** The member that its item is. */
export function toRecord(item: Item): MemberRecord {
  const {
    user_guid: user,
    item_key: member,
    member: body,
    starts,
    starts_version: version,
    deleted_at: deleted,
    seen_at: seen,
    heeded_until: heeded,
    untold_change: untold,
  } = item;
  return {
    key: { userGuid: user?.S ?? '', memberGuid: member?.S ?? '' },
    body: body?.M === undefined ? {} : (fromAttributes(body.M) as ExactObject),
    seenAt: seen?.S ?? null,
    claim: toClaim(item['claim']),
    lastAttempt: recordFromAttribute<Attempt>(item['last_attempt'], emptyResult),
    lastSuccess: recordFromAttribute<Success>(item['last_success'], {}),
    starts: (starts?.L ?? []).flatMap((start) => (start.S === undefined ? [] : [start.S])),
    startsVersion: Number(version?.N ?? 0),
    enrolment: recordFromAttribute<Enrolment>(item['enrolment'], {}),
    heededUntil: heeded?.S ?? null,
    untoldChange: recordFromAttribute<ConnectionChange>(untold, { from: null, to: null, refreshId: null }),
    deletedAt: deleted?.S ?? null,
  };
}

function toClaim(attribute: AttributeValue | undefined): Claim | null {
  const claim = recordFromAttribute<Claim>(attribute, {
    baseline: null,
    lookedAt: null,
    result: null,
    challenges: [],
  });
  if (claim === null) return null;
  const start: Start = { ...{ at: null, jobGuid: null }, ...claim.start };
  const emptyBaseline = {
    connectionStatus: null,
    mostRecentJobGuid: null,
    aggregatedAt: null,
    successfullyAggregatedAt: null,
  };
  return {
    ...claim,
    start,
    baseline: claim.baseline && { ...emptyBaseline, ...claim.baseline },
    result: claim.result && { ...emptyResult, ...claim.result },
  };
}
