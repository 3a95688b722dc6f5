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

/**
 * Seconds until the next try after `failures` failed ones in a row: exponential with full jitter (`random` is in
 * [0, 1)), so that everything that met the same outage does not come back at the same moment. MX's own `Retry-After`,
 * when it gives one, is the least.
 */
export function secondsAfterFailure(
  failures: number,
  retryAfterSeconds: number | undefined,
  now: Instant,
  deadline: Instant,
  policy: Policy,
  random: number,
): number {
  const ceiling = Math.min(policy.maxLookGapSeconds, policy.minLookGapSeconds * 2 ** failures);
  const jittered = policy.minLookGapSeconds + random * (ceiling - policy.minLookGapSeconds);
  const wanted = Math.max(jittered, Math.min(retryAfterSeconds ?? 0, policy.maxLookGapSeconds));
  const left = Math.max(secondsBetween(now, deadline), policy.minLookGapSeconds);
  return Math.ceil(Math.min(wanted, left));
}
