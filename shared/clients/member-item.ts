/**
 * The items of the members table: keys, and the codec of a member's own item. Each write of that item is paid for by its
 * whole size, so it has to stay within one write unit, 1,024 bytes: nothing in it is of any length, instants that nobody
 * else reads are numbers, what is false or null is absent, and a claim's attributes have short names. `last_attempt`,
 * `last_success` and `deleted_at` are published: `docs/members-table.md`.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { ExactObject } from '../domain/decimal.ts';
import type { ConnectionChange } from '../domain/event.ts';
import type { Held } from '../domain/held.ts';
import { type Instant, instantOf } from '../domain/instant.ts';
import type { MemberRecord, Success } from '../domain/member.ts';
import type { Attempt } from '../domain/refresh.ts';
import { type Enrolment, isEveryHours } from '../domain/schedule.ts';
import { fromAttributes, type Item, recordFromAttribute, recordToAttribute } from './attribute-values.ts';
import { toClaim } from './claim-attributes.ts';
import {
  countIn,
  flag,
  flagIn,
  instantIn,
  milliseconds,
  millisecondsOf,
  present,
  text,
  textIn,
} from './compact-values.ts';
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

/** The member that its item is. */
export function toRecord(item: Item): MemberRecord {
  const { starts, member: body } = item;
  const lastAttempt = toAttempt(item['last_attempt']);
  return {
    key: { userGuid: textIn(item, 'user_guid') ?? '', memberGuid: textIn(item, 'item_key') ?? '' },
    body: body?.M === undefined ? {} : (fromAttributes(body.M) as ExactObject),
    seenAt: instantIn(item, 'seen_at'),
    claim: toClaim(item, instantIn(item, membersTable.openIndex.sortKey), lastAttempt),
    lastAttempt,
    lastSuccess: recordFromAttribute<Success>(item['last_success'], {}),
    starts: toStarts(starts),
    startsVersion: countIn(item, 'starts_version', 0),
    enrolment: toEnrolment(item['enrolment']),
    processedUntil: instantIn(item, 'processed_until'),
    untoldChange: toChange(item['untold_change']),
    importsMove: flagIn(item, 'imports_move'),
    missing: instantIn(item, 'missing_since'),
    held: toHeld(item['held']),
    deletedAt: textIn(item, 'deleted_at'),
  };
}

/** The attribute of the member's starts. */
export const startsToAttribute = (starts: readonly Instant[]): AttributeValue => ({ L: starts.map(millisecondsOf) });

const toStarts = (attribute: AttributeValue | undefined): readonly Instant[] =>
  (attribute?.L ?? []).flatMap(({ N: start }) => (start === undefined ? [] : [instantOf(Number(start))]));

/** The attribute of an attempt. Published but for two: `accepted` (when) and `details` (whether its refresh's item has some). */
export function attemptToAttribute({ acceptedAt, hasDetails, ...published }: Attempt): AttributeValue {
  const { M = {} } = recordToAttribute(published);
  return { M: { ...M, ...present({ accepted: milliseconds(acceptedAt), details: flag(hasDetails) }) } };
}

function toAttempt(attribute: AttributeValue | undefined): Attempt | null {
  if (attribute?.M === undefined) return null;
  const { accepted: _, details: __, ...published } = attribute.M;
  const read = recordFromAttribute<Omit<Attempt, 'acceptedAt' | 'hasDetails'>>(
    { M: published },
    { connectionStatus: null, observedAt: null },
  );
  const acceptedAt = instantIn(attribute.M, 'accepted');
  if (read === null || acceptedAt === null) throw new TypeError('an attempt has a time');
  return { ...read, acceptedAt, hasDetails: flagIn(attribute.M, 'details') };
}

/** The attribute of the success that `attempt` is. */
export const successToAttribute = (attempt: Attempt): AttributeValue =>
  recordToAttribute({ refreshId: attempt.refreshId, observedAt: attempt.observedAt ?? attempt.endedAt });

/** The attribute of a place in the schedule. */
export const enrolmentToAttribute = ({ everyHours, slot }: Enrolment): AttributeValue => ({
  M: { h: { N: String(everyHours) }, s: { S: slot } },
});

/** The way back from `enrolmentToAttribute`. */
export function toEnrolment(attribute: AttributeValue | undefined): Enrolment | null {
  if (attribute?.M === undefined) return null;
  const everyHours = countIn(attribute.M, 'h', 0);
  if (everyHours !== 0 && !isEveryHours(everyHours)) throw new TypeError('a period that is not on offer');
  return { everyHours, slot: textIn(attribute.M, 's') ?? '' };
}

/** The attribute of why a member is held back. */
export const heldToAttribute = ({ since, code, action }: Held): AttributeValue => ({
  M: present({ since: milliseconds(since), code: text(code), action: text(action) }),
});

function toHeld(attribute: AttributeValue | undefined): Held | null {
  if (attribute?.M === undefined) return null;
  const since = instantIn(attribute.M, 'since');
  const { code, action } = recordFromAttribute<Pick<Held, 'code' | 'action'>>(attribute, {}) ?? {};
  if (since === null || code === undefined || action === undefined) throw new TypeError('what is held back says why');
  return { since, code, action };
}

/** The attribute of a change that is yet to be told. */
export const changeToAttribute = ({ from, to, at, refreshId }: ConnectionChange): AttributeValue => ({
  M: present({ before: text(from), after: text(to), at: milliseconds(at), refresh_id: text(refreshId) }),
});

function toChange(attribute: AttributeValue | undefined): ConnectionChange | null {
  if (attribute?.M === undefined) return null;
  const at = instantIn(attribute.M, 'at');
  if (at === null) throw new TypeError('a change has a time');
  return {
    from: textIn(attribute.M, 'before'),
    to: textIn(attribute.M, 'after'),
    at,
    refreshId: textIn(attribute.M, 'refresh_id'),
  };
}
