/**
 * The items of the members table: keys, and the codec of a member's own item. Each write of that item is paid for by its
 * whole size, so it has to stay within one write unit, 1,024 bytes: no text in it has an unbounded length, instants that
 * only this service reads are numbers, what is false or null is absent, and a claim's attributes have short names. `last_attempt`,
 * `last_success` and `deleted_at` are published: `docs/members-table.md`.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isAttentionAction } from '../domain/action.ts';
import type { Attention, AttentionChange } from '../domain/attention.ts';
import type { ConnectionChange } from '../domain/event.ts';
import { isEveryHours } from '../domain/every-hours.ts';
import type { Held } from '../domain/held.ts';
import { epochMillisecondsOf, instantOf } from '../domain/instant.ts';
import type { MemberBody, MemberRecord, Success } from '../domain/member.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Attempt } from '../domain/refresh.ts';
import type { Enrolment } from '../domain/schedule.ts';
import { callerTagIn, type StartMark, startedAt, startMark } from '../domain/start-mark.ts';
import { successOf } from '../domain/success.ts';
import { fromAttributes, type Item, recordFromAttribute, recordToAttribute, toAttribute } from './attribute-values.ts';
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
export const memberAlias = (userGuid: string, memberId: string): Item => itemKey(userGuid, `${aliasPrefix}${memberId}`);

/** What the keys of a user's own ids begin with, which stand in the user's partition. */
export const ownIdPrefix = 'OWN_ID#';

/** Says that the user's own id leads to the user: there is no other way from the user to it. */
export const ownIdOf = (userGuid: string, userId: string): Item => itemKey(userGuid, `${ownIdPrefix}${userId}`);

/** What the keys of aliases of members begin with. */
export const aliasPrefix = 'ALIAS#';

/** Says that everything of the user was erased, and when that was asked for. */
export const userTombstone = (userGuid: string): Item => itemKey(userGuid, 'ERASED');

/** What the key of such an item begins with. */
export const bodyPrefix = 'BODY#';

/** The item of MX's member object, which stands beside the member's own. */
export const bodyKey = ({ userGuid, memberGuid }: MemberKey): Item => itemKey(userGuid, `${bodyPrefix}${memberGuid}`);

/** What stands in it. */
export const bodyAttributes = ({ body, seenAt }: MemberBody): Item => ({
  body: toAttribute(body),
  seen_at: millisecondsOf(seenAt),
});

/** The way back from `bodyAttributes`; null for a tombstone. */
export function toBody(item: Item): MemberBody | null {
  const seenAt = instantIn(item, 'seen_at');
  const { body } = item;
  return body?.M === undefined || seenAt === null ? null : { body: fromAttributes(body.M), seenAt };
}

/** Names of the attributes that only this service reads. */
export const memberAttribute = {
  /** When the newest body was read that was stored or was about to be. */
  seenAt: 'sa',
  /** When a read of it outside a refresh was last reserved. */
  readAt: 'ra',
  /** Changes with the own ids that lead to the member: their alias items are written only then. */
  aliases: 'al',
  institutionCode: 'ic',
  enrolment: 'en',
  /** How many changes `starts` has seen. */
  startsVersion: 'sv',
  /** No start before this. */
  startNotBefore: 'nb',
  /** How many changes `enrolment` has seen. */
  enrolmentVersion: 'ev',
  processedUntil: 'pu',
  untoldChange: 'uc',
  importsMove: 'im',
  /** When MX did not know the member. */
  missing: 'ms',
  /** Why the schedule holds the member back. */
  held: 'he',
  /** Why it waits for a person; for what and since when are the keys of an index. */
  attentionCode: 'ac',
  /** When that was found. */
  attentionAsOf: 'aa',
} as const;

/** The member that its item is. */
export function toRecord(item: Item): MemberRecord {
  const { starts } = item;
  const lastAttempt = toAttempt(item['last_attempt']);
  return {
    key: { userGuid: textIn(item, 'user_guid') ?? '', memberGuid: textIn(item, 'item_key') ?? '' },
    seenAt: instantIn(item, memberAttribute.seenAt),
    aliasMark: textIn(item, memberAttribute.aliases),
    institutionCode: textIn(item, memberAttribute.institutionCode),
    claim: toClaim(item, instantIn(item, membersTable.openIndex.sortKey), lastAttempt),
    lastAttempt,
    lastSuccess: recordFromAttribute<Success>(item['last_success'], { incomplete: false }),
    starts: toStarts(starts),
    startsVersion: countIn(item, memberAttribute.startsVersion, 0),
    startNotBefore: instantIn(item, memberAttribute.startNotBefore),
    enrolment: toEnrolment(item[memberAttribute.enrolment]),
    processedUntil: instantIn(item, memberAttribute.processedUntil),
    untoldChange: toChange(item[memberAttribute.untoldChange]),
    importsMove: flagIn(item, memberAttribute.importsMove),
    missing: instantIn(item, memberAttribute.missing),
    held: toHeld(item[memberAttribute.held]),
    attention: toAttention(item),
    deletedAt: textIn(item, 'deleted_at'),
  };
}

