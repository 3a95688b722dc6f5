/** What is measured of refreshes that end, for metrics and the log. No name of a member, an institution or a caller. */
import { userActions } from './action.ts';
import type { StoredBalance } from './balance.ts';
import type { Ending } from './ending.ts';
import { anotherJobFollowed, succeededSince } from './evidence.ts';
import { type Instant, secondsBetween } from './instant.ts';
import type { MxMember } from './mx.ts';
import type { OpenClaim } from './refresh.ts';

/** Gets what is to be measured. Never throws: a number that is lost must not cost a refresh its end. */
export interface Measures {
  /** An end was written, by this function and no other. */
  readonly ended: (end: MeasuredEnd) => void;
  /** A list of accounts was stored. A message that SQS delivers twice may store it twice; that is seen, and told once. */
  readonly stored: (stored: MeasuredStore) => void;
}

/** A refresh that has ended. */
export interface MeasuredEnd {
  readonly claim: Pick<OpenClaim, 'acceptedAt' | 'lookNumber' | 'lookedAt' | 'baseline' | 'start'>;
  readonly ending: Pick<Ending, 'outcome' | 'action' | 'code'>;
  /** As the look that ended the refresh saw it; null: none did. */
  readonly member: MxMember | null;
  readonly endedAt: Instant;
}

/** A list of accounts that was stored by a refresh. */
export interface MeasuredStore {
  readonly refreshId: string;
  readonly observedAt: Instant;
  /** The member's accounts before it and after it. */
  readonly before: readonly StoredBalance[];
  readonly now: readonly StoredBalance[];
  /** Guids of accounts that the job has left behind. */
  readonly leftBehind: ReadonlySet<string>;
}

/**
 * Whether a refresh has brought no new balances for another reason than that its user has to act: what a rate of successes is
 * counted against.
 */
export const isMissed = ({ outcome, action }: Pick<Ending, 'outcome' | 'action'>): boolean =>
  outcome !== 'succeeded' && outcome !== 'action_required' && !userActions.has(action);

/** MX's header `Date` has whole seconds, its times of jobs may have fractions: so far they may seem the wrong way round. */
const CLOCK_TOLERANCE_SECONDS = 1;

/**
 * Seconds from the end of a refresh's job to its stored balances. Two clocks: by MX's, from its `successfully_aggregated_at`
 * to its answer to the look that saw it; by ours, from that look to the end. So it is too long by MX's time to answer that
 * look, and right to a second.
 *
 * Null when the refresh has not succeeded, or MX's times do not show when its own job ended.
 */
export function secondsAfterJobEnd({ claim, ending, member, endedAt }: MeasuredEnd): number | null {
  const { baseline, start, lookedAt } = claim;
  if (ending.outcome !== 'succeeded' || member === null || baseline === null || lookedAt === null) return null;
  const { successfullyAggregatedAt: jobEndedAt, answeredAt } = member;
  if (start.state !== 'accepted' || jobEndedAt === null || answeredAt === null) return null;
  if (!succeededSince(baseline, member) || anotherJobFollowed(start, baseline, member)) return null;
  const untilSeen = secondsBetween(jobEndedAt, answeredAt);
  if (untilSeen < -CLOCK_TOLERANCE_SECONDS) return null;
  return Math.max(0, untilSeen) + secondsBetween(lookedAt, endedAt);
}

/**
 * How old the oldest balance was that a refresh has replaced, in seconds: by how much readers had to put up with. Null when it
 * has replaced none, as a member's first refresh. Accounts that the job has left behind were not replaced.
 */
export function secondsUntilReplaced({ refreshId, observedAt, before, now, leftBehind }: MeasuredStore): number | null {
  const former = new Map(before.map((balance) => [balance.accountGuid, balance]));
  const ages = now
    .filter((balance) => balance.refreshId === refreshId && !leftBehind.has(balance.accountGuid))
    .flatMap(({ accountGuid }) => former.get(accountGuid) ?? [])
    .filter((balance) => balance.refreshId !== refreshId)
    .map(({ freshAsOf }) => secondsBetween(freshAsOf, observedAt));
  return ages.length === 0 ? null : Math.max(...ages);
}

/**
 * How many accounts a refresh has stored that its job has left behind. An account that an earlier delivery of the same message
 * has stored is not counted again.
 */
export function countLeftBehind({ refreshId, before, now, leftBehind }: MeasuredStore): number {
  const known = new Set(
    before.filter((balance) => balance.refreshId === refreshId).map((balance) => balance.accountGuid),
  );
  return now.filter(
    (balance) =>
      balance.refreshId === refreshId && leftBehind.has(balance.accountGuid) && !known.has(balance.accountGuid),
  ).length;
}
