/**
 * What is learnt from the job of a refresh that has ended: how long it took. Lengths are differences between two times of
 * one clock, MX's or ours, which may be apart.
 *
 *     the job                                                          counts
 *     not known to be ours, or its user took part                      not
 *     calls to MX were paused between its POST and its last look       not
 *     ran at the deadline, and had run for half of the refresh         in the last bin
 *     ended other than well                                            not
 *     ended well, both of MX's times have moved since the baseline     by these, if nothing speaks against them
 *     ended well otherwise                                             by the looks before and after its end, if they are
 *                                                                      near each other
 */
import type { Ending } from './ending.ts';
import { jobBeganAt, showsOurJob, succeededSince } from './evidence.ts';
import { type Instant, secondsBetween } from './instant.ts';
import { BINS, binOf, binStarts } from './job-lengths.ts';
import type { MxMember } from './mx.ts';
import { type Pause, pausedSeconds } from './pause.ts';
import type { Baseline, OpenClaim, SentStart } from './refresh.ts';
import { ruleFor } from './statuses.ts';

/** Why nothing is learnt from a job, each with what it means. Counted as a metric. */
export const dropReasons = {
  attended: 'Its user was present, or was asked something.',
  not_ours: 'It ran before our POST, MX refused or did not confirm the POST, or MX shows another job.',
  restarted: 'It was requested more than once.',
  not_seen: 'The refresh ended without a look at MX.',
  paused: 'Calls to MX were paused between its request and the last look.',
  not_succeeded: 'It ended other than well.',
  started_late: 'It ran at the deadline, but had been requested shortly before.',
  time_in_future: 'MX says that it ended after MX said so.',
  time_before_start: 'MX says that it began before our POST.',
  times_reversed: 'It ended before it began, by MX’s times, or it was seen over before it was seen running.',
  times_against_looks: 'MX’s times say another length than the looks allow.',
  too_wide: 'The looks before and after its end are too far apart to tell its length.',
} as const satisfies Readonly<Record<string, string>>;

/** Why nothing is learnt from a job. */
export type DropReason = keyof typeof dropReasons;

/** Every such reason, in the order of the table. */
export const everyDropReason = Object.keys(dropReasons) as readonly DropReason[];

/** What a refresh knows of its job when it ends. */
export interface EndedJob {
  readonly claim: Pick<
    OpenClaim,
    'acceptedAt' | 'deadline' | 'userPresent' | 'baseline' | 'start' | 'seenStatus' | 'lookedAt'
  >;
  readonly ending: Pick<Ending, 'outcome'>;
  /** As the look that ended the refresh saw it; null: no look did. */
  readonly member: MxMember | null;
  /** When the last look that saw the job running was taken, by our clock; null: none did, or it is not known. */
  readonly runningAt: Instant | null;
}

/** What is counted of a job: one more in a bin, or nothing; with `too_wide`, one more of `JobCounts.tooWide`. */
export type JobSample = { readonly bin: number } | { readonly dropped: DropReason };

/** The looks around a job's end may be this part of its length apart. A bin is about as wide. */
const WIDEST = 1 / 3;

/** By so many seconds two times of one clock may be wrong: MX may write whole seconds, and a call takes some time. */
const TOLERANCE_SECONDS = 3;

/** A job that ran at the deadline counts if it had run for this part of the refresh's time. */
const LONG_ENOUGH = 1 / 2;

/** How long a job that counts in the last bin has run at least, in seconds, where refreshes have so much time. */
export const leastOfLastBin = (deadlineSeconds: number): number =>
  Math.min(LONG_ENOUGH * deadlineSeconds, ...binStarts.slice(BINS - 1, BINS));

