/**
 * When to look at a job, planned by how long the jobs of its institution take: again as soon as the lag expected since the
 * last look reaches a limit. `docs/looks.md` compares this rule with others and with the best possible schedule.
 */
import { type Instant, secondsBetween } from './instant.ts';
import { BINS, binStarts, type JobLengths } from './job-lengths.ts';
import { secondsToNextLook } from './look-times.ts';
import type { Policy } from './policy.ts';

/** What looks are planned by. */
export interface LookPlan {
  /** Null: lengths are not learnt, and looks come as `Policy` and `look-times.ts` say. */
  readonly lengths: JobLengths | null;
  /** The limit, in seconds, more than 0: a smaller one means more looks and less lag. */
  readonly lagSeconds: number;
  /** MX's webhook comes first, as a rule; looks are for those that get lost. */
  readonly webhooks: boolean;
}

/** The job that is looked at. */
export interface LookedAtJob {
  /** When it was requested, by our clock. */
  readonly startedAt: Instant;
  /** Of its refresh. */
  readonly deadline: Instant;
}

/** Where webhooks come first: the share of jobs, of those that run at a look, that are over at the next one. */
const OVER_AT_NEXT_LOOK = 0.8;

/**
 * Where webhooks come first: how many times the limit a lost one may lag. A look is sooner than at the share above where an
 * institution has quick jobs and slow ones, because then the slow ones alone tell when so many are over.
 */
const TIMES_LAG_OF_LOST = 6;

/** Seconds from the request for a job to the first look at it: whole ones, at most 900, as SQS delays a message. */
export const secondsToFirstLook = ({ lengths, ...plan }: LookPlan, job: LookedAtJob, policy: Policy): number =>
  lengths === null ? policy.firstLookSeconds : secondsByLengths({ ...plan, lengths }, job, job.startedAt, policy);

/**
 * Seconds from a look at `now`, which saw the job run, to the next one: whole ones, between MX's minimum gap and the cap
 * (`Policy`). One look falls on the deadline.
 */
export const secondsToLookAgain = (
  { lengths, ...plan }: LookPlan,
  job: LookedAtJob,
  now: Instant,
  policy: Policy,
): number =>
  lengths === null
    ? secondsToNextLook(job.startedAt, now, job.deadline, policy)
    : secondsByLengths({ ...plan, lengths }, job, now, policy);

function secondsByLengths(
  { lengths: { overBy }, lagSeconds, webhooks }: LookPlan & { readonly lengths: JobLengths },
  { startedAt, deadline }: LookedAtJob,
  now: Instant,
  { minLookGapSeconds, maxLookGapSeconds }: Policy,
): number {
  const age = Math.max(secondsBetween(startedAt, now), 0);
  const wanted = webhooks ? secondsToSafetyLook(overBy, age, lagSeconds) : secondsUntilLag(overBy, age, lagSeconds);
  const bounded = Math.min(Math.max(wanted, minLookGapSeconds), maxLookGapSeconds);
  const left = Math.max(secondsBetween(now, deadline), minLookGapSeconds);
  return Math.ceil(Math.min(bounded, left));
}

/** Half of the age at least: the distances grow also where an institution's jobs are all of about the same length. */
const secondsToSafetyLook = (overBy: readonly number[], age: number, lagSeconds: number): number =>
  Math.max(
    Math.min(secondsUntilMostAreOver(overBy, age), secondsUntilLag(overBy, age, TIMES_LAG_OF_LOST * lagSeconds)),
    age / 2,
  );

/**
 * Seconds after `age` until the lag expected since then is `limit`, for a job that runs at `age`: the integral over time of
 * the share of such jobs that are over. Lengths are taken as spread evenly over their bin, so that in a bin the share
 * grows along a line and the integral along a parabola. Infinite where no length says when such a job is over.
 */
function secondsUntilLag(overBy: readonly number[], age: number, limit: number): number {
  const overNow = shareOver(overBy, age);
  let missing = limit * (1 - overNow);
  for (const bin of new Array(BINS).keys()) {
    const [start, end] = [at(binStarts, bin), at(binStarts, bin + 1)];
    if (end <= age) continue;
    const from = Math.max(start, age);
    const slope = (at(overBy, bin + 1) - at(overBy, bin)) / (end - start);
    const over = at(overBy, bin) + slope * (from - start) - overNow;
    const gained = over * (end - from) + (slope * (end - from) ** 2) / 2;
    if (gained >= missing) return from - age + rootOf(slope, over, missing);
    missing -= gained;
  }
  return Number.POSITIVE_INFINITY;
}

/** The x with `over`·x + `slope`·x²/2 = `missing`, none of them negative and one of the first two positive. */
const rootOf = (slope: number, over: number, missing: number): number =>
  (2 * missing) / (over + Math.sqrt(over ** 2 + 2 * slope * missing));

/** Seconds after `age` until most of the jobs that run at `age` are over; none where no job is known to last so long. */
function secondsUntilMostAreOver(overBy: readonly number[], age: number): number {
  const overNow = shareOver(overBy, age);
  const wanted = overNow + OVER_AT_NEXT_LOOK * (1 - overNow);
  const bin = overBy.findIndex((over) => over >= wanted) - 1;
  const [start, end] = [at(binStarts, bin), at(binStarts, bin + 1)];
  const part = (wanted - at(overBy, bin)) / (at(overBy, bin + 1) - at(overBy, bin));
  return start + part * (end - start) - age;
}

/** The share of jobs that are over at `age`. */
function shareOver(overBy: readonly number[], age: number): number {
  const bin = binStarts.findLastIndex((seconds) => seconds <= age);
  if (bin < 0) return 0;
  if (bin >= BINS) return 1;
  const [start, end] = [at(binStarts, bin), at(binStarts, bin + 1)];
  return at(overBy, bin) + ((at(overBy, bin + 1) - at(overBy, bin)) * (age - start)) / (end - start);
}

const at = (values: readonly number[], index: number): number => values[index] ?? 0;
