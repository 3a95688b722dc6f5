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
 * What is known about the POST that starts the job. `none`: not sent. `unknown`: sent, or about to be; the answer is not
 * recorded. `accepted`: MX answered 202. `conflict`: 409, a job of another kind runs. `rate_limited`: 429.
 */
export type StartState = 'none' | 'unknown' | 'accepted' | 'conflict' | 'rate_limited';

/** The newest POST of a refresh. */
export interface Start {
  readonly state: StartState;
  /** When it was sent; null with `none`. */
  readonly at: Instant | null;
  /** How many POSTs this refresh has sent. */
  readonly count: number;
  /** The look number at which it was sent; looks after it count towards the grace period. */
  readonly look: number;
  /** The job that the 202 named. */
  readonly jobGuid: string | null;
}

/**
 * `running`: looked at until it is over. `storing`: over with success; accounts are being written and only `succeeded`
 * is possible. `ended`: the result stands; it still has to be published and the claim removed.
 */
export type Phase = 'running' | 'storing' | 'ended';

/** The member's running refresh, held in the member's own item. */
export interface Claim {
  readonly refreshId: string;
  readonly trigger: Trigger;
  readonly phase: Phase;
  readonly acceptedAt: Instant;
  readonly deadline: Instant;
  readonly userPresent: boolean;
  /** Null until MX could be read. */
  readonly baseline: Baseline | null;
  readonly start: Start;
  /** The number of the last look that was taken; 0 before the first. */
  readonly look: number;
  /** When that look was taken. */
  readonly lookedAt: Instant | null;
  /** `is_being_aggregated` was seen true after the POST: evidence that a later look cannot find again. */
  readonly flagSeen: boolean;
  /** What MX asks the user right now, while a refresh with `userPresent` watches on. */
  readonly challenges: readonly Challenge[];
  /** With phase `ended`. */
  readonly result: Result | null;
}

/** One attempt, as the member remembers it after its claim is gone. */
export interface Attempt extends Result {
  readonly refreshId: string;
  readonly trigger: Trigger;
  readonly acceptedAt: Instant;
}

/** A refresh as a resource of its own: a projection of the claim. */
export interface Refresh {
  readonly refreshId: string;
  readonly member: MemberKey;
  readonly trigger: Trigger;
  readonly status: 'running' | 'ended';
  readonly acceptedAt: Instant;
  readonly deadline: Instant;
  readonly userPresent: boolean;
  readonly challenges: readonly Challenge[];
  readonly result: Result | null;
}

/** The refresh that `claim` is. */
export const refreshOf = (member: MemberKey, claim: Claim): Refresh => ({
  refreshId: claim.refreshId,
  member,
  trigger: claim.trigger,
  status: claim.phase === 'ended' ? 'ended' : 'running',
  acceptedAt: claim.acceptedAt,
  deadline: claim.deadline,
  userPresent: claim.userPresent,
  challenges: claim.result?.challenges ?? claim.challenges,
  result: claim.result,
});

/**
 * The longest that one invocation of a function that looks may run, in seconds: its Lambda timeout. Within this time
 * of a look its function may still be at work; after it, it is not.
 */
export const LOOK_TIMEOUT_SECONDS = 30;
