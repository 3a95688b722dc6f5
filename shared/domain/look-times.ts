/** When to look again. Pure, so that a schedule learnt per institution can take this one's place. */
import { type Instant, secondsBetween } from './instant.ts';
import type { Policy } from './policy.ts';

/**
 * Seconds until the next look at a job that has run since `startedAt`: half of its age so far. Short jobs (most end
 * within 8 s) are noticed soon, long ones cost few looks; doubling would lag four times as much at the same cost.
 * Never under MX's minimum gap, never over the cap, and one look falls on the deadline.
 */
export function secondsToNextLook(startedAt: Instant, now: Instant, deadline: Instant, policy: Policy): number {
  const wanted = secondsBetween(startedAt, now) / 2;
  const bounded = Math.min(Math.max(wanted, policy.minLookGapSeconds), policy.maxLookGapSeconds);
  const left = Math.max(secondsBetween(now, deadline), policy.minLookGapSeconds);
  return Math.ceil(Math.min(bounded, left));
}

/** What the wait after a failed look depends on, besides the settings. */
export interface FailedLook {
  /** Failed ones in a row, with this one. */
  readonly failures: number;
  /** MX's own `Retry-After`, when it gave one. */
  readonly retryAfterSeconds: number | undefined;
  readonly now: Instant;
  readonly deadline: Instant;
  /** In [0, 1). */
  readonly random: number;
}

/**
 * Seconds until the next try after a failed one: exponential with full jitter, so that everything that met the same
 * outage does not come back at the same moment. MX's own `Retry-After` is the least.
 */
export function secondsAfterFailure(failed: FailedLook, policy: Policy): number {
  const { failures, retryAfterSeconds = policy.minLookGapSeconds, now, deadline, random } = failed;
  const ceiling = Math.min(policy.maxLookGapSeconds, policy.minLookGapSeconds * 2 ** failures);
  const jittered = policy.minLookGapSeconds + random * (ceiling - policy.minLookGapSeconds);
  const wanted = Math.max(jittered, Math.min(retryAfterSeconds, policy.maxLookGapSeconds));
  const left = Math.max(secondsBetween(now, deadline), policy.minLookGapSeconds);
  return Math.ceil(Math.min(wanted, left));
}
