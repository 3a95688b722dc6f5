/** Members that wait for their user or for support, as callers and operators read them: how many, or which. */
import { type AttentionAction, attentionActions } from './action.ts';
import type { Instant } from './instant.ts';
import type { MemberRecord } from './member.ts';
import type { MemberKey } from './mx.ts';
import { type OutcomeCode, outcomes } from './outcome.ts';

/** A place among the members that wait for one action. */
export interface WaitingPlace {
  readonly member: MemberKey;
  readonly since: Instant;
}

/** A member that the index lists, and its item. Null: it cannot be read here; a newer release may have written it. */
export interface ListedWaiting extends WaitingPlace {
  readonly record: MemberRecord | null;
}

/** Some of them. */
export interface ListedPage {
  readonly listed: readonly ListedWaiting[];
  /** Null: nothing comes behind them. */
  readonly next: WaitingPlace | null;
}

/** How many there are. */
export interface WaitingCount {
  readonly members: number;
  /** False: there are more, they were not counted to the end. */
  readonly isAll: boolean;
  /** Since when the first of them waits; null: there is none. */
  readonly oldestSince: Instant | null;
}

/** Reading the index of members that wait. It may be a moment old; the items that are read with it are not. */
export interface AttentionReader {
  /** At most `limit` members that wait for `action`, the oldest first, from behind `after`. */
  page(action: AttentionAction, limit: number, after: WaitingPlace | null): Promise<ListedPage>;
  /** Counts by reading at most `mostPages` answers of the table, of some 6,000 members each. */
  count(action: AttentionAction, mostPages: number): Promise<WaitingCount>;
}

/** The most members in a page: as many items as one BatchGetItem reads (AWS limit). */
export const MAX_WAITING = 100;

/** A member that waits. */
export interface WaitingMember {
  readonly userGuid: string;
  readonly memberGuid: string;
  readonly action: AttentionAction;
  readonly since: Instant;
  /** Why, by the newest word; null: written by a newer release. */
  readonly code: OutcomeCode | null;
  readonly message: string | null;
  /** MX's; null: not known. */
  readonly institutionCode: string | null;
  /** When a refresh of it last ended, and when its balances were last observed; null: never. */
  readonly lastAttemptAt: Instant | null;
  readonly lastSuccessAt: Instant | null;
}

/** A page of them. */
export interface WaitingPage {
  readonly members: readonly WaitingMember[];
  readonly next: WaitingPlace | null;
}

/** The members that wait for `action`. A page may have fewer than `limit` and not be the last: some wait no more. */
export async function listWaiting(
  reader: AttentionReader,
  action: AttentionAction,
  { limit, after }: { readonly limit: number; readonly after: WaitingPlace | null },
): Promise<WaitingPage> {
  const { listed, next } = await reader.page(action, limit, after);
  return { members: listed.flatMap((one) => waitingIn(one, action)), next };
}

function waitingIn({ member, since, record }: ListedWaiting, action: AttentionAction): readonly WaitingMember[] {
  const { userGuid, memberGuid } = member;
  if (record === null) {
    const unknown = { code: null, message: null, institutionCode: null, lastAttemptAt: null, lastSuccessAt: null };
    return [{ userGuid, memberGuid, action, since, ...unknown }];
  }
  const { attention, institutionCode, lastAttempt, lastSuccess } = record;
  if (attention?.action !== action) return [];
  const { code } = attention;
  return [
    {
      ...{ userGuid, memberGuid, action, since: attention.since, code, message: outcomes[code].message },
      institutionCode,
      lastAttemptAt: lastAttempt?.endedAt ?? null,
      lastSuccessAt: lastSuccess?.observedAt ?? null,
    },
  ];
}

/** How many wait for one action. */
export interface CountedWaiting extends WaitingCount {
  readonly action: AttentionAction;
}

/** How many members wait for each action, those for which none waits too. */
export const countWaiting = (reader: AttentionReader, mostPages: number): Promise<readonly CountedWaiting[]> =>
  Promise.all(attentionActions.map(async (action) => ({ action, ...(await reader.count(action, mostPages)) })));
