/** The verdict on stored balances: how old, by which refresh, fresh or stale, and why. */
import type { AccountStaleReason, StoredBalance } from './balance.ts';
import { heldOf } from './held.ts';
import { type Instant, secondsBetween } from './instant.ts';
import type { MemberRecord } from './member.ts';
import type { OutcomeCode } from './outcome.ts';
import type { Trigger } from './refresh.ts';

/**
 * Why balances are stale: a reason of the account itself, the code of the last attempt that ended without success, or
 * that there was none. `no_accounts`: the last success found no account.
 */
export type StaleReason = OutcomeCode | AccountStaleReason | 'no_longer_listed' | 'not_refreshed_since';

/** How fresh balances are. */
export interface Freshness {
  readonly verdict: 'fresh' | 'stale';
  /** What the age is counted from: of the oldest account, because a list is as fresh as its oldest account. */
  readonly freshAsOf: Instant;
  /** When that account was read from MX. */
  readonly observedAt: Instant;
  /** Since `freshAsOf`. */
  readonly ageSeconds: number;
  readonly refreshId: string;
  /** Null when there is no account that could say it. */
  readonly trigger: Trigger | null;
  /** Why it is stale; `null` while fresh. */
  readonly reason: StaleReason | null;
}

type Attempts = Pick<MemberRecord, 'lastAttempt' | 'lastSuccess'> & Partial<Pick<MemberRecord, 'claim' | 'held'>>;

/**
 * The freshness of `balances` at `now`; `null` when nothing is known. Accounts that MX no longer lists are never fresh;
 * beside listed ones they do not count. Nor is one fresh that MX lists and that cannot be read. An empty list after a
 * success is stale: MX had nothing to show.
 */
export function freshnessOf(
  balances: readonly StoredBalance[],
  member: Attempts | null,
  now: Instant,
  staleAfterSeconds: number,
): Freshness | null {
  const listed = balances.filter((balance) => balance.listed);
  const oldest = oldestOf(listed);
  if (oldest === null) return withoutListed(balances, member, now);
  if (ageAt(now, oldest.freshAsOf) > staleAfterSeconds || isGone(oldest.observedAt, member)) {
    return stale(oldest, now, reasonFor(oldest, member));
  }
  const unreadable = oldestOf(listed.filter(({ staleReason }) => staleReason === 'unreadable'));
  if (unreadable !== null) return stale(unreadable, now, reasonFor(unreadable, member));
  return { ...factsOf(oldest, now), verdict: 'fresh', reason: null };
}

/**
 * Whether stored balances are good enough for a caller who accepts those of at most `maxAgeSeconds`, so that no job is
 * started. Old ones are, too, when the last success lies within that age and has shown that a job does not help: they are
 * accounts that it left behind or that cannot be read. So is a list that it found empty. An interrupted storing has shown
 * nothing of what it did not write.
 */
export function isYoungEnough(
  balances: readonly StoredBalance[],
  member: Attempts,
  now: Instant,
  maxAgeSeconds: number,
): boolean {
  const { lastAttempt, lastSuccess } = member;
  if (lastSuccess !== null && isGone(lastSuccess.observedAt, member)) return false;
  const isOld = (since: Instant): boolean => ageAt(now, since) > maxAgeSeconds;
  const listed = balances.filter((balance) => balance.listed);
  const old = listed.filter(({ freshAsOf, staleReason }) => staleReason === 'unreadable' || isOld(freshAsOf));
  if (listed.length > 0 && old.length === 0) return true;
  if (lastSuccess === null || isOld(lastSuccess.observedAt)) return false;
  if (lastAttempt?.code === 'stored_in_part' && lastAttempt.refreshId === lastSuccess.refreshId) return false;
  return old.every(
    ({ staleReason, refreshId }) =>
      staleReason === 'unreadable' || (staleReason === 'not_imported' && refreshId === lastSuccess.refreshId),
  );
}

function withoutListed(balances: readonly StoredBalance[], member: Attempts | null, now: Instant): Freshness | null {
  const unlisted = oldestOf(balances);
  if (unlisted !== null) return stale(unlisted, now, 'no_longer_listed');
  const success = member?.lastSuccess ?? null;
  if (success === null) return null;
  const { observedAt, refreshId } = success;
  const nothing = { freshAsOf: observedAt, observedAt, refreshId, trigger: null };
  return stale(nothing, now, failedSince(observedAt, member) ?? 'no_accounts');
}

/**
 * The freshness of a list that has the balances of several members: that of the member whose verdict is worst, and of the
 * oldest among these. `null` when one of them has never been refreshed: the list lacks its accounts.
 */
export function leastFresh(members: readonly (Freshness | null)[]): Freshness | null {
  const known = members.filter((freshness) => freshness !== null);
  if (known.length < members.length) return null;
  const stale = known.filter(({ verdict }) => verdict === 'stale');
  return (stale.length > 0 ? stale : known).reduce<Freshness | null>(
    (worst, freshness) => (worst === null || freshness.freshAsOf < worst.freshAsOf ? freshness : worst),
    null,
  );
}

type Facts = Pick<Freshness, 'freshAsOf' | 'observedAt' | 'refreshId' | 'trigger'>;

const factsOf = ({ freshAsOf, observedAt, refreshId, trigger }: Facts, now: Instant) => ({
  freshAsOf,
  observedAt,
  refreshId,
  trigger,
  ageSeconds: ageAt(now, freshAsOf),
});

const stale = (of: Facts, now: Instant, reason: StaleReason): Freshness => ({
  ...factsOf(of, now),
  verdict: 'stale',
  reason,
});

const ageAt = (now: Instant, since: Instant): number => Math.max(0, Math.floor(secondsBetween(since, now)));

const oldestOf = (balances: readonly StoredBalance[]): StoredBalance | null =>
  balances.reduce<StoredBalance | null>(
    (least, balance) => (least === null || balance.freshAsOf < least.freshAsOf ? balance : least),
    null,
  );

const reasonFor = ({ observedAt, staleReason }: StoredBalance, member: Attempts | null): StaleReason =>
  failedSince(observedAt, member) ?? staleReason ?? heldCode(member) ?? 'not_refreshed_since';

/** Why the schedule does not refresh them. */
function heldCode(member: Attempts | null): OutcomeCode | null {
  if (!member) return null;
  const { held = null, claim = null, lastAttempt } = member;
  return heldOf({ held, claim, lastAttempt })?.code ?? null;
}

/** Whether MX has said since `observedAt` that it does not know the member: then nothing that it said before is fresh. */
const isGone = (observedAt: Instant, member: Attempts | null): boolean =>
  failedSince(observedAt, member) === 'mx_not_found';

/** The code of the last attempt, when it ended after `observedAt` and brought nothing. */
function failedSince(observedAt: Instant, member: Attempts | null): OutcomeCode | null {
  const attempt = member?.lastAttempt;
  return attempt && attempt.outcome !== 'succeeded' && attempt.endedAt > observedAt ? attempt.code : null;
}
