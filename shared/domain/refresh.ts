/** A refresh: one attempt to bring a member's balances up to date, and everything that is remembered about it. */
import type { Action } from './action.ts';
import type { Instant } from './instant.ts';
import type { Challenge, MemberKey } from './mx.ts';
import type { Outcome, OutcomeCode } from './outcome.ts';
import { type Progress, progressOf, type Unanswered } from './progress.ts';

/** What asked for a refresh. `mx_webhook`: MX gathered data by itself and we only read it. */
export type Trigger = 'http' | 'schedule' | 'mx_webhook';

/** How a refresh ended and what to do about it, as far as the member's own item says it. */
export interface End {
  readonly outcome: Outcome;
  readonly action: Action;
  /** Why, for example `denied`, `no_evidence`, `mx_forbidden`. Listed in `docs/outcomes.md`. */
  readonly code: OutcomeCode;
  /** MX's connection status at the end; null when MX was not read or said null. */
  readonly connectionStatus: string | null;
  readonly endedAt: Instant;
  /** With `succeeded`: when the stored balances were observed. */
  readonly observedAt: Instant | null;
}

/** Texts and questions of an end, of any length: they are in the refresh's item and never in the member's. */
export interface EndDetails {
  /** One sentence for operators and developers. */
  readonly message: string;
  /** MX's own text for the end user, when MX gave one. */
  readonly userMessage: string | null;
  /** What MX asks the user, with `answer_mfa`. */
  readonly challenges: readonly Challenge[];
}

/** How a refresh ended, and what to do about it. */
export interface Result extends End, EndDetails {}

/**
 * The member's state before the job was started: what evidence is compared with. It is kept until the refresh ends, except
 * that a POST after one that MX has refused for certain is compared with the member as read before that POST.
 */
export interface Baseline {
  readonly connectionStatus: string | null;
  readonly mostRecentJobGuid: string | null;
  readonly aggregatedAt: Instant | null;
  readonly successfullyAggregatedAt: Instant | null;
  readonly isBeingAggregated: boolean;
  /** MX's clock when it showed this, in whole seconds; null: it did not say. */
  readonly answeredAt: Instant | null;
}

/**
 * What is known about the newest POST of a refresh. `unknown`: sent, or about to be; the answer is not recorded.
 * `accepted`: MX answered 202. `conflict`: 409, a job of another kind runs. `rate_limited`: 429. `attached`: none was sent
 * and none will be; a job that ran already is followed.
 */
export interface SentStart {
  readonly state: 'unknown' | 'accepted' | 'conflict' | 'rate_limited' | 'attached';
  /** When it was sent; with `attached`: since when the job is followed. */
  readonly at: Instant;
  /** How many POSTs this refresh has sent; 0 with `attached`. */
  readonly count: number;
  /** The number of the last look before it; looks after it count towards the grace period. */
  readonly lookNumber: number;
  /** The job that the 202 named, or that is followed. */
  readonly jobGuid: string | null;
}

/** The start of the job: no POST was sent yet, or what is known of the newest one. */
export type Start = { readonly state: 'none' } | SentStart;

/** How many POSTs were sent up to `start`. */
export const postsOf = (start: Start): number => (start.state === 'none' ? 0 : start.count);

/** What every claim knows. */
interface ClaimFacts {
  readonly refreshId: string;
  readonly trigger: Trigger;
  readonly acceptedAt: Instant;
  readonly deadline: Instant;
  readonly userPresent: boolean;
  /** What the caller that began it calls it (`correlationOf`); null: it said nothing. */
  readonly correlationId: string | null;
  /** The number of the last look that was taken; 0 before the first. */
  readonly lookNumber: number;
  /** When that look was taken. */
  readonly lookedAt: Instant | null;
}

/** What a claim knows until its refresh has ended. */
interface OpenClaimFacts extends ClaimFacts {
  /** Two digits that stand for the caller that began it: its starts count for that caller. Null: no caller did. */
  readonly callerTag: string | null;
  /** Null until MX could be read. */
  readonly baseline: Baseline | null;
  readonly start: Start;
  /** `is_being_aggregated` was seen true after the POST: evidence that a later look cannot find again. */
  readonly flagSeen: boolean;
  /**
   * When this refresh's job began at MX, by MX's own clock: the first `aggregated_at` later than the baseline's. Null
   * until MX shows one.
   */
  readonly jobAggregatedAt: Instant | null;
  /** The connection status that the last look saw; null: none has seen another than the baseline's. */
  readonly seenStatus: Pick<Baseline, 'connectionStatus'> | null;
  /**
   * A short text for MX's present questions (`questionsOf`), while a refresh with `userPresent` goes on; null: none. The
   * questions themselves are in the refresh's item.
   */
  readonly questions: string | null;
  /** Why the last look saw nothing; null: MX answered it, or none was taken. */
  readonly unanswered: Unanswered | null;
}

