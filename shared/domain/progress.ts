/** How far a refresh that runs has come: whether MX has started its job, and what it waits for if not. */

import type { FailureCode } from './failure.ts';
import type { Instant } from './instant.ts';
import type { OutcomeCode } from './outcome.ts';

/** What a refresh may wait for besides its job, and what each says to developers and operators. */
export const waitReasons = {
  start_not_confirmed: 'MX has not confirmed the request, and nothing shows yet that it started a job.',
  mx_conflict: 'MX runs another job of this member; ours is requested again after it.',
  mx_rate_limited: 'MX takes no request now; it is asked again later.',
  mx_unavailable: 'MX cannot be reached; it is asked again.',
  mx_timeout: 'MX does not answer in time; it is asked again.',
  mx_bad_answer: 'MX’s answer cannot be used; it is asked again.',
  mx_not_found: 'MX does not know the member; that is believed when it lasts for a minute.',
  paused: 'The operator has paused calls to MX; it is asked again afterwards.',
} as const satisfies Readonly<Partial<Record<OutcomeCode | 'paused', string>>>;

/** Why a refresh that runs makes no progress now. Its end may have another code. */
export type WaitReason = keyof typeof waitReasons;

/** What kept a look from seeing the member. */
export type UnansweredCode = Exclude<WaitReason, 'start_not_confirmed' | 'paused'>;

/** Why the last look at MX, or the reading before the first POST, saw nothing. */
export interface Unanswered {
  readonly code: UnansweredCode;
  /** When the next look is due. */
  readonly nextLookAt: Instant;
}

const isUnansweredCode = (code: string): code is UnansweredCode =>
  code !== 'start_not_confirmed' && code !== 'paused' && Object.hasOwn(waitReasons, code);

/** What a look that failed with this code says while another one is to follow. */
export const unansweredCode = (failure: FailureCode): UnansweredCode =>
  isUnansweredCode(failure) ? failure : 'mx_unavailable';

/** The progress of a refresh that runs. */
export interface Progress {
  /** MX has accepted the newest request for a job, or has shown that a job of this refresh began. */
  readonly jobStarted: boolean;
  /** Null: nothing but its job, which runs. */
  readonly waitsFor: WaitReason | null;
  /** When MX was last asked; null: not since the refresh was accepted. */
  readonly lastLookAt: Instant | null;
  /** When MX is asked next, as far as it was announced: after a look that MX did not answer. Null: soon. */
  readonly nextLookAt: Instant | null;
}

/** What of a claim tells its progress. */
export interface ProgressFacts {
  /** What is known of the newest POST. */
  readonly start: { readonly state: 'none' | 'unknown' | 'accepted' | 'conflict' | 'rate_limited' | 'attached' };
  readonly flagSeen: boolean;
  readonly jobAggregatedAt: Instant | null;
  readonly lookedAt: Instant | null;
  readonly unanswered: Unanswered | null;
}

/** The progress of a refresh whose claim says this. */
export function progressOf(claim: ProgressFacts): Progress {
  const { unanswered, lookedAt } = claim;
  const forStart = waitsForStart(claim);
  return {
    jobStarted: forStart === null,
    waitsFor: unanswered?.code ?? forStart,
    lastLookAt: lookedAt,
    nextLookAt: unanswered?.nextLookAt ?? null,
  };
}

/** Why no job has started; null when one has. */
function waitsForStart({ start, flagSeen, jobAggregatedAt }: ProgressFacts): WaitReason | null {
  const reason = byState[start.state];
  // What shows a job proves ours only where MX has not refused it: the job that caused a 409 shows itself too.
  const isShown = flagSeen || jobAggregatedAt !== null;
  return reason === 'start_not_confirmed' && isShown ? null : reason;
}

/** By what is known of the newest POST. None was sent: MX could not be read before it. */
const byState: Readonly<Record<ProgressFacts['start']['state'], WaitReason | null>> = {
  none: 'mx_unavailable',
  unknown: 'start_not_confirmed',
  accepted: null,
  attached: null,
  conflict: 'mx_conflict',
  rate_limited: 'mx_rate_limited',
};
