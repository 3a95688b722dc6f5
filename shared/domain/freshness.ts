/** The verdict on stored balances: how old, by which refresh, fresh or stale, and why. */
import type { StoredBalance } from './balance.ts';
import { type Instant, secondsBetween } from './instant.ts';
import type { MemberRecord } from './member.ts';
import type { OutcomeCode } from './outcome.ts';
import type { Trigger } from './refresh.ts';

/** Why balances are stale: the code of the last attempt that ended otherwise, or what none has said. */
export type StaleReason = OutcomeCode | 'no_longer_listed' | 'not_refreshed_since';

/** How fresh balances are. */
export interface Freshness {
  readonly verdict: 'fresh' | 'stale';
  /** What verdict and age go by. Of the oldest account: a list is as fresh as its oldest account. */
  readonly freshAsOf: Instant;
  /** When that account was read from MX. */
  readonly observedAt: Instant;
  /** Since `freshAsOf`. */
  readonly ageSeconds: number;
  readonly refreshId: string;
  readonly trigger: Trigger;
  /** Why it is stale; `null` while fresh. */
  readonly reason: StaleReason | null;
}

/**
 * The freshness of `balances` at `now`; `null` for an empty list. An account that MX no longer lists says so itself and
 * does not make the others stale.
 */
export function freshnessOf(
  balances: readonly StoredBalance[],
  member: Pick<MemberRecord, 'lastAttempt' | 'lastSuccess'> | null,
  now: Instant,
  staleAfterSeconds: number,
): Freshness | null {
  const counted = balances.some((balance) => balance.listed) ? balances.filter((b) => b.listed) : balances;
  const [first, ...rest] = counted;
  if (first === undefined) return null;
  const oldest = rest.reduce((least, balance) => (balance.freshAsOf < least.freshAsOf ? balance : least), first);
  const ageSeconds = Math.max(0, Math.floor(secondsBetween(oldest.freshAsOf, now)));
  const stale = ageSeconds > staleAfterSeconds;
  return {
    verdict: stale ? 'stale' : 'fresh',
    freshAsOf: oldest.freshAsOf,
    observedAt: oldest.observedAt,
    ageSeconds,
    refreshId: oldest.refreshId,
    trigger: oldest.trigger,
    reason: stale ? reasonFor(oldest, member) : null,
  };
}

function reasonFor(oldest: StoredBalance, member: Pick<MemberRecord, 'lastAttempt'> | null): StaleReason {
  if (!oldest.listed) return 'no_longer_listed';
  const attempt = member?.lastAttempt;
  return attempt && attempt.outcome !== 'succeeded' && attempt.endedAt > oldest.observedAt
    ? attempt.code
    : 'not_refreshed_since';
}