/** The attribute of the member's starts: milliseconds, and what stands for the caller behind the decimal point. */
export const startsToAttribute = (starts: readonly StartMark[]): AttributeValue => ({
  L: starts.map((mark) => {
    const tag = callerTagIn(mark);
    return { N: `${epochMillisecondsOf(startedAt(mark))}${tag === null ? '' : `.${tag}`}` };
  }),
});

const toStarts = (attribute: AttributeValue | undefined): readonly StartMark[] =>
  (attribute?.L ?? []).flatMap(({ N: start }) => {
    if (start === undefined) return [];
    // DynamoDB leaves out zeros at the end.
    const [at, tag] = start.split('.');
    return [startMark(instantOf(Number(at)), tag === undefined ? null : tag.padEnd(2, '0'))];
  });

/** Attributes of an attempt that are not published. */
export const attemptAttribute = {
  acceptedAt: 'a',
  /** Its refresh's item has texts or questions. */
  hasDetails: 'd',
} as const;

/** The attribute of an attempt. */
export function attemptToAttribute({ acceptedAt, hasDetails, ...published }: Attempt): AttributeValue {
  const { M = {} } = recordToAttribute(published);
  return {
    M: {
      ...M,
      ...present({
        [attemptAttribute.acceptedAt]: milliseconds(acceptedAt),
        [attemptAttribute.hasDetails]: flag(hasDetails),
      }),
    },
  };
}

function toAttempt(attribute: AttributeValue | undefined): Attempt | null {
  if (attribute?.M === undefined) return null;
  const { [attemptAttribute.acceptedAt]: _, [attemptAttribute.hasDetails]: __, ...published } = attribute.M;
  const read = recordFromAttribute<Omit<Attempt, 'acceptedAt' | 'hasDetails'>>(
    { M: published },
    { connectionStatus: null, observedAt: null },
  );
  const acceptedAt = instantIn(attribute.M, attemptAttribute.acceptedAt);
  if (read === null || acceptedAt === null) throw new TypeError('an attempt has a time');
  return { ...read, acceptedAt, hasDetails: flagIn(attribute.M, attemptAttribute.hasDetails) };
}

/** The attribute of the success that `attempt` is. */
export function successToAttribute(attempt: Attempt): AttributeValue {
  const { incomplete, ...success } = successOf(attempt);
  return recordToAttribute({ ...success, incomplete: incomplete || null });
}

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
  M: { t: millisecondsOf(since), c: { S: code }, a: { S: action } },
});

function toHeld(attribute: AttributeValue | undefined): Held | null {
  if (attribute?.M === undefined) return null;
  const since = instantIn(attribute.M, 't');
  const { c: code, a: action } = attribute.M;
  if (since === null || code === undefined || action === undefined) throw new TypeError('what is held back says why');
  const why = recordFromAttribute<Pick<Held, 'code' | 'action'>>({ M: { code, action } }, {});
  return why && { since, ...why };
}

const { partitionKey: attentionKey, sortKey: attentionSince } = membersTable.attentionIndex;

/** The attributes of what a member waits for. Those of one that waits for no person are removed. */
export const attentionAttributes = (change: AttentionChange): Readonly<Record<string, AttributeValue | undefined>> => {
  if (change === 'as_it_is') return {};
  const { action, since, code, asOf } = change ?? {};
  return {
    [attentionKey]: text(action),
    [attentionSince]: milliseconds(since),
    [memberAttribute.attentionCode]: text(code),
    [memberAttribute.attentionAsOf]: milliseconds(asOf),
  };
};

function toAttention(item: Item): Attention | null {
  const action = textIn(item, attentionKey);
  const since = instantIn(item, attentionSince);
  const asOf = instantIn(item, memberAttribute.attentionAsOf);
  const { [memberAttribute.attentionCode]: code } = item;
  // An action of a later release is for its functions.
  if (action === null || !isAttentionAction(action) || since === null || asOf === null || code === undefined)
    return null;
  const why = recordFromAttribute<Pick<Attention, 'code'>>({ M: { code } }, {});
  return why && { action, since, asOf, ...why };
}

/** The attribute of a change whose event is still to be sent. */
export const changeToAttribute = ({ from, to, at, refreshId }: ConnectionChange): AttributeValue => ({
  M: present({ b: text(from), a: text(to), t: millisecondsOf(at), r: text(refreshId) }),
});

function toChange(attribute: AttributeValue | undefined): ConnectionChange | null {
  if (attribute?.M === undefined) return null;
  const at = instantIn(attribute.M, 't');
  if (at === null) throw new TypeError('a change has a time');
  return {
    from: textIn(attribute.M, 'b'),
    to: textIn(attribute.M, 'a'),
    at,
    refreshId: textIn(attribute.M, 'r'),
  };
}
