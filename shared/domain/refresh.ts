/** A refresh: one attempt to bring a member's balances up to date, and everything that is remembered about it. */
import type { Action } from './action.ts';
import type { Instant } from './instant.ts';
import type { Challenge, MemberKey } from './mx.ts';
import type { Outcome, OutcomeCode } from './outcome.ts';

/** What asked for a refresh. `mx_webhook`: MX gathered data by itself and we only read it. */
export type Trigger = 'http' | 'schedule' | 'mx_webhook';

/** How a refresh ended, and what to do about it. */
export interface Result {
  readonly outcome: Outcome;
  readonly action: Action;
  /** Why, for example `denied`, `no_evidence`, `mx_forbidden`. Listed in `docs/outcomes.md`. */
  readonly code: OutcomeCode;
  /** One sentence for whoever operates or integrates this. */
  readonly message: string;
  /** MX's own text for the end user, when MX gave one. */
  readonly userMessage: string | null;
  /** MX's connection status at the end; null when MX was not read or said null. */
  readonly connectionStatus: string | null;
  /** What MX asks the user, with `answer_mfa`. */
  readonly challenges: readonly Challenge[];
  readonly endedAt: Instant;
  /** With `succeeded`: when the stored balances were observed. */
  readonly observedAt: Instant | null;
}

/** The member's state before the job was started; never overwritten, because it is what evidence is compared with. */
export interface Baseline {
  readonly connectionStatus: string | null;
  readonly mostRecentJobGuid: string | null;
  readonly aggregatedAt: Instant | null;
  readonly successfullyAggregatedAt: Instant | null;
  readonly isBeingAggregated: boolean;
}

/**
 * What is known about the newest POST of a refresh. `unknown`: sent, or about to be; the answer is not recorded.
 * `accepted`: MX answered 202. `conflict`: 409, a job of another kind runs. `rate_limited`: 429.
 */
export interface SentStart {
  readonly state: 'unknown' | 'accepted' | 'conflict' | 'rate_limited';
  /** When it was sent. */
  readonly at: Instant;
  /** How many POSTs this refresh has sent. */
  readonly count: number;
  /** The number of the last look before it; looks after it count towards the grace period. */
  readonly lookNumber: number;
  /** The job that the 202 named. */
  readonly jobGuid: string | null;
}

/** The start of the job: no POST was sent yet, or what is known of the newest one. */
export type Start = { readonly state: 'none' } | SentStart;

/** How many POSTs `start` stands for. */
export const postsOf = (start: Start): number => (start.state === 'none' ? 0 : start.count);

/** What every claim knows. */
interface ClaimFacts {
  readonly refreshId: string;
  readonly trigger: Trigger;
  readonly acceptedAt: Instant;
  readonly deadline: Instant;
  readonly userPresent: boolean;
  /** Null until MX could be read. */
  readonly baseline: Baseline | null;
  readonly start: Start;
  /** The number of the last look that was taken; 0 before the first. */
  readonly lookNumber: number;
  /** When that look was taken. */
  readonly lookedAt: Instant | null;
  /** `is_being_aggregated` was seen true after the POST: evidence that a later look cannot find again. */
  readonly flagSeen: boolean;
  /**
   * When this refresh's job began at MX, by MX's own clock: the first `aggregated_at` later than the baseline's. Null
   * until MX shows one.
   */
  readonly jobAggregatedAt: Instant | null;
  /** What MX asks the user right now, while a refresh with `userPresent` watches on. */
  readonly challenges: readonly Challenge[];
}

/** It is looked at until its job is over. */
export interface RunningClaim extends ClaimFacts {
  readonly phase: 'running';
}

/** A running claim that has sent a POST, or is about to. */
export interface StartedClaim extends RunningClaim {
  readonly start: SentStart;
}

/** Its job is over with success: accounts are being written, and only `succeeded` is possible. */
export interface StoringClaim extends ClaimFacts {
  readonly phase: 'storing';
}

/** The result stands; it still has to be published, and the claim removed. */
export interface EndedClaim extends ClaimFacts {
  readonly phase: 'ended';
  readonly result: Result;
}

/** A claim whose refresh has not ended. */
export type OpenClaim = RunningClaim | StoringClaim;

/** The member's refresh, held in the member's own item from its acceptance until its end is published. */
export type Claim = OpenClaim | EndedClaim;

/** One attempt, as the member remembers it after its claim is gone. */
export interface Attempt extends Result {
  readonly refreshId: string;
  readonly trigger: Trigger;
  readonly acceptedAt: Instant;
}

/** What every refresh shows. */
interface RefreshFacts {
  readonly refreshId: string;
  readonly member: MemberKey;
  readonly trigger: Trigger;
  readonly acceptedAt: Instant;
  readonly deadline: Instant;
  readonly userPresent: boolean;
  readonly challenges: readonly Challenge[];
}

/** A refresh that has not ended. */
export interface RunningRefresh extends RefreshFacts {
  readonly status: 'running';
  readonly result: null;
}

/** A refresh that has ended. */
export interface EndedRefresh extends RefreshFacts {
  readonly status: 'ended';
  readonly result: Result;
}

/** A refresh as a resource of its own: a projection of the claim. */
export type Refresh = RunningRefresh | EndedRefresh;

/** The refresh that `claim` is. */
export function refreshOf(member: MemberKey, claim: Claim): Refresh {
  const { refreshId, trigger, acceptedAt, deadline, userPresent, challenges } = claim;
  const facts = { refreshId, member, trigger, acceptedAt, deadline, userPresent };
  return claim.phase === 'ended'
    ? { ...facts, status: 'ended', challenges: claim.result.challenges, result: claim.result }
    : { ...facts, status: 'running', challenges, result: null };
}

/** A refresh that has ended, as its member remembers it. */
export const attemptOf = (ended: Pick<EndedRefresh, 'refreshId' | 'trigger' | 'acceptedAt' | 'result'>): Attempt => ({
  ...ended.result,
  refreshId: ended.refreshId,
  trigger: ended.trigger,
  acceptedAt: ended.acceptedAt,
});

/**
 * The longest that one look may be at work, in seconds: only after it may another one be taken in its place. The
 * functions that look have this as their timeout, so that it cannot be exceeded.
 */
export const LOOK_TIMEOUT_SECONDS = 30;
