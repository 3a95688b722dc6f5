/** The items of the members table: keys and the codec of a member's own item. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { ExactObject } from '../domain/decimal.ts';
import type { ConnectionChange } from '../domain/event.ts';
import type { Instant } from '../domain/instant.ts';
import type { MemberRecord, Success } from '../domain/member.ts';
import type { Attempt, Claim, Result, RunningClaim, Start } from '../domain/refresh.ts';
import type { Enrolment } from '../domain/schedule.ts';
import { fromAttributes, type Item, recordFromAttribute, recordToAttribute } from './attribute-values.ts';
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
    heeded_until: processed,
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
    processedUntil: processed?.S ?? null,
    untoldChange: recordFromAttribute<ConnectionChange>(untold, { from: null, to: null, refreshId: null }),
    importsMove: item['imports_move']?.BOOL === true,
    deletedAt: deleted?.S ?? null,
  };
}

/** A start as it is stored: with the same attributes in every state, a look's number being called `look`. */
const storedStart = (start: Start) =>
  start.state === 'none'
    ? { state: start.state, at: null, count: 0, look: 0, jobGuid: null }
    : { state: start.state, at: start.at, count: start.count, look: start.lookNumber, jobGuid: start.jobGuid };

/** The attribute of a start. */
export const startToAttribute = (start: Start): AttributeValue => recordToAttribute(storedStart(start));

/** The attribute of a claim, from its beginning. */
export const claimToAttribute = ({ start, lookNumber, ...claim }: RunningClaim): AttributeValue =>
  recordToAttribute({ ...claim, start: storedStart(start), look: lookNumber });

/** A claim as it is stored, with what `recordToAttribute` leaves out. */
interface StoredClaim extends Omit<RunningClaim, 'phase' | 'start' | 'lookNumber'> {
  readonly phase: Claim['phase'];
  readonly start: {
    readonly state: Start['state'];
    readonly at?: Instant;
    readonly count: number;
    readonly look: number;
  } & {
    readonly jobGuid?: string | null;
  };
  readonly look: number;
  readonly result: Result | null;
}

function toClaim(attribute: AttributeValue | undefined): Claim | null {
  const stored = recordFromAttribute<StoredClaim>(attribute, {
    baseline: null,
    lookedAt: null,
    jobAggregatedAt: null,
    result: null,
    challenges: [],
  });
  if (stored === null) return null;
  const { phase, result, start, look, baseline, ...facts } = stored;
  const emptyBaseline = {
    connectionStatus: null,
    mostRecentJobGuid: null,
    aggregatedAt: null,
    successfullyAggregatedAt: null,
  };
  const claim = {
    ...facts,
    start: toStart(start),
    lookNumber: look,
    baseline: baseline && { ...emptyBaseline, ...baseline },
  };
  if (phase !== 'ended') return { ...claim, phase };
  if (result === null) throw new TypeError(`the claim ${facts.refreshId} has ended and has no result`);
  return { ...claim, phase, result: { ...emptyResult, ...result } };
}

function toStart({ state, at, count, look, jobGuid = null }: StoredClaim['start']): Start {
  if (state === 'none') return { state };
  if (at === undefined) throw new TypeError('a start that was sent has a time');
  return { state, at, count, lookNumber: look, jobGuid };
}
