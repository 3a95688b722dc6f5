/**
 * What proves that *this* job ran and ended. Right after the POST, `CONNECTED`, `DENIED`, an error code and
 * `is_being_aggregated: false` may still be of the job before (MX facts 3.3, 3.4). A webhook is never evidence.
 */
import type { Instant } from './instant.ts';
import type { MxMember } from './mx.ts';
import type { Baseline, OpenClaim, SentStart } from './refresh.ts';

/** The baseline that `member` is, read before the POST. */
export const baselineOf = (member: MxMember): Baseline => ({
  connectionStatus: member.connectionStatus,
  mostRecentJobGuid: member.mostRecentJobGuid,
  aggregatedAt: member.aggregatedAt,
  successfullyAggregatedAt: member.successfullyAggregatedAt,
  isBeingAggregated: member.isBeingAggregated,
  answeredAt: member.answeredAt,
});

/**
 * How much is proven about the job of a claim, weakest first:
 *
 *     none     nothing shows that a job ran: no baseline to compare with, or nothing has changed since
 *     started  a new job guid (3.3, point 1), a later `aggregated_at` (2), or the flag is true now (3)
 *     ended    the flag was seen true and is false now; or a job started, and the status is not the baseline's any more;
 *              or `successfully_aggregated_at` is later (4), and the flag is false now
 */
export type Proof = 'none' | 'started' | 'ended';

const later = (now: string | null, before: string | null): boolean => now !== null && (before === null || now > before);

/**
 * When the job of `claim` began, by MX's clock, as far as `member` shows it: an `aggregated_at` later than the baseline's
 * (MX facts 3.3, point 2). Null without a baseline: nothing can be called later then. Null also when another job has
 * followed ours: then it is that one's.
 */
export function jobBeganAt(
  { baseline, start }: Pick<OpenClaim, 'baseline' | 'start'>,
  member: MxMember,
): Instant | null {
  if (baseline === null || !later(member.aggregatedAt, baseline.aggregatedAt)) return null;
  return start.state !== 'none' && anotherJobFollowed(start, baseline, member) ? null : member.aggregatedAt;
}

/**
 * The start by which imports are judged: the job's own, if MX has shown it. Else that of a job which ran already when the
 * baseline was read, as its flag or the 409 to our POST says: what has ended since is that one, or one that began later.
 */
export function importsSince(claim: Pick<OpenClaim, 'baseline' | 'start' | 'jobAggregatedAt'>): Instant | null {
  const { baseline, start, jobAggregatedAt } = claim;
  if (jobAggregatedAt !== null || baseline === null) return jobAggregatedAt;
  return baseline.isBeingAggregated || start.state === 'conflict' ? baseline.aggregatedAt : null;
}

/** MX facts 3.3, point 4: not required, but good proof of success when it happens. */
export const succeededSince = (baseline: Baseline, member: MxMember): boolean =>
  later(member.successfullyAggregatedAt, baseline.successfullyAggregatedAt);

/**
 * What `member` proves about the job of `claim`. A start alone proves no end: a lagging flag can be false while the job
 * has yet to run, beside a status that is still the last job's.
 */
export function proofIn(claim: Pick<OpenClaim, 'baseline' | 'flagSeen'>, member: MxMember): Proof {
  const { baseline, flagSeen } = claim;
  if (baseline === null) return 'none';
  if (succeededSince(baseline, member)) return member.isBeingAggregated ? 'started' : 'ended';
  if (member.isBeingAggregated) return 'started';
  if (flagSeen) return 'ended';
  const newJob =
    (member.mostRecentJobGuid !== null && member.mostRecentJobGuid !== baseline.mostRecentJobGuid) ||
    later(member.aggregatedAt, baseline.aggregatedAt);
  if (!newJob) return 'none';
  return member.connectionStatus !== baseline.connectionStatus ? 'ended' : 'started';
}

/** Whether another job has followed ours: ours is over, also while the flag is true (MX facts 3.3, point 1). */
export const anotherJobFollowed = (start: SentStart, baseline: Baseline, member: MxMember): boolean =>
  start.jobGuid !== null &&
  member.mostRecentJobGuid !== null &&
  member.mostRecentJobGuid !== start.jobGuid &&
  member.mostRecentJobGuid !== baseline.mostRecentJobGuid;

/** Whether `member` shows the job that the 202 named, and no other: only then is what it imported known to be ours. */
export const showsOurJob = ({ start }: Pick<OpenClaim, 'start'>, member: MxMember): boolean =>
  start.state !== 'none' && start.jobGuid !== null && member.mostRecentJobGuid === start.jobGuid;