/** What is counted of the job of a refresh that has ended. @param pauses in order */
export function sampleOf(job: EndedJob, pauses: readonly Pause[]): JobSample {
  const { claim, ending, member, runningAt } = job;
  const { baseline, start, lookedAt } = claim;
  const asksUser = [baseline, claim.seenStatus].some((status) => status && ruleFor(status.connectionStatus).asksUser);
  if (claim.userPresent || asksUser) return drop('attended');
  if (start.state !== 'accepted' || baseline === null || baseline.isBeingAggregated) return drop('not_ours');
  if (start.count > 1) return drop('restarted');
  if (member === null || lookedAt === null) return drop('not_seen');
  if (!isOurs(claim, start, baseline, member)) return drop('not_ours');
  if (pausedSeconds(pauses, start.at, lookedAt) > 0) return drop('paused');
  const seen: Interval = {
    atLeast: runningAt === null ? 0 : secondsBetween(start.at, runningAt),
    atMost: secondsBetween(start.at, lookedAt),
  };
  if (ending.outcome === 'timed_out' && member.isBeingAggregated) return atDeadline(claim, seen);
  if (ending.outcome !== 'succeeded') return drop('not_succeeded');
  if (seen.atLeast < 0 || seen.atMost <= seen.atLeast) return drop('times_reversed');
  const began = jobBeganAt(claim, member);
  const { successfullyAggregatedAt: ended } = member;
  return began !== null && ended !== null && succeededSince(baseline, member)
    ? byMx({ began, ended, notBefore: baseline.answeredAt, notAfter: member.answeredAt }, seen)
    : byLooks(seen);
}

/** MX begins a job within so many seconds of the answer that was read before its POST. */
const BEGINS_WITHIN_SECONDS = 5;

/**
 * The job that the 202 named. Where it has named none, or the one before ours, because it lags behind: a new one that
 * began at our POST, by MX's clock.
 */
function isOurs(claim: EndedJob['claim'], { jobGuid }: SentStart, baseline: Baseline, member: MxMember): boolean {
  if (jobGuid !== null && jobGuid !== baseline.mostRecentJobGuid) return showsOurJob(claim, member);
  const { mostRecentJobGuid, aggregatedAt } = member;
  if (mostRecentJobGuid === null || mostRecentJobGuid === baseline.mostRecentJobGuid) return false;
  if (aggregatedAt === null || baseline.answeredAt === null) return false;
  const after = secondsBetween(baseline.answeredAt, aggregatedAt);
  return after >= -TOLERANCE_SECONDS && after <= BEGINS_WITHIN_SECONDS;
}

/** What looks say of a job's length, in seconds since its POST. */
interface Interval {
  readonly atLeast: number;
  readonly atMost: number;
}

/** By MX's clock. */
interface MxTimes {
  readonly began: Instant;
  readonly ended: Instant;
  /** When MX showed the member before our POST; null: it did not say. */
  readonly notBefore: Instant | null;
  /** When MX showed the job's end; null: it did not say. */
  readonly notAfter: Instant | null;
}

const drop = (dropped: DropReason): JobSample => ({ dropped });

/** Without it no job of an institution whose jobs outlast the deadline would ever count. */
function atDeadline({ acceptedAt, deadline }: EndedJob['claim'], { atMost }: Interval): JobSample {
  const isLong = atMost >= LONG_ENOUGH * secondsBetween(acceptedAt, deadline);
  return isLong ? { bin: BINS - 1 } : drop('started_late');
}

function byMx({ began, ended, notBefore, notAfter }: MxTimes, seen: Interval): JobSample {
  const isAfter = (later: Instant, earlier: Instant): boolean => secondsBetween(earlier, later) > TOLERANCE_SECONDS;
  if (notAfter !== null && isAfter(ended, notAfter)) return drop('time_in_future');
  if (notBefore !== null && isAfter(notBefore, began)) return drop('time_before_start');
  const length = secondsBetween(began, ended);
  if (length < 0) return drop('times_reversed');
  const tolerance = Math.max(TOLERANCE_SECONDS, WIDEST * seen.atLeast);
  const isPossible = length >= seen.atLeast - tolerance && length <= seen.atMost + TOLERANCE_SECONDS;
  return isPossible ? { bin: binOf(length) } : drop('times_against_looks');
}

/** The middle of the two looks: their later one would call every job longer than it was. */
function byLooks({ atLeast, atMost }: Interval): JobSample {
  const length = (atLeast + atMost) / 2;
  return atMost - atLeast > WIDEST * length ? drop('too_wide') : { bin: binOf(length) };
}