/** It is looked at until its job is over. */
export interface RunningClaim extends OpenClaimFacts {
  readonly phase: 'running';
}

/** A running claim that has sent a POST, or is about to. */
export interface StartedClaim extends RunningClaim {
  readonly start: SentStart;
}

/**
 * Its job is over with success, and accounts are being written. It ends as `succeeded`, or, if none could be written in
 * time, as a failure that has changed no balance (`endInterruptedStoring`).
 */
export interface StoringClaim extends OpenClaimFacts {
  readonly phase: 'storing';
}

/**
 * The result stands; it still has to be published, and the claim removed. Of what it knew while it was open, only what
 * publishing needs is left. Its result is stored once, as the member's last attempt.
 */
export interface EndedClaim extends ClaimFacts {
  readonly phase: 'ended';
  /** The status before the job; null: MX was never read. */
  readonly baseline: Pick<Baseline, 'connectionStatus'> | null;
  readonly result: End & Pick<Attempt, 'hasDetails'>;
}

/** A claim whose refresh has not ended. */
export type OpenClaim = RunningClaim | StoringClaim;

/** The member's refresh, held in the member's own item from its acceptance until its end is published. */
export type Claim = OpenClaim | EndedClaim;

/** One attempt, as the member remembers it after its claim is gone. */
export interface Attempt extends End {
  readonly refreshId: string;
  readonly trigger: Trigger;
  readonly acceptedAt: Instant;
  /** The refresh's item holds texts or questions of this end beyond what its code says. */
  readonly hasDetails: boolean;
}

/** What every refresh shows. */
interface RefreshFacts {
  readonly refreshId: string;
  readonly member: MemberKey;
  readonly trigger: Trigger;
  readonly acceptedAt: Instant;
  readonly deadline: Instant;
  readonly userPresent: boolean;
  /** As in the claim. */
  readonly correlationId: string | null;
  /** What callers that joined it call it, in the order in which they came; not in a member's history. */
  readonly joinedCorrelationIds: readonly string[];
  readonly challenges: readonly Challenge[];
}

/** A refresh that has not ended. */
export interface RunningRefresh extends RefreshFacts {
  readonly status: 'running';
  /** Null where only its projection was read: the claim knows it. */
  readonly progress: Progress | null;
  readonly result: null;
}

/** A refresh that has ended. */
export interface EndedRefresh extends RefreshFacts {
  readonly status: 'ended';
  readonly progress: null;
  readonly result: Result;
}

/** A refresh as a resource of its own: a projection of the claim. */
export type Refresh = RunningRefresh | EndedRefresh;

/** The refresh that `claim` is, while it runs. */
export function runningRefresh(
  member: MemberKey,
  claim: OpenClaim | EndedClaim,
  challenges: readonly Challenge[] = [],
): RunningRefresh {
  const { refreshId, trigger, acceptedAt, deadline, userPresent, correlationId } = claim;
  const progress = claim.phase === 'ended' ? null : progressOf(claim);
  return {
    ...{ refreshId, member, trigger, acceptedAt, deadline, userPresent, correlationId, challenges, progress },
    joinedCorrelationIds: [],
    status: 'running',
    result: null,
  };
}

/**
 * The name under which everything that a refresh causes can be found: the caller's, or the refresh's own id, where no
 * caller has given one.
 */
export const correlationOf = ({ correlationId, refreshId }: Pick<Claim, 'correlationId' | 'refreshId'>): string =>
  correlationId ?? refreshId;

/** The refresh that `claim` is, with this end. */
export const endedRefresh = (member: MemberKey, claim: Claim, result: Result): EndedRefresh => ({
  ...runningRefresh(member, claim, result.challenges),
  status: 'ended',
  progress: null,
  result,
});

/** An end without what else its object may carry: texts and questions are stored apart from it. */
export const endOf = ({ outcome, action, code, connectionStatus, endedAt, observedAt }: End): End => ({
  outcome,
  action,
  code,
  connectionStatus,
  endedAt,
  observedAt,
});

/** An end that its member remembers. */
export const attemptOf = (
  { refreshId, trigger, acceptedAt }: Pick<Claim, 'refreshId' | 'trigger' | 'acceptedAt'>,
  end: End,
  hasDetails: boolean,
): Attempt => ({ refreshId, trigger, acceptedAt, ...endOf(end), hasDetails });

/**
 * The longest that one look may take, in seconds: after it the same look may be taken again. The functions that look
 * have it as their timeout, so that it cannot be exceeded.
 */
export const LOOK_TIMEOUT_SECONDS = 30;
